// Moments as this module writes them: microseconds since 1970, UTC.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace marquee::flow {

inline constexpr int64_t kSecondUs = 1'000'000;
inline constexpr int64_t kDayUs = 86'400 * kSecondUs;

// The steady clock of the system, for waiting that no change of the time touches.
class SteadyClock : public Clock {
 public:
  int64_t NowMs() const override;
};

inline int64_t NowUs(const Clock& clock) { return clock.NowMs() * 1000; }

// "2026-11-21T02:40:06.953631+00:00"; the fraction is left out when it is none.
std::string FormatTime(int64_t us);
// The same with Z.
std::string FormatTimeZ(int64_t us);
// "20261121"
std::string FormatDay(int64_t us);
// Reads a date, and a date with a time that ends in Z, +HH:MM, -HH:MM or nothing, which is UTC;
// nothing for other text.
std::optional<int64_t> ParseTime(std::string_view text);

// "1h 2m 3s", "4.2s"
std::string HumanDuration(int64_t us);

}  // namespace marquee::flow
