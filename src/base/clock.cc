#include "base/clock.h"

#include <chrono>
#include <cstdio>

#include "base/text.h"

namespace marquee {
namespace {

using std::chrono::days;
using std::chrono::milliseconds;

std::optional<int64_t> Digits(std::string_view text, size_t at, size_t count) {
  if (text.size() < at + count) return std::nullopt;
  const std::string_view digits = text.substr(at, count);
  if (digits.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  return ParseInt(digits);
}

std::chrono::year_month_day DateOf(int64_t ms) {
  return std::chrono::floor<days>(std::chrono::sys_time<milliseconds>(milliseconds(ms)));
}

// ":03.123" and the like, with an optional Z at the end, as milliseconds.
std::optional<int64_t> ParseSeconds(std::string_view text) {
  if (text.ends_with('Z')) text.remove_suffix(1);
  if (text.empty()) return 0;
  const auto seconds = Digits(text, 1, 2);
  if (text[0] != ':' || !seconds || *seconds > 59) return std::nullopt;
  text.remove_prefix(3);
  if (text.empty()) return *seconds * 1000;
  if (text[0] != '.' || text.size() < 2 || text.size() > 10) return std::nullopt;
  const std::string fraction = std::string(text.substr(1)) + "00";
  if (!Digits(fraction, 0, fraction.size())) return std::nullopt;
  return *seconds * 1000 + *Digits(fraction, 0, 3);
}

}  // namespace

int64_t SystemClock::NowMs() const {
  return std::chrono::duration_cast<milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

double SteadySeconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::string FormatDate(int64_t ms) {
  const auto date = DateOf(ms);
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return buffer;
}

std::string FormatUtc(int64_t ms) {
  const int64_t in_day = ms - std::chrono::duration_cast<milliseconds>(
                                  std::chrono::sys_days(DateOf(ms)).time_since_epoch())
                                  .count();
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "T%02d:%02d:%02d.%03dZ", static_cast<int>(in_day / 3600000),
                static_cast<int>(in_day / 60000 % 60), static_cast<int>(in_day / 1000 % 60),
                static_cast<int>(in_day % 1000));
  return FormatDate(ms) + buffer;
}

std::optional<int64_t> ParseUtc(std::string_view text) {
  const auto year = Digits(text, 0, 4), month = Digits(text, 5, 2), day = Digits(text, 8, 2);
  if (!year || !month || !day || text[4] != '-' || text[7] != '-') return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  int64_t ms =
      std::chrono::duration_cast<milliseconds>(std::chrono::sys_days(date).time_since_epoch())
          .count();
  if (text.size() == 10) return ms;
  const auto hour = Digits(text, 11, 2), minute = Digits(text, 14, 2);
  if (!hour || !minute || (text[10] != 'T' && text[10] != ' ') || text[13] != ':')
    return std::nullopt;
  if (*hour > 23 || *minute > 59) return std::nullopt;
  const auto rest = ParseSeconds(text.substr(16));
  if (!rest) return std::nullopt;
  return ms + *hour * 3600000 + *minute * 60000 + *rest;
}

}  // namespace marquee
