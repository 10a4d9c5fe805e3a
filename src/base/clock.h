// Time, injected so that tests need not wait. All times are UTC.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace marquee {

class Clock {
 public:
  virtual ~Clock() = default;
  // Milliseconds since 1970.
  virtual int64_t NowMs() const = 0;
};

class SystemClock : public Clock {
 public:
  int64_t NowMs() const override;
};

// Stands still until it is set. Not thread-safe.
class ManualClock : public Clock {
 public:
  explicit ManualClock(int64_t now_ms) : now_ms_(now_ms) {}
  int64_t NowMs() const override { return now_ms_; }
  void Advance(int64_t ms) { now_ms_ += ms; }

 private:
  int64_t now_ms_;
};

// Seconds of a steady clock, for durations.
double SteadySeconds();

// "2024-01-05T01:02:03.123Z"
std::string FormatUtc(int64_t ms);
// "2024-01-05"
std::string FormatDate(int64_t ms);
// Reads "2024-01-05" and "2024-01-05[T ]01:02[:03[.123]][Z]"; nothing for other text and for dates
// that do not exist.
std::optional<int64_t> ParseUtc(std::string_view text);

}  // namespace marquee
