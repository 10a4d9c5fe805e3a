#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "charts/charts.h"
#include "charts/plot.h"

namespace marquee::charts {
namespace {

// A line of this many points at most has its points marked.
constexpr size_t kMarkedPoints = 40;

struct Ranges {
  Range x;
  Range y;
};

Ranges RangesOf(const LineChart& chart) {
  Ranges ranges;
  bool whole_x = true;
  for (const LineSeries& series : chart.series) {
    for (const Point& point : series.points) {
      if (!CanShow(point.x, chart.x_scale) || !CanShow(point.y, chart.y_scale)) continue;
      ranges.x.Include(point.x, chart.x_scale);
      ranges.y.Include(point.y, chart.y_scale);
      whole_x = whole_x && point.x == std::round(point.x);
    }
  }
  ranges.x.whole_numbers = whole_x;
  return ranges;
}

std::string DescribeLines(const LineChart& chart, const Ranges& ranges) {
  std::string text = StrCat("Line chart, ", chart.series.size(), " series");
  if (ranges.x.empty) return text + ", no data.";
  StrAppend(&text, ", x from ", ValueLabel(ranges.x.low), " to ", ValueLabel(ranges.x.high),
            ", y from ", ValueLabel(ranges.y.low), " to ", ValueLabel(ranges.y.high), ".");
  for (const LineSeries& series : chart.series) {
    const auto last = std::find_if(series.points.rbegin(), series.points.rend(),
                                   [](const Point& p) { return std::isfinite(p.y); });
    if (last == series.points.rend()) continue;
    StrAppend(&text, " ", series.name, " ends at ", ValueLabel(last->y), ".");
  }
  return text;
}

// As the axis writes it: a year stays 2020.
std::string PositionLabel(double x) { return x == std::round(x) ? TickLabel(x, 1) : ValueLabel(x); }

// Points on pixels, with gaps, thinned to what a column of pixels can show.
class LinePath {
 public:
  void Add(double x, double y) {
    if (run_.empty() || std::floor(x) != std::floor(run_.front().x)) EndRun();
    run_.push_back({x, y});
  }
  void Gap() {
    EndRun();
    pen_down_ = false;
  }
  std::string Finish() {
    EndRun();
    return std::move(path_);
  }

 private:
  void EndRun() {
    if (run_.empty()) return;
    const auto [low, high] = std::minmax_element(
        run_.begin(), run_.end(), [](const Point& a, const Point& b) { return a.y < b.y; });
    const auto first = std::min(low, high);
    const auto second = std::max(low, high);
    Draw(run_.front());
    if (first != run_.begin()) Draw(*first);
    if (second != first && second != run_.begin()) Draw(*second);
    if (second + 1 < run_.end()) Draw(run_.back());
    run_.clear();
  }
  void Draw(const Point& at) {
    StrAppend(&path_, pen_down_ ? "L" : "M", Px(at.x), " ", Px(at.y));
    // A point between two gaps is a line of no length, which round caps make a dot.
    if (!pen_down_) path_ += "h0";
    pen_down_ = true;
  }

  std::vector<Point> run_;
  std::string path_;
  bool pen_down_ = false;
};

struct LineAxes {
  Axis x;
  Axis y;
};

void DrawSeries(Canvas& canvas, const LineChart& chart, size_t index, const LineAxes& axes) {
  const LineSeries& series = chart.series[index];
  LinePath path;
  for (const Point& point : series.points) {
    if (CanShow(point.x, chart.x_scale) && CanShow(point.y, chart.y_scale)) {
      path.Add(axes.x.At(point.x), axes.y.At(point.y));
    } else {
      path.Gap();
    }
  }
  const std::string dash = index < 8 ? "" : " dashed";
  const std::string data = path.Finish();
  if (data.empty()) return;
  canvas.Path(data, StrCat("line ", SeriesClass('l', index), dash), series.name);
  if (series.points.size() > kMarkedPoints) return;
  for (const Point& point : series.points) {
    if (!CanShow(point.x, chart.x_scale) || !CanShow(point.y, chart.y_scale)) continue;
    const std::string name = series.name.empty() ? "" : series.name + ", ";
    canvas.Circle(axes.x.At(point.x), axes.y.At(point.y), SeriesClass('s', index),
                  StrCat(name, PositionLabel(point.x), ": ", ValueLabel(point.y)));
  }
}

}  // namespace

std::string ToSvg(const LineChart& chart) {
  const Frame& frame = chart.frame;
  CheckFrame(frame);
  const Ranges ranges = RangesOf(chart);
  std::vector<std::string> names;
  for (const LineSeries& series : chart.series) names.push_back(series.name);

  const PlotArea upright = AreaOf(frame, names, 0);
  const Axis y(ranges.y, {.kind = chart.y_scale,
                          .from_px = upright.bottom,
                          .to_px = upright.top,
                          .wanted = std::max(2, frame.height_px / 60)});
  const PlotArea area = AreaOf(frame, names, WidestLabel(y.ticks()));
  const Axis x(ranges.x, {.kind = chart.x_scale,
                          .from_px = area.left,
                          .to_px = area.right,
                          .wanted = std::max(2, frame.width_px / 90),
                          .to_whole_ticks = false});

  Canvas canvas(frame.width_px, frame.height_px, frame.title,
                frame.description.empty() ? DescribeLines(chart, ranges) : frame.description);
  DrawLegend(canvas, frame, names, 'l');
  DrawLeftAxis(canvas, area, y);
  DrawBottomAxis(canvas, area, x);
  DrawAxisNames(canvas, frame, area);
  canvas.Line(area.left, area.bottom, area.right, area.bottom, "axis");
  for (size_t i = 0; i < chart.series.size(); ++i) DrawSeries(canvas, chart, i, {x, y});
  return canvas.Finish();
}

}  // namespace marquee::charts
