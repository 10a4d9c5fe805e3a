// Aligned tables for the terminal.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace marquee {

// Rows of cells under a header; a column whose cells are all numbers is aligned right. Cells are
// UTF-8.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> header) : header_(std::move(header)) {}
  // REQUIRES: as many cells as the header has.
  void Add(std::vector<std::string> cells);
  // Two blanks between columns, `indent` before each line. A cell wider than `max_width` is cut
  // with "…".
  std::string ToText(size_t indent = 0, size_t max_width = 48) const;

 private:
  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
};

// `text` cut to `width` code points, the last one "…" when something was cut.
std::string CutToWidth(std::string_view text, size_t width);

}  // namespace marquee
