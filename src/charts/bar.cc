#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "charts/charts.h"
#include "charts/plot.h"

namespace marquee::charts {
namespace {

// Of a band, what its bars take.
constexpr double kBarShare = 0.76;

struct Bar {
  size_t category = 0;
  size_t series = 0;
  double from = 0;
  double to = 0;
};

void CheckBars(const BarChart& chart) {
  CheckFrame(chart.frame);
  for (const BarSeries& series : chart.series) {
    if (series.values.size() == chart.categories.size()) continue;
    throw Error(Code::kInvalidArgument,
                StrCat("bar chart: series '", series.name, "' has ", series.values.size(),
                       " values for ", chart.categories.size(), " categories"));
  }
}

std::vector<Bar> BarsOf(const BarChart& chart) {
  std::vector<Bar> bars;
  for (size_t c = 0; c < chart.categories.size(); ++c) {
    double above = 0;
    double below = 0;
    for (size_t s = 0; s < chart.series.size(); ++s) {
      const double value = chart.series[s].values[c];
      if (!std::isfinite(value)) continue;
      if (chart.layout == BarLayout::kGrouped) {
        bars.push_back({c, s, 0, value});
      } else {
        double& pile = value < 0 ? below : above;
        bars.push_back({c, s, pile, pile + value});
        pile += value;
      }
    }
  }
  return bars;
}

Range RangeOf(const std::vector<Bar>& bars) {
  Range range;
  range.Include(0, ScaleKind::kLinear);
  bool whole = true;
  for (const Bar& bar : bars) {
    range.Include(bar.to, ScaleKind::kLinear);
    whole = whole && bar.to == std::round(bar.to);
  }
  if (range.high == 0 && range.low == 0) range.high = 1;
  range.whole_numbers = whole;
  return range;
}

std::string DescribeBars(const BarChart& chart) {
  std::string text = StrCat("Bar chart of ", chart.categories.size(), " categories");
  if (chart.series.size() > 1) StrAppend(&text, " in ", chart.series.size(), " series");
  text += ".";
  if (chart.series.size() != 1) return text;
  const std::vector<double>& values = chart.series[0].values;
  size_t most = values.size();
  for (size_t i = 0; i < values.size(); ++i) {
    if (std::isfinite(values[i]) && (most == values.size() || values[i] > values[most])) most = i;
  }
  if (most == values.size()) return text;
  return StrCat(text, " The greatest is ", chart.categories[most], " with ",
                ValueLabel(values[most]), ".");
}

std::string HoverOf(const BarChart& chart, const Bar& bar) {
  const BarSeries& series = chart.series[bar.series];
  const std::string name =
      series.name.empty() || chart.series.size() == 1 ? "" : ", " + series.name;
  return StrCat(chart.categories[bar.category], name, ": ",
                ValueLabel(series.values[bar.category]));
}

// `along` is the value axis; `band` the pixels of one category, the first at `start`.
Box BoxOf(const BarChart& chart, const Bar& bar, const Axis& along, double start, double band) {
  const bool grouped = chart.layout == BarLayout::kGrouped;
  const double parts = grouped ? static_cast<double>(chart.series.size()) : 1;
  const double thickness = band * kBarShare / parts;
  const double offset = start + static_cast<double>(bar.category) * band +
                        band * (1 - kBarShare) / 2 +
                        (grouped ? static_cast<double>(bar.series) * thickness : 0);
  const double low = std::min(along.At(bar.from), along.At(bar.to));
  const double length = std::abs(along.At(bar.from) - along.At(bar.to));
  if (chart.direction == BarDirection::kHorizontal) return {low, offset, length, thickness};
  return {offset, low, thickness, length};
}

std::vector<std::string> SeriesNames(const BarChart& chart) {
  std::vector<std::string> names;
  for (const BarSeries& series : chart.series) names.push_back(series.name);
  return names;
}

void DrawHorizontal(Canvas& canvas, const BarChart& chart, const std::vector<Bar>& bars) {
  const Frame& frame = chart.frame;
  PlotArea area = AreaOf(frame, SeriesNames(chart), WidestLabel(chart.categories, 220));
  const bool labelled = chart.series.size() == 1;
  if (labelled) area.right -= 48;
  const Axis along(
      RangeOf(bars),
      {.from_px = area.left, .to_px = area.right, .wanted = std::max(2, frame.width_px / 110)});
  DrawBottomAxis(canvas, area, along);
  DrawLeftBands(canvas, area, chart.categories);
  DrawAxisNames(canvas, frame, area);
  const double band = (area.bottom - area.top) / static_cast<double>(chart.categories.size());
  for (const Bar& bar : bars) {
    const Box box = BoxOf(chart, bar, along, area.top, band);
    canvas.Rect(box, SeriesClass('s', bar.series), HoverOf(chart, bar));
    if (!labelled || band < 10) continue;
    canvas.Text(box.x + box.width + 5, box.y + box.height / 2 + 4,
                ValueLabel(chart.series[0].values[bar.category]), "value", Anchor::kStart);
  }
  canvas.Line(along.At(0), area.top, along.At(0), area.bottom, "axis");
}

void DrawVertical(Canvas& canvas, const BarChart& chart, const std::vector<Bar>& bars) {
  const Frame& frame = chart.frame;
  const std::vector<std::string> names = SeriesNames(chart);
  const PlotArea upright = AreaOf(frame, names, 0);
  const Axis along(RangeOf(bars), {.from_px = upright.bottom,
                                   .to_px = upright.top,
                                   .wanted = std::max(2, frame.height_px / 60)});
  const PlotArea area = AreaOf(frame, names, WidestLabel(along.ticks()));
  DrawLeftAxis(canvas, area, along);
  DrawBottomBands(canvas, area, chart.categories);
  DrawAxisNames(canvas, frame, area);
  const double band = (area.right - area.left) / static_cast<double>(chart.categories.size());
  for (const Bar& bar : bars) {
    canvas.Rect(BoxOf(chart, bar, along, area.left, band), SeriesClass('s', bar.series),
                HoverOf(chart, bar));
  }
  canvas.Line(area.left, along.At(0), area.right, along.At(0), "axis");
}

}  // namespace

std::string ToSvg(const BarChart& chart) {
  CheckBars(chart);
  const Frame& frame = chart.frame;
  Canvas canvas(frame.width_px, frame.height_px, frame.title,
                frame.description.empty() ? DescribeBars(chart) : frame.description);
  DrawLegend(canvas, frame, SeriesNames(chart), 's');
  const std::vector<Bar> bars = BarsOf(chart);
  if (chart.direction == BarDirection::kHorizontal) {
    DrawHorizontal(canvas, chart, bars);
  } else {
    DrawVertical(canvas, chart, bars);
  }
  return canvas.Finish();
}

}  // namespace marquee::charts
