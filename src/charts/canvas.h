// An SVG document with Marquee's colours and type, for charts of every kind.
//
// Classes of marks: "s0".."s7" fills and "l0".."l7" strokes in the colours of series (those after
// the eighth begin again); "heat" a fill whose opacity is its value; "axis", "grid" lines; "title",
// "label", "tick", "value", "onheat" text.
#pragma once

#include <string>
#include <string_view>

namespace marquee::charts {

struct Box {
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;
};

enum class Anchor { kStart, kMiddle, kEnd };

// Builds the text mark by mark; all text is escaped. Not thread-safe.
class Canvas {
 public:
  // `title` and `description` are what a screen reader says; `title` is drawn too.
  Canvas(int width_px, int height_px, std::string_view title, std::string_view description);

  void Line(double x1, double y1, double x2, double y2, std::string_view css_class);
  // `hover` is shown when the pointer rests on it; may be empty.
  void Rect(const Box& box, std::string_view css_class, std::string_view hover = {},
            double opacity = 1);
  void Circle(double x, double y, std::string_view css_class, std::string_view hover);
  // `path`: SVG path data.
  void Path(std::string_view path, std::string_view css_class, std::string_view hover = {});
  void Text(double x, double y, std::string_view text, std::string_view css_class, Anchor anchor);
  // Turned to be read from below, around (x, y).
  void UprightText(double x, double y, std::string_view text, std::string_view css_class);

  // The whole document. The canvas is spent.
  std::string Finish();

 private:
  void Mark(std::string_view element, std::string_view attributes, std::string_view hover);

  std::string out_;
};

// With & < > " ' written as entities, and without the control characters that XML forbids; a byte
// that is not UTF-8 is read as Latin-1.
std::string EscapeXml(std::string_view text);
// A coordinate: two digits after the point at most, "-0" as "0".
std::string Px(double value);
// About how wide `text` is drawn at `font_px`.
double TextWidth(std::string_view text, double font_px);
// The class of series `index`: SeriesClass('s', 9) is "s1".
std::string SeriesClass(char kind, size_t index);

}  // namespace marquee::charts
