#include "base/text_table.h"

#include <algorithm>

#include "base/check.h"
#include "base/text.h"

namespace marquee {
namespace {

bool LooksNumeric(std::string_view cell) {
  return cell.empty() || cell == "-" ||
         (cell.find_first_of("0123456789") != std::string_view::npos &&
          cell.find_first_not_of("0123456789.,+-e%±~ ") == std::string_view::npos);
}

}  // namespace

std::string CutToWidth(std::string_view text, size_t width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  size_t end = 0;
  for (size_t shown = 0; end < text.size(); ++end) {
    const bool starts_code_point = (static_cast<unsigned char>(text[end]) & 0xC0) != 0x80;
    if (starts_code_point && ++shown == std::max<size_t>(width, 1)) break;
  }
  return std::string(text.substr(0, end)) + "…";
}

void TextTable::Add(std::vector<std::string> cells) {
  MARQUEE_CHECK(cells.size() == header_.size());
  rows_.push_back(std::move(cells));
}

std::string TextTable::ToText(size_t indent, size_t max_width) const {
  std::vector<size_t> widths;
  std::vector<bool> right;
  for (size_t column = 0; column < header_.size(); ++column) {
    size_t width = DisplayWidth(header_[column]);
    bool numeric = !rows_.empty();
    for (const auto& row : rows_) {
      width = std::max(width, std::min(DisplayWidth(row[column]), max_width));
      numeric = numeric && LooksNumeric(row[column]);
    }
    widths.push_back(width);
    right.push_back(numeric);
  }
  std::string out;
  const auto add_line = [&](const std::vector<std::string>& cells) {
    std::string line(indent, ' ');
    for (size_t column = 0; column < cells.size(); ++column) {
      const std::string cell = CutToWidth(cells[column], std::max(max_width, widths[column]));
      const std::string padding(widths[column] - DisplayWidth(cell), ' ');
      if (column > 0) line += "  ";
      line += right[column] ? padding + cell : cell + padding;
    }
    line.resize(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  };
  add_line(header_);
  for (const auto& row : rows_) add_line(row);
  return out;
}

}  // namespace marquee
