#include "base/duration.h"

#include "base/text.h"

namespace marquee {
namespace {

constexpr int64_t kDaySeconds = 86'400;
constexpr int64_t kMaxSeconds = 36'500 * kDaySeconds;

int64_t SecondsOf(char unit) {
  switch (unit) {
    case 's':
      return 1;
    case 'm':
      return 60;
    case 'h':
      return 3'600;
    case 'd':
      return kDaySeconds;
    case 'w':
      return 7 * kDaySeconds;
    default:
      return 0;
  }
}

}  // namespace

std::optional<int64_t> ParseDuration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const int64_t unit_s = SecondsOf(text.back());
  const std::optional<int64_t> count = ParseInt(text.substr(0, text.size() - 1));
  if (unit_s == 0 || !count || *count < 0 || *count > kMaxSeconds / unit_s) return std::nullopt;
  return *count * unit_s * 1000;
}

}  // namespace marquee
