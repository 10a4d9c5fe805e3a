#include "tracking/page_token.h"

#include <optional>

#include "base/error.h"
#include "base/text.h"

namespace marquee::tracking {
namespace {

constexpr std::string_view kOffset = "offset:";
constexpr std::string_view kPlace = "after:";
constexpr int64_t kMaxOffset = 1'000'000'000'000;

[[noreturn]] void RefuseToken(std::string_view token) {
  throw Error(
      Code::kInvalidArgument, StrCat("Invalid page token '", ToValidUtf8(token.substr(0, 80)), "'"),
      "take next_page_token of the page before, and leave the rest of the search as it was");
}

}  // namespace

std::string OffsetToken(int64_t offset) { return StrCat(kOffset, offset); }

int64_t ReadOffsetToken(std::string_view token) {
  if (token.empty()) return 0;
  if (!token.starts_with(kOffset)) RefuseToken(token);
  const std::optional<int64_t> offset = ParseInt(token.substr(kOffset.size()));
  if (!offset || *offset < 0 || *offset > kMaxOffset) RefuseToken(token);
  return *offset;
}

std::string PlaceToken(std::span<const std::string> parts) {
  return StrCat(kPlace, Join(parts, ":"));
}

std::vector<std::string> ReadPlaceToken(std::string_view token, size_t num_parts) {
  if (!token.starts_with(kPlace)) RefuseToken(token);
  std::vector<std::string> parts;
  for (const std::string_view part : Split(token.substr(kPlace.size()), ":")) {
    parts.emplace_back(part);
  }
  if (parts.size() != num_parts) RefuseToken(token);
  return parts;
}

int64_t ReadTokenNumber(std::string_view token, const std::string& part) {
  const std::optional<int64_t> number = ParseInt(part);
  if (!number) RefuseToken(token);
  return *number;
}

}  // namespace marquee::tracking
