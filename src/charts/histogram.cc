#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "charts/charts.h"
#include "charts/plot.h"

namespace marquee::charts {
namespace {

void CheckBins(const Histogram& chart) {
  CheckFrame(chart.frame);
  if (!chart.counts.empty() && chart.edges.size() != chart.counts.size() + 1) {
    throw Error(Code::kInvalidArgument, StrCat("histogram: ", chart.edges.size(), " edges for ",
                                               chart.counts.size(), " bins: must be one more"));
  }
  for (size_t i = 0; i < chart.edges.size(); ++i) {
    if (std::isfinite(chart.edges[i]) && (i == 0 || chart.edges[i] > chart.edges[i - 1])) continue;
    throw Error(Code::kInvalidArgument,
                StrCat("histogram: edge ", i, " is ", chart.edges[i], ": must ascend"));
  }
}

std::string DescribeHistogram(const Histogram& chart) {
  if (chart.counts.empty()) return "Histogram, no data.";
  const size_t most = static_cast<size_t>(
      std::max_element(chart.counts.begin(), chart.counts.end()) - chart.counts.begin());
  return StrCat("Histogram of ", chart.counts.size(), " bins from ",
                ValueLabel(chart.edges.front()), " to ", ValueLabel(chart.edges.back()),
                ". Most fall between ", ValueLabel(chart.edges[most]), " and ",
                ValueLabel(chart.edges[most + 1]), ".");
}

}  // namespace

std::string ToSvg(const Histogram& chart) {
  CheckBins(chart);
  const Frame& frame = chart.frame;
  Range counts;
  counts.whole_numbers = true;
  counts.Include(0, ScaleKind::kLinear);
  for (const double count : chart.counts) {
    counts.Include(count, ScaleKind::kLinear);
    counts.whole_numbers = counts.whole_numbers && count == std::round(count);
  }
  if (counts.high == 0) counts.high = 1;
  Range edges;
  for (const double edge : chart.edges) edges.Include(edge, ScaleKind::kLinear);

  const PlotArea upright = AreaOf(frame, {}, 0);
  const Axis y(counts, {.from_px = upright.bottom,
                        .to_px = upright.top,
                        .wanted = std::max(2, frame.height_px / 60)});
  const PlotArea area = AreaOf(frame, {}, WidestLabel(y.ticks()));
  const Axis x(edges, {.from_px = area.left,
                       .to_px = area.right,
                       .wanted = std::max(2, frame.width_px / 90),
                       .to_whole_ticks = false});

  Canvas canvas(frame.width_px, frame.height_px, frame.title,
                frame.description.empty() ? DescribeHistogram(chart) : frame.description);
  DrawLeftAxis(canvas, area, y);
  DrawBottomAxis(canvas, area, x);
  DrawAxisNames(canvas, frame, area);
  for (size_t i = 0; i < chart.counts.size(); ++i) {
    if (!std::isfinite(chart.counts[i])) continue;
    const double left = x.At(chart.edges[i]);
    const double top = y.At(chart.counts[i]);
    const Box box{left, top, std::max(0.5, x.At(chart.edges[i + 1]) - left - 1), y.At(0) - top};
    canvas.Rect(box, "s0",
                StrCat(ValueLabel(chart.edges[i]), " to ", ValueLabel(chart.edges[i + 1]), ": ",
                       ValueLabel(chart.counts[i])));
  }
  canvas.Line(area.left, y.At(0), area.right, y.At(0), "axis");
  return canvas.Finish();
}

}  // namespace marquee::charts
