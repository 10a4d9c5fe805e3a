#include "lake/file_stats.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>

#include "base/clock.h"
#include "base/text.h"

namespace marquee::lake {
namespace {

constexpr size_t kColumns = 32;
constexpr size_t kTextBytes = 64;
// A decimal of so many digits is the same number after a trip through a double.
constexpr int64_t kExactDigits = 15;

enum class Bound { kLower, kUpper };

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

std::string CutText(std::string_view text) {
  size_t end = std::min(text.size(), kTextBytes);
  while (end > 0 && end < text.size() && IsContinuation(text[end])) --end;
  return std::string(text.substr(0, end));
}

char32_t DecodeLast(std::string_view utf8, size_t* start) {
  *start = utf8.size() - 1;
  while (*start > 0 && IsContinuation(utf8[*start])) --*start;
  const auto lead = static_cast<unsigned char>(utf8[*start]);
  char32_t point = lead < 0x80   ? lead
                   : lead < 0xE0 ? lead & 0x1F
                   : lead < 0xF0 ? lead & 0xF
                                 : lead & 7;
  for (size_t i = *start + 1; i < utf8.size(); ++i) {
    point = point << 6 | (static_cast<unsigned char>(utf8[i]) & 0x3F);
  }
  return point;
}

void AppendUtf8(char32_t point, std::string* out) {
  const auto tail = [&](int shift) {
    out->push_back(static_cast<char>(0x80 | (point >> shift & 0x3F)));
  };
  if (point < 0x80) {
    out->push_back(static_cast<char>(point));
  } else if (point < 0x800) {
    out->push_back(static_cast<char>(0xC0 | point >> 6));
    tail(0);
  } else if (point < 0x10000) {
    out->push_back(static_cast<char>(0xE0 | point >> 12));
    tail(6);
    tail(0);
  } else {
    out->push_back(static_cast<char>(0xF0 | point >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

// The shortest text above all that start with `prefix`: its last code point raised by one.
std::optional<std::string> Raise(std::string prefix) {
  while (!prefix.empty()) {
    size_t start = 0;
    const char32_t last = DecodeLast(prefix, &start);
    prefix.resize(start);
    if (last >= 0x10FFFF) continue;
    AppendUtf8(last == 0xD7FF ? 0xE000 : last + 1, &prefix);
    return prefix;
  }
  return std::nullopt;
}

std::optional<Json> TextBound(std::string_view text, Bound bound) {
  if (text.size() <= kTextBytes) return Json(text);
  if (bound == Bound::kLower) return Json(CutText(text));
  if (auto raised = Raise(CutText(text))) return Json(std::move(*raised));
  return std::nullopt;
}

std::optional<Json> IntegerBound(std::string_view text) {
  if (const auto value = ParseInt(text)) return Json(*value);
  return std::nullopt;
}

std::optional<Json> RealBound(std::string_view text, Bound bound, bool is_float) {
  const auto value = ParseDouble(text);
  if (!value) return std::nullopt;
  if (*value == 0) return Json(bound == Bound::kLower ? -0.0 : 0.0);
  return Json(is_float ? double{static_cast<float>(*value)} : *value);
}

std::optional<Json> DecimalBound(std::string_view text) {
  if (std::count_if(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }) >
      kExactDigits) {
    return std::nullopt;
  }
  if (const auto value = ParseDouble(text)) return Json(*value);
  return std::nullopt;
}

bool MatchesDigits(std::string_view text, std::string_view pattern) {
  if (text.size() != pattern.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (pattern[i] == '9' ? !digit : text[i] != pattern[i]) return false;
  }
  return true;
}

std::optional<Json> DateBound(std::string_view text) {
  if (!MatchesDigits(text, "9999-99-99")) return std::nullopt;
  return Json(text);
}

// "2024-01-01 00:00:00[.123456][+00]", as DuckDB writes times, whose zone is UTC.
std::optional<Json> TimeBound(std::string_view text, Bound bound, bool utc) {
  if (text.ends_with("+00")) text.remove_suffix(3);
  constexpr size_t kSeconds = 19;
  if (!MatchesDigits(text.substr(0, kSeconds), "9999-99-99 99:99:99")) return std::nullopt;
  std::string_view fraction = text.substr(kSeconds);
  if (!fraction.empty() &&
      (fraction[0] != '.' || fraction.size() > 7 ||
       fraction.find_first_not_of("0123456789", 1) != std::string_view::npos)) {
    return std::nullopt;
  }
  const auto seconds = ParseUtc(text.substr(0, kSeconds));
  if (!seconds) return std::nullopt;
  std::string digits(fraction.empty() ? "" : fraction.substr(1));
  digits.resize(6, '0');
  int64_t ms = *seconds + std::atoi(digits.substr(0, 3).c_str());
  if (bound == Bound::kUpper && digits.substr(3) != "000") ++ms;
  const std::string formatted = FormatUtc(ms);  // 2024-01-01T00:00:00.123Z
  if (utc) return Json(formatted);
  return Json(ReplaceAll(formatted.substr(0, formatted.size() - 1), "T", " "));
}

std::optional<Json> BoundOf(const Json& delta_type, std::string_view text, Bound bound) {
  if (!delta_type.is_string()) return std::nullopt;
  const std::string& type = delta_type.AsString();
  if (type == "string") return TextBound(text, bound);
  if (type == "long" || type == "integer" || type == "short" || type == "byte") {
    return IntegerBound(text);
  }
  if (type == "double" || type == "float") return RealBound(text, bound, type == "float");
  if (type == "date") return DateBound(text);
  if (type == "timestamp") return TimeBound(text, bound, true);
  if (type == "timestamp_ntz") return TimeBound(text, bound, false);
  if (type.starts_with("decimal(")) return DecimalBound(text);
  return std::nullopt;
}

}  // namespace

std::optional<Json> LowerBound(const Json& delta_type, std::string_view text) {
  return BoundOf(delta_type, text, Bound::kLower);
}

std::optional<Json> UpperBound(const Json& delta_type, std::string_view text) {
  return BoundOf(delta_type, text, Bound::kUpper);
}

Json FileStats(int64_t rows, const Json& column_statistics, const std::vector<Field>& fields) {
  Json low = Json::MakeObject();
  Json high = Json::MakeObject();
  Json nulls = Json::MakeObject();
  for (size_t i = 0; i < std::min(fields.size(), kColumns); ++i) {
    const Field& field = fields[i];
    const Json* column = column_statistics.Find(SqlName(field.name));
    if (!column || !field.type.is_string()) continue;
    if (const auto count = ParseInt(column->GetString("null_count"))) nulls[field.name] = *count;
    const Json* min = column->Find("min");
    const Json* max = column->Find("max");
    if (!min || !max || column->GetString("has_nan") == "true") continue;
    if (const auto bound = LowerBound(field.type, min->AsString())) low[field.name] = *bound;
    if (const auto bound = UpperBound(field.type, max->AsString())) high[field.name] = *bound;
  }
  return Json::MakeObject({{"numRecords", rows},
                           {"minValues", std::move(low)},
                           {"maxValues", std::move(high)},
                           {"nullCount", std::move(nulls)}});
}

}  // namespace marquee::lake
