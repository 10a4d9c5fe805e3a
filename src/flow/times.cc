#include "flow/times.h"

#include <chrono>
#include <cstdio>

#include "base/text.h"

namespace marquee::flow {
namespace {

std::string FormatWith(int64_t us, const char* zone) {
  int64_t fraction = us % kSecondUs;
  if (fraction < 0) fraction += kSecondUs;
  const std::string text = FormatUtc((us - fraction) / 1000);
  char micros[8] = "";
  if (fraction != 0) std::snprintf(micros, sizeof micros, ".%06d", static_cast<int>(fraction));
  return StrCat(std::string_view(text).substr(0, 19), micros, zone);
}

// "+02:00" as seconds.
std::optional<int64_t> ParseOffset(std::string_view text) {
  const bool colon = text.size() == 6 && text[3] == ':';
  if (!colon && text.size() != 5) return std::nullopt;
  const auto hours = ParseInt(text.substr(1, 2));
  const auto minutes = ParseInt(text.substr(colon ? 4 : 3, 2));
  if (!hours || !minutes || *hours > 23 || *minutes > 59 || *hours < 0 || *minutes < 0) {
    return std::nullopt;
  }
  return (text[0] == '-' ? -1 : 1) * (*hours * 3600 + *minutes * 60);
}

}  // namespace

int64_t SteadyClock::NowMs() const { return static_cast<int64_t>(SteadySeconds() * 1000); }

std::string FormatTime(int64_t us) { return FormatWith(us, "+00:00"); }
std::string FormatTimeZ(int64_t us) { return FormatWith(us, "Z"); }

std::string FormatDay(int64_t us) {
  int64_t ms = us / 1000;
  if (us % 1000 < 0) --ms;
  return ReplaceAll(FormatDate(ms), "-", "");
}

std::optional<int64_t> ParseTime(std::string_view text) {
  int64_t offset = 0;
  if (text.size() > 19) {
    const size_t sign = text.find_first_of("+-", 19);
    if (sign != std::string_view::npos) {
      const auto parsed = ParseOffset(text.substr(sign));
      if (!parsed) return std::nullopt;
      offset = *parsed;
      text = text.substr(0, sign);
    }
  }
  const auto ms = ParseUtc(text);
  if (!ms) return std::nullopt;
  int64_t us = *ms * 1000;
  const size_t dot = text.find('.');
  if (dot != std::string_view::npos) {
    std::string micros(text.substr(dot + 1, 6));
    if (micros.ends_with('Z')) micros.pop_back();
    micros.resize(6, '0');
    us = *ParseUtc(text.substr(0, 19)) * 1000 + ParseInt(micros).value_or(0);
  }
  return us - offset * kSecondUs;
}

std::string HumanDuration(int64_t us) {
  const int64_t seconds = us / kSecondUs;
  if (seconds < 60) return StrCat(Fixed(static_cast<double>(us) / kSecondUs, 1), "s");
  if (seconds < 3600) return StrCat(seconds / 60, "m ", seconds % 60, "s");
  return StrCat(seconds / 3600, "h ", seconds / 60 % 60, "m");
}

}  // namespace marquee::flow
