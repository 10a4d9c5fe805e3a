// Charts as SVG text: plain structs in, one self-contained document out.
//
// The same chart gives the same bytes. Text is escaped; colours follow the reader's light or dark
// setting (or data-theme="dark" on an element around it); each chart has a title, a description for
// screen readers, and marks that say their value on hover. NaN and infinity are "no data".
// All functions are pure and thread-safe; each throws invalid_argument that names what does not
// fit.
#pragma once

#include <string>
#include <vector>

#include "charts/axis.h"

namespace marquee::charts {

// What every chart has. An empty description becomes one that says what is drawn.
struct Frame {
  std::string title{};
  std::string description{};
  std::string x_label{};
  std::string y_label{};
  int width_px = 720;   // 160..4000
  int height_px = 360;  // 120..20000
};

struct Point {
  double x = 0;
  double y = 0;
};

struct LineSeries {
  std::string name;
  std::vector<Point> points;  // drawn in this order
};

// Several series over one pair of axes. A value that its scale cannot show (NaN, or 0 on a log
// scale) leaves a gap in the line. Of runs of points in one column of pixels the first, lowest,
// highest and last are drawn, so the size of the text is bounded by width x series.
struct LineChart {
  Frame frame{};
  std::vector<LineSeries> series{};
  ScaleKind x_scale = ScaleKind::kLinear;
  ScaleKind y_scale = ScaleKind::kLinear;
};
std::string ToSvg(const LineChart& chart);

// One value a category.
struct BarSeries {
  std::string name;
  std::vector<double> values;
};

enum class BarLayout { kGrouped, kStacked };
enum class BarDirection { kVertical, kHorizontal };

// Bars from 0. Horizontal: the first category stands at the top, and a chart of one series has its
// values written at the bars. Stacked: negative values are piled below 0.
struct BarChart {
  Frame frame{};
  std::vector<std::string> categories{};
  std::vector<BarSeries> series{};
  BarLayout layout = BarLayout::kGrouped;
  BarDirection direction = BarDirection::kVertical;
};
std::string ToSvg(const BarChart& chart);

// values[row][column], a deeper colour for a greater value; the first row stands at the top.
struct HeatMap {
  Frame frame{};
  std::vector<std::string> rows{};
  std::vector<std::string> columns{};
  std::vector<std::vector<double>> values{};
};
std::string ToSvg(const HeatMap& chart);

// Bin i holds counts[i] of the values in [edges[i], edges[i + 1]).
struct Histogram {
  Frame frame{};
  std::vector<double> edges{};  // ascending, one more than counts
  std::vector<double> counts{};
};
std::string ToSvg(const Histogram& chart);

}  // namespace marquee::charts
