// The pages of quality.h for a terminal.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/clock.h"
#include "base/text.h"
#include "base/text_table.h"
#include "lake/quality.h"

namespace marquee::lake {
namespace {

constexpr size_t kPageWidth = 100;

size_t WidestLine(std::string_view text) {
  size_t widest = 0;
  for (const std::string_view line : Split(text, "\n")) {
    widest = std::max(widest, DisplayWidth(line));
  }
  return widest;
}

// The widest cells are cut as far as the page wants it.
std::string DrawOnPage(const TextTable& table) {
  size_t cell_width = 24;
  std::string text = table.ToText(2, cell_width);
  while (WidestLine(text) > kPageWidth && cell_width > 8) text = table.ToText(2, --cell_width);
  return text;
}

// Control characters would break the page.
std::string OneLine(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  }
  return text;
}

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

std::string ShareText(int64_t count, int64_t rows) {
  if (count == 0) return "";
  const double percent = 100.0 * static_cast<double>(count) / static_cast<double>(rows);
  return percent < 0.1 ? "0.1 %" : Fixed(percent, 1) + " %";
}

std::string ColumnTable(const TableProfile& profile) {
  TextTable table({"column", "type", "missing", "", "distinct", "min", "max"});
  for (const ColumnProfile& column : profile.columns) {
    table.Add({OneLine(column.name), TypeText(column.sql_type), WithThousands(column.missing),
               ShareText(column.missing, profile.rows),
               (profile.exact ? "" : "~") + WithThousands(column.distinct),
               OneLine(ValueText(column, column.min)), OneLine(ValueText(column, column.max))});
  }
  return DrawOnPage(table);
}

std::string QuantileTable(const TableProfile& profile) {
  std::vector<std::string> header = {"quantiles"};
  for (const double point : kProfileQuantiles) header.push_back(Fixed(100 * point, 0) + " %");
  TextTable table(header);
  bool any = false;
  for (const ColumnProfile& column : profile.columns) {
    if (column.quantiles.empty()) continue;
    std::vector<std::string> cells = {OneLine(column.name)};
    for (const Json& value : column.quantiles) cells.push_back(QuantileText(value));
    table.Add(std::move(cells));
    any = true;
  }
  return any ? "\n" + DrawOnPage(table) : "";
}

std::string CountOf(int64_t count, std::string_view one, std::string_view many) {
  return StrCat(WithThousands(count), " ", count == 1 ? one : many);
}

std::string LoadTable(const std::vector<TableLoad>& loads) {
  TextTable table({"table", "version", "rows in", "rows out", "rejected", "replaced"});
  for (const TableLoad& load : loads) {
    table.Add({load.table, std::to_string(load.version), WithThousands(load.rows_in),
               WithThousands(load.rows_out), WithThousands(load.rejected()),
               WithThousands(load.replaced())});
  }
  return DrawOnPage(table);
}

std::string RejectTable(const std::vector<TableLoad>& loads) {
  TextTable table({"rejected", "table", "column", "reason"});
  bool any = false;
  for (const TableLoad& load : loads) {
    for (const RejectCount& reject : load.rejects) {
      table.Add({WithThousands(reject.rows), load.table, reject.column, OneLine(reject.reason)});
      any = true;
    }
  }
  return any ? "\n" + table.ToText(2, 40) : "";
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
      "Load ", load_id, " of ", dataset, "\n  ", TimeText(FormatUtc(loaded_at_ms)), " UTC, took ",
      Fixed(seconds, 1), " s\n\n", LoadTable(tables), RejectTable(tables), "\n  ",
      Grown(users, new_users, "user", "users"), ", ", Grown(items, new_items, "item", "items"));
  if (first_ms && last_ms) {
    text += StrCat(", interactions from ", FormatDate(*first_ms), " to ", FormatDate(*last_ms));
  }
  text += "\n";
  for (const TableProfile& profile : profiles) text += "\n" + profile.ToText();
  return text;
}

}  // namespace marquee::lake
