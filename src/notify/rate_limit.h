// How many messages an hour.
#pragma once

#include <algorithm>
#include <cstdint>

namespace marquee::notify {

// A bucket of `per_hour` tokens, full at first, that fills evenly. Not thread-safe.
class RateLimit {
 public:
  // REQUIRES: per_hour >= 1.
  RateLimit(int64_t per_hour, int64_t now_ms)
      : per_hour_(per_hour), grains_(per_hour * kToken), at_ms_(now_ms) {}

  // Whole tokens that there are.
  int64_t Tokens(int64_t now_ms) {
    const int64_t passed_ms = std::clamp<int64_t>(now_ms - at_ms_, 0, kHourMs);
    grains_ = std::min(grains_ + passed_ms * per_hour_, per_hour_ * kToken);
    at_ms_ = now_ms;
    return grains_ / kToken;
  }
  // REQUIRES: Tokens() > 0.
  void Take() { grains_ -= kToken; }
  // Until there is one more. REQUIRES: Tokens() was called for now.
  int64_t WaitMs() const {
    const int64_t missing = kToken - grains_ % kToken;
    return (missing + per_hour_ - 1) / per_hour_;
  }

 private:
  static constexpr int64_t kHourMs = 3'600'000;
  static constexpr int64_t kToken = kHourMs;  // grains, of which per_hour_ come each millisecond

  const int64_t per_hour_;
  int64_t grains_;  // kToken of them are a token
  int64_t at_ms_;
};

}  // namespace marquee::notify
