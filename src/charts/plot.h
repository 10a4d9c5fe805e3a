// What the charts share: the frame, the axes and the legend around the marks.
#pragma once

#include <string>
#include <vector>

#include "charts/axis.h"
#include "charts/canvas.h"
#include "charts/charts.h"

namespace marquee::charts {

// The pixels that the marks have for themselves.
struct PlotArea {
  double left = 0;
  double top = 0;
  double right = 0;
  double bottom = 0;
};

// Throws invalid_argument for a size out of range.
void CheckFrame(const Frame& frame);

// The area within the title, the legend of `names` (none for fewer than two) and the labels of the
// axes; the left edge leaves room for labels `left_labels_px` wide.
PlotArea AreaOf(const Frame& frame, const std::vector<std::string>& names, double left_labels_px);
double WidestLabel(const std::vector<Tick>& ticks);
double WidestLabel(const std::vector<std::string>& labels, double at_most_px);

// `kind`: 's' for boxes in the colours of fills, 'l' for strokes.
void DrawLegend(Canvas& canvas, const Frame& frame, const std::vector<std::string>& names,
                char kind);
// Grid lines and labels of numbers, left of or below the area.
void DrawLeftAxis(Canvas& canvas, const PlotArea& area, const Axis& axis);
void DrawBottomAxis(Canvas& canvas, const PlotArea& area, const Axis& axis);
// A label a band, on two lines, cut or thinned where they would touch.
void DrawLeftBands(Canvas& canvas, const PlotArea& area, const std::vector<std::string>& labels);
void DrawBottomBands(Canvas& canvas, const PlotArea& area, const std::vector<std::string>& labels);
// The names of both axes.
void DrawAxisNames(Canvas& canvas, const Frame& frame, const PlotArea& area);

}  // namespace marquee::charts
