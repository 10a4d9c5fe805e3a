#include "services/cursor.h"

#include <array>
#include <cstdint>
#include <optional>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"

namespace marquee {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";
constexpr size_t kCheckDigits = 16;

// Finds slips and cursors of other lists; it is no secret, and protects nothing.
std::string CheckOf(std::string_view scope, std::string_view place) {
  const uint64_t hash = Fnv1a(StrCat(scope, "\n", place));
  std::string check;
  for (size_t i = 0; i < kCheckDigits; ++i) check += kDigits[hash >> (4 * i) & 15];
  return check;
}

std::optional<std::string> FromHex(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (size_t i = 0; i < hex.size(); i += 2) {
    const size_t high = kDigits.find(hex[i]);
    const size_t low = kDigits.find(hex[i + 1]);
    if (high == kDigits.npos || low == kDigits.npos) return std::nullopt;
    bytes += static_cast<char>(high << 4 | low);
  }
  return bytes;
}

}  // namespace

std::string EncodeCursor(std::string_view scope, std::string_view place) {
  std::string cursor = CheckOf(scope, place);
  for (const char c : place) {
    const auto byte = static_cast<unsigned char>(c);
    cursor += kDigits[byte >> 4];
    cursor += kDigits[byte & 15];
  }
  return cursor;
}

std::string DecodeCursor(std::string_view scope, std::string_view cursor) {
  if (cursor.size() >= kCheckDigits) {
    const std::optional<std::string> place = FromHex(cursor.substr(kCheckDigits));
    if (place && CheckOf(scope, *place) == cursor.substr(0, kCheckDigits)) return *place;
  }
  throw Error(Code::kInvalidArgument,
              StrCat("cursor '", cursor.substr(0, 80), "' is broken, or of another list"),
              "take next_cursor of the page before, and keep the other parameters as they were");
}

}  // namespace marquee
