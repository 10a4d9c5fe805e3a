// When a server that fails is left alone.
#pragma once

#include <cstdint>
#include <mutex>

#include "base/clock.h"

namespace marquee {

// Closed: calls go through. After `failures` in a row it opens: no calls for a while. Then it is
// half open: one call is let through, which closes it, or opens it again for twice as long
// (M. Nygard, Release It!, 2007). Thread-safe.
class CircuitBreaker {
 public:
  struct Options {
    int failures = 5;       // in a row
    int64_t open_ms = 500;  // at first
    int64_t max_open_ms = 15'000;
  };
  enum class State { kClosed, kOpen, kHalfOpen };

  // `clock` must outlive it.
  CircuitBreaker(Options options, const Clock& clock) : options_(options), clock_(clock) {}

  // Whether a call may be made now; what came of it is to be told then.
  bool Allow();
  void Succeeded();
  void Failed();

  // Open only while no call would be let through.
  State state() const;

 private:
  State StateNow() const;

  const Options options_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  int failures_ = 0;  // in a row
  bool open_ = false;
  bool probing_ = false;  // the one call of the half-open state is under way
  int64_t open_ms_ = 0;
  int64_t open_until_ms_ = 0;
};

}  // namespace marquee
