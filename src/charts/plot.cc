#include "charts/plot.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "base/text_table.h"

namespace marquee::charts {
namespace {

constexpr double kFontPx = 12;
constexpr double kMargin = 12;
constexpr double kTitlePx = 34;
constexpr double kLegendRowPx = 20;
constexpr double kBottomLabelsPx = 24;
constexpr double kAxisNamePx = 18;
// Of a band whose label may stand on two lines.
constexpr double kNarrowestWrappedPx = 48;

struct LegendPlace {
  double x = 0;
  int row = 0;
};

std::string CutToPx(std::string_view text, double px) {
  return CutToWidth(text, static_cast<size_t>(std::max(1.0, px / (0.56 * kFontPx))));
}

// Where each name of the legend stands: left to right, on as many rows as they need.
std::vector<LegendPlace> PlaceLegend(const Frame& frame, const std::vector<std::string>& names) {
  std::vector<LegendPlace> places;
  LegendPlace at{kMargin, 0};
  for (const std::string& name : names) {
    const double width = std::min(TextWidth(name, kFontPx), frame.width_px / 2.0) + 36;
    if (at.x > kMargin && at.x + width > frame.width_px - kMargin) at = {kMargin, at.row + 1};
    places.push_back(at);
    at.x += width;
  }
  return places;
}

// The last blank before which `label` fits; npos when the whole does, or there is none.
size_t BlankToWrapAt(const std::string& label, double px) {
  if (TextWidth(label, kFontPx) <= px) return std::string::npos;
  size_t at = label.find(' ');
  for (size_t next = at; next != std::string::npos; next = label.find(' ', next + 1)) {
    if (TextWidth(std::string_view(label).substr(0, next), kFontPx) <= px) at = next;
  }
  return at;
}

double TitlePx(const Frame& frame) { return frame.title.empty() ? kMargin : kTitlePx; }

}  // namespace

void CheckFrame(const Frame& frame) {
  const auto check = [](const char* what, int value, int low, int high) {
    if (value >= low && value <= high) return;
    throw Error(Code::kInvalidArgument,
                StrCat("chart: ", what, " is ", value, ": must be ", low, " to ", high));
  };
  check("width_px", frame.width_px, 160, 4000);
  check("height_px", frame.height_px, 120, 20000);
}

PlotArea AreaOf(const Frame& frame, const std::vector<std::string>& names, double left_labels_px) {
  const double legend =
      names.size() < 2 ? 0 : (PlaceLegend(frame, names).back().row + 1) * kLegendRowPx + 10;
  PlotArea area;
  area.left = kMargin + left_labels_px + 8 + (frame.y_label.empty() ? 0 : kAxisNamePx);
  area.top = TitlePx(frame) + legend;
  area.right = std::max(area.left + 20, frame.width_px - 20.0);
  area.bottom = std::max(area.top + 20, frame.height_px - kBottomLabelsPx - 6 -
                                            (frame.x_label.empty() ? 0 : kAxisNamePx));
  return area;
}

double WidestLabel(const std::vector<Tick>& ticks) {
  double widest = 0;
  for (const Tick& tick : ticks) widest = std::max(widest, TextWidth(tick.label, kFontPx));
  return widest;
}

double WidestLabel(const std::vector<std::string>& labels, double at_most_px) {
  double widest = 0;
  for (const std::string& label : labels) widest = std::max(widest, TextWidth(label, kFontPx));
  return std::min(widest, at_most_px);
}

void DrawLegend(Canvas& canvas, const Frame& frame, const std::vector<std::string>& names,
                char kind) {
  if (names.size() < 2) return;
  const std::vector<LegendPlace> places = PlaceLegend(frame, names);
  for (size_t i = 0; i < names.size(); ++i) {
    const double middle = TitlePx(frame) + (places[i].row + 0.5) * kLegendRowPx;
    if (kind == 'l') {
      const std::string dash = i < 8 ? "" : " dashed";
      canvas.Line(places[i].x, middle, places[i].x + 16, middle,
                  StrCat("line ", SeriesClass('l', i), dash));
    } else {
      canvas.Rect({places[i].x, middle - 6, 12, 12}, SeriesClass('s', i));
    }
    canvas.Text(places[i].x + 22, middle + 4, CutToPx(names[i], frame.width_px / 2.0), "value",
                Anchor::kStart);
  }
}

void DrawLeftAxis(Canvas& canvas, const PlotArea& area, const Axis& axis) {
  for (const Tick& tick : axis.ticks()) {
    const double y = axis.At(tick.value);
    canvas.Line(area.left, y, area.right, y, "grid");
    canvas.Text(area.left - 8, y + 4, tick.label, "tick", Anchor::kEnd);
  }
}

void DrawBottomAxis(Canvas& canvas, const PlotArea& area, const Axis& axis) {
  double free_from = -1e9;
  for (const Tick& tick : axis.ticks()) {
    const double x = axis.At(tick.value);
    canvas.Line(x, area.top, x, area.bottom, "grid");
    const double half = TextWidth(tick.label, kFontPx) / 2;
    if (x - half < free_from) continue;
    canvas.Text(x, area.bottom + 18, tick.label, "tick", Anchor::kMiddle);
    free_from = x + half + 6;
  }
}

void DrawLeftBands(Canvas& canvas, const PlotArea& area, const std::vector<std::string>& labels) {
  const double band = (area.bottom - area.top) / static_cast<double>(labels.size());
  const size_t stride = static_cast<size_t>(std::max(1.0, std::ceil(14 / band)));
  for (size_t i = 0; i < labels.size(); i += stride) {
    const double y = area.top + (static_cast<double>(i) + 0.5) * band;
    canvas.Text(area.left - 8, y + 4, CutToPx(labels[i], area.left - kMargin - 7), "tick",
                Anchor::kEnd);
  }
}

void DrawBottomBands(Canvas& canvas, const PlotArea& area, const std::vector<std::string>& labels) {
  const double band = (area.right - area.left) / static_cast<double>(labels.size());
  const bool fits = WidestLabel(labels, 120) + 8 <= band;
  const bool on_two_lines = !fits && band >= kNarrowestWrappedPx;
  const double widest = fits || on_two_lines ? band - 6 : WidestLabel(labels, 120) + 8;
  const size_t stride = static_cast<size_t>(std::max(1.0, std::ceil(widest / band)));
  for (size_t i = 0; i < labels.size(); i += stride) {
    const double x = area.left + (static_cast<double>(i) + 0.5) * band;
    const size_t blank = on_two_lines ? BlankToWrapAt(labels[i], widest) : std::string::npos;
    canvas.Text(x, area.bottom + (blank == std::string::npos ? 18 : 14),
                CutToPx(labels[i].substr(0, blank), std::min(widest, 120.0)), "tick",
                Anchor::kMiddle);
    if (blank == std::string::npos) continue;
    canvas.Text(x, area.bottom + 26, CutToPx(labels[i].substr(blank + 1), widest), "tick",
                Anchor::kMiddle);
  }
}

void DrawAxisNames(Canvas& canvas, const Frame& frame, const PlotArea& area) {
  if (!frame.x_label.empty()) {
    canvas.Text((area.left + area.right) / 2, area.bottom + 18 + kAxisNamePx, frame.x_label,
                "label", Anchor::kMiddle);
  }
  if (!frame.y_label.empty()) {
    canvas.UprightText(kMargin + 4, (area.top + area.bottom) / 2, frame.y_label, "label");
  }
}

}  // namespace marquee::charts
