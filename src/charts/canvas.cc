#include "charts/canvas.h"

#include <cstdio>

#include "base/hash.h"
#include "base/text.h"

namespace marquee::charts {
namespace {

// Eight colours that people with colour-blindness tell apart too, on white and on near-black.
constexpr std::string_view kLight =
    "--bg:#fff;--ink:#1f2328;--soft:#59636e;--rule:#8c959f;--grid:#e4e7eb;--heat:#1c5cab;"
    "--onheat:#fff;--c0:#2a78d6;--c1:#eb6834;--c2:#1baa7a;--c3:#d99000;--c4:#d4548e;--c5:#008300;"
    "--c6:#4a3aa7;--c7:#e34948";
constexpr std::string_view kDark =
    "--bg:#14171a;--ink:#e6edf3;--soft:#9da7b3;--rule:#6b7480;--grid:#2a3037;--heat:#6db1ff;"
    "--onheat:#0b0f14;--c0:#3987e5;--c1:#e0703f;--c2:#1fb588;--c3:#d99c1f;--c4:#de6c9f;"
    "--c5:#3fa33f;--c6:#9085e9;--c7:#e66767";
constexpr std::string_view kMarks =
    ".mq{background:var(--bg);max-width:100%;height:auto;"
    "font:12px system-ui,-apple-system,'Segoe UI',Roboto,'Liberation Sans',sans-serif}"
    ".mq text{fill:var(--soft)}.mq .title{fill:var(--ink);font-size:15px;font-weight:600}"
    ".mq .value{fill:var(--ink)}.mq .onheat{fill:var(--onheat)}"
    ".mq .axis{stroke:var(--rule)}.mq .grid{stroke:var(--grid)}.mq .heat{fill:var(--heat)}"
    ".mq .line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}"
    ".mq .dashed{stroke-dasharray:6 4}";

std::string Style() {
  std::string style =
      StrCat(".mq{", kLight,
             "}@media(prefers-color-scheme:dark){.mq:root,:root:not([data-theme=light]) .mq{",
             kDark, "}}[data-theme=dark] .mq{", kDark, "}", kMarks);
  for (int i = 0; i < 8; ++i) {
    StrAppend(&style, ".mq .s", i, "{fill:var(--c", i, ")}.mq .l", i, "{stroke:var(--c", i, ")}");
  }
  return style;
}

std::string Hex(uint64_t value) {
  char buffer[17];
  std::snprintf(buffer, sizeof buffer, "%016llx", static_cast<unsigned long long>(value));
  return buffer;
}

bool IsForbiddenInXml(unsigned char c) { return c < 0x20 && c != '\t' && c != '\n' && c != '\r'; }

}  // namespace

std::string EscapeXml(std::string_view text) {
  std::string out;
  for (const char c : ToValidUtf8(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        if (!IsForbiddenInXml(static_cast<unsigned char>(c))) out += c;
    }
  }
  return out;
}

std::string Px(double value) {
  std::string text = Fixed(value, 2);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

double TextWidth(std::string_view text, double font_px) {
  return 0.56 * font_px * static_cast<double>(DisplayWidth(text));
}

std::string SeriesClass(char kind, size_t index) { return StrCat(kind, index % 8); }

Canvas::Canvas(int width_px, int height_px, std::string_view title, std::string_view description) {
  // Several charts stand in one page: ids must differ, and be the same for the same chart.
  const std::string id = "mq" + Hex(Fnv1a(StrCat(title, "\n", description)));
  StrAppend(&out_, "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"mq\" role=\"img\"",
            " aria-labelledby=\"", id, "t ", id, "d\" width=\"", width_px, "\" height=\"",
            height_px, "\" viewBox=\"0 0 ", width_px, " ", height_px, "\">\n<title id=\"", id,
            "t\">", EscapeXml(title), "</title>\n<desc id=\"", id, "d\">", EscapeXml(description),
            "</desc>\n<style>", Style(), "</style>\n");
  if (!title.empty()) Text(12, 22, title, "title", Anchor::kStart);
}

void Canvas::Mark(std::string_view element, std::string_view attributes, std::string_view hover) {
  StrAppend(&out_, "<", element, " ", attributes);
  if (hover.empty()) {
    out_ += "/>\n";
  } else {
    StrAppend(&out_, "><title>", EscapeXml(hover), "</title></", element, ">\n");
  }
}

void Canvas::Line(double x1, double y1, double x2, double y2, std::string_view css_class) {
  Mark("line",
       StrCat("class=\"", css_class, "\" x1=\"", Px(x1), "\" y1=\"", Px(y1), "\" x2=\"", Px(x2),
              "\" y2=\"", Px(y2), "\""),
       {});
}

void Canvas::Rect(const Box& box, std::string_view css_class, std::string_view hover,
                  double opacity) {
  const std::string shade = opacity < 1 ? StrCat(" fill-opacity=\"", Px(opacity), "\"") : "";
  Mark("rect",
       StrCat("class=\"", css_class, "\" x=\"", Px(box.x), "\" y=\"", Px(box.y), "\" width=\"",
              Px(box.width), "\" height=\"", Px(box.height), "\"", shade),
       hover);
}

void Canvas::Circle(double x, double y, std::string_view css_class, std::string_view hover) {
  Mark("circle", StrCat("class=\"", css_class, "\" cx=\"", Px(x), "\" cy=\"", Px(y), "\" r=\"3\""),
       hover);
}

void Canvas::Path(std::string_view path, std::string_view css_class, std::string_view hover) {
  Mark("path", StrCat("class=\"", css_class, "\" d=\"", path, "\""), hover);
}

void Canvas::Text(double x, double y, std::string_view text, std::string_view css_class,
                  Anchor anchor) {
  const std::string_view side = anchor == Anchor::kStart    ? ""
                                : anchor == Anchor::kMiddle ? " text-anchor=\"middle\""
                                                            : " text-anchor=\"end\"";
  StrAppend(&out_, "<text class=\"", css_class, "\" x=\"", Px(x), "\" y=\"", Px(y), "\"", side, ">",
            EscapeXml(text), "</text>\n");
}

void Canvas::UprightText(double x, double y, std::string_view text, std::string_view css_class) {
  StrAppend(&out_, "<text class=\"", css_class, "\" text-anchor=\"middle\" transform=\"translate(",
            Px(x), " ", Px(y), ") rotate(-90)\">", EscapeXml(text), "</text>\n");
}

std::string Canvas::Finish() { return std::move(out_.append("</svg>\n")); }

}  // namespace marquee::charts
