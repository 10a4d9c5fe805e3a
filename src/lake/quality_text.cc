// The pages of quality.h for a terminal.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "base/clock.h"
#include "base/text.h"
#include "lake/quality.h"

namespace marquee::lake {
namespace {

constexpr size_t kPageWidth = 100;
constexpr std::string_view kIndent = "  ";
constexpr std::string_view kBetween = "  ";

struct ColumnLayout {
  std::string heading;
  bool right = false;  // numbers
  size_t max_width = kPageWidth;
};

std::string Shortened(std::string_view text, size_t width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  size_t end = 0;
  for (size_t shown = 0; end < text.size(); ++end) {
    const bool starts_character = (static_cast<unsigned char>(text[end]) & 0xC0) != 0x80;
    if (starts_character && shown++ == width - 1) break;
  }
  return StrCat(text.substr(0, end), "\u2026");
}

// Control characters would break the page.
std::string OneLine(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  }
  return text;
}

class TextTable {
 public:
  explicit TextTable(std::vector<ColumnLayout> layout) : layout_(std::move(layout)) {
    std::vector<std::string> headings;
    for (const ColumnLayout& column : layout_) headings.push_back(column.heading);
    Add(std::move(headings));
  }

  void Add(std::vector<std::string> cells) {
    for (size_t i = 0; i < cells.size(); ++i) {
      cells[i] = Shortened(OneLine(std::move(cells[i])), layout_[i].max_width);
    }
    rows_.push_back(std::move(cells));
  }

  // A line of its own below the last row.
  void AddNote(std::string note) { rows_.push_back({std::move(note)}); }

  std::string Draw() {
    FitPage();
    std::string text;
    for (const auto& row : rows_) text += row.size() == 1 ? Note(row[0]) : Line(row);
    return text;
  }

 private:
  static std::string Note(const std::string& note) {
    return StrCat(kIndent, kIndent, Shortened(note, kPageWidth - 2 * kIndent.size()), "\n");
  }

  // Takes from the widest text column, again and again: numbers stay whole.
  void FitPage() {
    while (true) {
      size_t total = kIndent.size() + kBetween.size() * (layout_.size() - 1);
      size_t widest = layout_.size();
      for (size_t i = 0; i < layout_.size(); ++i) {
        total += Width(i);
        if (layout_[i].right) continue;
        if (widest == layout_.size() || Width(i) >= Width(widest)) widest = i;
      }
      if (total <= kPageWidth || widest == layout_.size() || Width(widest) <= 4) return;
      const size_t width = Width(widest) - 1;
      for (auto& row : rows_) {
        if (row.size() > 1) row[widest] = Shortened(row[widest], width);
      }
    }
  }

  std::string Line(const std::vector<std::string>& row) const {
    std::string line(kIndent);
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string blanks(Width(i) - DisplayWidth(row[i]), ' ');
      if (i > 0) line += kBetween;
      line += layout_[i].right ? blanks + row[i] : row[i] + blanks;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    return line + "\n";
  }

  size_t Width(size_t column) const {
    size_t width = 0;
    for (const auto& row : rows_) {
      if (row.size() > 1) width = std::max(width, DisplayWidth(row[column]));
    }
    return width;
  }

