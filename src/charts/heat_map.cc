#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "charts/charts.h"
#include "charts/plot.h"

namespace marquee::charts {
namespace {

// The lowest value is still told from the ground.
constexpr double kPalest = 0.06;
// From here on ink on the cell is hard to read.
constexpr double kDarkCell = 0.55;

void CheckHeatMap(const HeatMap& chart) {
  CheckFrame(chart.frame);
  if (chart.values.size() != chart.rows.size()) {
    throw Error(Code::kInvalidArgument, StrCat("heat map: ", chart.values.size(),
                                               " rows of values for ", chart.rows.size(), " rows"));
  }
  for (size_t row = 0; row < chart.rows.size(); ++row) {
    if (chart.values[row].size() == chart.columns.size()) continue;
    throw Error(Code::kInvalidArgument,
                StrCat("heat map: row '", chart.rows[row], "' has ", chart.values[row].size(),
                       " values for ", chart.columns.size(), " columns"));
  }
}

Range RangeOfCells(const HeatMap& chart) {
  Range range;
  for (const std::vector<double>& row : chart.values) {
    for (const double value : row) range.Include(value, ScaleKind::kLinear);
  }
  return range;
}

double ShadeOf(double value, const Range& range) {
  const double span = range.high - range.low;
  return span > 0 ? kPalest + (1 - kPalest) * (value - range.low) / span : 0.5;
}

void DrawCell(Canvas& canvas, const Box& box, double value, double shade) {
  const std::string label = ValueLabel(value);
  if (TextWidth(label, 12) + 4 > box.width || box.height < 14) return;
  canvas.Text(box.x + box.width / 2, box.y + box.height / 2 + 4, label,
              shade > kDarkCell ? "onheat" : "value", Anchor::kMiddle);
}

void DrawCells(Canvas& canvas, const HeatMap& chart, const PlotArea& area) {
  const Range range = RangeOfCells(chart);
  const double width = (area.right - area.left) / static_cast<double>(chart.columns.size());
  const double height = (area.bottom - area.top) / static_cast<double>(chart.rows.size());
  for (size_t r = 0; r < chart.rows.size(); ++r) {
    for (size_t c = 0; c < chart.columns.size(); ++c) {
      const double value = chart.values[r][c];
      if (!std::isfinite(value)) continue;
      const double shade = ShadeOf(value, range);
      const Box box{area.left + static_cast<double>(c) * width,
                    area.top + static_cast<double>(r) * height, width - 1, height - 1};
      canvas.Rect(box, "heat",
                  StrCat(chart.rows[r], ", ", chart.columns[c], ": ", ValueLabel(value)), shade);
      DrawCell(canvas, box, value, shade);
    }
  }
}

std::string DescribeHeatMap(const HeatMap& chart) {
  const Range range = RangeOfCells(chart);
  const std::string size =
      StrCat("Heat map of ", chart.rows.size(), " rows and ", chart.columns.size(), " columns, ");
  if (range.empty) return size + "no data.";
  return StrCat(size, "values from ", ValueLabel(range.low), " to ", ValueLabel(range.high), ".");
}

}  // namespace

std::string ToSvg(const HeatMap& chart) {
  CheckHeatMap(chart);
  const Frame& frame = chart.frame;
  Canvas canvas(frame.width_px, frame.height_px, frame.title,
                frame.description.empty() ? DescribeHeatMap(chart) : frame.description);
  const PlotArea area = AreaOf(frame, {}, WidestLabel(chart.rows, 220));
  DrawCells(canvas, chart, area);
  DrawLeftBands(canvas, area, chart.rows);
  DrawBottomBands(canvas, area, chart.columns);
  DrawAxisNames(canvas, frame, area);
  return canvas.Finish();
}

}  // namespace marquee::charts
