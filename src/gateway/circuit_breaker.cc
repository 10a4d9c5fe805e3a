#include "gateway/circuit_breaker.h"

#include <algorithm>

namespace marquee {

bool CircuitBreaker::Allow() {
  const std::lock_guard lock(mutex_);
  if (!open_) return true;
  if (StateNow() != State::kHalfOpen) return false;
  probing_ = true;
  return true;
}

void CircuitBreaker::Succeeded() {
  const std::lock_guard lock(mutex_);
  failures_ = 0;
  open_ = probing_ = false;
  open_ms_ = 0;
}

void CircuitBreaker::Failed() {
  const std::lock_guard lock(mutex_);
  ++failures_;
  // What was under way when it opened says nothing new.
  if (open_ && !probing_) return;
  if (!open_ && failures_ < options_.failures) return;
  open_ms_ = open_ ? std::min(2 * open_ms_, options_.max_open_ms) : options_.open_ms;
  open_ = true;
  probing_ = false;
  open_until_ms_ = clock_.NowMs() + open_ms_;
}

CircuitBreaker::State CircuitBreaker::state() const {
  const std::lock_guard lock(mutex_);
  return StateNow();
}

CircuitBreaker::State CircuitBreaker::StateNow() const {
  if (!open_) return State::kClosed;
  return !probing_ && clock_.NowMs() >= open_until_ms_ ? State::kHalfOpen : State::kOpen;
}

}  // namespace marquee