  std::vector<ColumnLayout> layout_;
  std::vector<std::vector<std::string>> rows_;
};

// Years and small numbers read better without a comma.
std::string IntText(int64_t value) {
  return value > -10'000 && value < 10'000 ? std::to_string(value) : WithThousands(value);
}

std::string NumberText(double value) {
  if (std::abs(value) >= 1e15 || (value != 0 && std::abs(value) < 1e-3)) {
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%.3g", value);
    return buffer;
  }
  if (value == std::floor(value)) return IntText(static_cast<int64_t>(value));
  std::string fraction = Fixed(value, 3);
  fraction.erase(fraction.find_last_not_of('0') + 1);
  if (fraction.ends_with('.')) fraction.pop_back();
  return fraction;
}

// An ISO time with a blank for its T, to the second: 19 columns.
std::string TimeText(std::string_view iso) {
  return ReplaceAll(iso.substr(0, std::min<size_t>(iso.size(), 19)), "T", " ");
}

bool IsTime(const ColumnProfile& column) {
  return column.sql_type.starts_with("TIMESTAMP") || column.sql_type == "DATE";
}

std::string ValueText(const ColumnProfile& column, const Json& value) {
  if (value.is_null()) return "-";
  if (value.is_bool()) return value.AsBool() ? "true" : "false";
  if (value.is_int()) return IntText(value.AsInt());
  if (value.is_number()) return NumberText(value.AsDouble());
  if (!IsTime(column)) return value.AsString();
  return column.sql_type == "DATE" ? value.AsString().substr(0, 10) : TimeText(value.AsString());
}

std::string QuantileText(const Json& value) {
  if (value.is_string()) return value.AsString().substr(0, 10);
  return value.is_null() ? "-" : NumberText(value.AsDouble());
}

std::string TypeText(const std::string& sql_type) {
  if (sql_type == "TIMESTAMP WITH TIME ZONE") return "timestamptz";
  return AsciiLower(sql_type);
}

std::string MissingText(const ColumnProfile& column, int64_t rows) {
  if (column.missing == 0) return "0";
  const double share = 100.0 * static_cast<double>(column.missing) / static_cast<double>(rows);
  const std::string percent = share < 0.1 ? "<0.1" : Fixed(share, 1);
  return StrCat(WithThousands(column.missing), " (", percent, " %)");
}

std::string ColumnTable(const TableProfile& profile) {
  TextTable table({{"column", false, 22},
                   {"type", false, 13},
                   {"missing", true, 20},
                   {"distinct", true, 14},
                   {"min", false, 19},
                   {"max", false, 19}});
  for (const ColumnProfile& column : profile.columns) {
    table.Add({column.name, TypeText(column.sql_type), MissingText(column, profile.rows),
               (profile.exact ? "" : "~") + WithThousands(column.distinct),
               ValueText(column, column.min), ValueText(column, column.max)});
  }
  return table.Draw();
}

std::string QuantileTable(const TableProfile& profile) {
  std::vector<ColumnLayout> layout = {{"quantiles", false, 22}};
  for (const double point : kProfileQuantiles) {
    layout.push_back({Fixed(100 * point, 0) + " %", true, 13});
  }
  TextTable table(layout);
  bool any = false;
  for (const ColumnProfile& column : profile.columns) {
    if (column.quantiles.empty()) continue;
    std::vector<std::string> cells = {column.name};
    for (const Json& value : column.quantiles) cells.push_back(QuantileText(value));
    table.Add(std::move(cells));
    any = true;
  }
  return any ? "\n" + table.Draw() : "";
}

std::string CountOf(int64_t count, std::string_view one, std::string_view many) {
  return StrCat(WithThousands(count), " ", count == 1 ? one : many);
}

std::string LoadTable(const std::vector<TableLoad>& loads) {
  TextTable table({{"table", false, 30},
                   {"version", true},
                   {"rows in", true},
                   {"rows out", true},
                   {"rejected", true},
                   {"replaced", true}});
  for (const TableLoad& load : loads) {
    table.Add({load.table, std::to_string(load.version), WithThousands(load.rows_in),
               WithThousands(load.rows_out), WithThousands(load.rejected()),
               WithThousands(load.replaced())});
    for (const RejectCount& reject : load.rejects) {
      table.AddNote(StrCat(CountOf(reject.rows, "row", "rows"), " rejected: ", reject.column,
                           reject.column.empty() || reject.reason.empty() ? "" : ": ",
                           reject.reason));
    }
  }
  return table.Draw();
}

std::string Grown(int64_t count, int64_t added, std::string_view one, std::string_view many) {
  return StrCat(CountOf(count, one, many), " (", WithThousands(added), " new)");
}

}  // namespace

std::string TableProfile::ToText() const {
  const std::string note = exact ? "" : "   (distinct counts and quantiles are estimates)";
  return StrCat(table, "   ", CountOf(rows, "row", "rows"), note, "\n", ColumnTable(*this),
                QuantileTable(*this));
}

std::string LoadReport::ToText() const {
  std::string text = StrCat(
      "Load ", load_id, " of ", dataset, "\n", kIndent, TimeText(FormatUtc(loaded_at_ms)),
      " UTC, took ", Fixed(seconds, 1), " s\n\n", LoadTable(tables), "\n", kIndent,
      Grown(users, new_users, "user", "users"), ", ", Grown(items, new_items, "item", "items"));
  if (first_ms && last_ms) {
    text += StrCat(", interactions from ", FormatDate(*first_ms), " to ", FormatDate(*last_ms));
  }
  text += "\n";
  for (const TableProfile& profile : profiles) text += "\n" + profile.ToText();
  return text;
}

}  // namespace marquee::lake
