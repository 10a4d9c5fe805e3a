// Small text functions. All are pure and thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace marquee {

namespace internal {

template <typename Part>
void AppendPart(const Part& part, std::string* out) {
  if constexpr (std::is_convertible_v<const Part&, std::string_view>) {
    out->append(std::string_view(part));
  } else if constexpr (std::is_same_v<Part, char>) {
    out->push_back(part);
  } else if constexpr (std::is_integral_v<Part> && sizeof(Part) > 1) {
    out->append(std::to_string(part));
  } else {
    std::ostringstream text;
    text << part;
    out->append(std::move(text).str());
  }
}

template <typename Part>
size_t SizeHint(const Part& part) {
  if constexpr (std::is_convertible_v<const Part&, std::string_view>) {
    return std::string_view(part).size();
  } else {
    return std::is_same_v<Part, char> ? 1 : 4;
  }
}

}  // namespace internal

// Appends the parts one after another, numbers as operator<< prints them.
template <typename... Parts>
void StrAppend(std::string* out, const Parts&... parts) {
  (internal::AppendPart(parts, out), ...);
}

template <typename... Parts>
std::string StrCat(const Parts&... parts) {
  std::string out;
  out.reserve((internal::SizeHint(parts) + ...));
  StrAppend(&out, parts...);
  return out;
}

// Pieces between separators; n separators give n + 1 pieces. The views point into `text`.
std::vector<std::string_view> Split(std::string_view text, std::string_view separator);
std::string Join(std::span<const std::string> parts, std::string_view separator);
// Without ASCII white space at both ends.
std::string_view Trim(std::string_view text);
std::string AsciiLower(std::string_view text);
std::string ReplaceAll(std::string_view text, std::string_view from, std::string_view to);

// The whole text as a number, or nothing: no blanks, no trailing text, no overflow; ParseDouble
// refuses NaN and infinity.
std::optional<int64_t> ParseInt(std::string_view text);
std::optional<double> ParseDouble(std::string_view text);

// `value` with `digits` after the point.
std::string Fixed(double value, int digits);
// 1234567 as "1,234,567".
std::string WithThousands(int64_t value);
// 1536 as "1.5 KiB".
std::string HumanBytes(int64_t bytes);
// A size as people write it: "512MB", "3 GiB", "1024". Throws invalid_argument that names `what`.
int64_t ParseBytes(std::string_view text, std::string_view what);

bool IsValidUtf8(std::string_view bytes);
std::string Latin1ToUtf8(std::string_view bytes);
// UTF-8 as it is, with each invalid byte read as Latin-1: never fails, always valid.
std::string ToValidUtf8(std::string_view bytes);
// How many terminal columns a UTF-8 text takes, counting one a code point.
size_t DisplayWidth(std::string_view utf8);

// Levenshtein distance in bytes. O(|a| |b|).
size_t EditDistance(std::string_view a, std::string_view b);
// The candidate nearest to `name`, when it is near enough to be a likely typing error.
std::optional<std::string> NearestName(std::string_view name,
                                       std::span<const std::string> candidates);
// "; did you mean 'x'?" or "".
std::string DidYouMean(std::string_view name, std::span<const std::string> candidates);

}  // namespace marquee
