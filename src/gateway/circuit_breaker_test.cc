#include "gateway/circuit_breaker.h"

#include <gtest/gtest.h>

namespace marquee {
namespace {

using State = CircuitBreaker::State;

class CircuitBreakerTest : public testing::Test {
 protected:
  void Fail(int times) {
    for (int i = 0; i < times; ++i) {
      ASSERT_TRUE(breaker_.Allow());
      breaker_.Failed();
    }
  }

  ManualClock clock_{1'000'000};
  CircuitBreaker breaker_{{.failures = 3, .open_ms = 100, .max_open_ms = 300}, clock_};
};

TEST_F(CircuitBreakerTest, StaysClosedBelowTheBound) {
  Fail(2);
  breaker_.Succeeded();
  Fail(2);
  EXPECT_EQ(breaker_.state(), State::kClosed);
  EXPECT_TRUE(breaker_.Allow());
}

TEST_F(CircuitBreakerTest, OpensAfterFailuresInARow) {
  Fail(3);
  EXPECT_EQ(breaker_.state(), State::kOpen);
  EXPECT_FALSE(breaker_.Allow());
  clock_.Advance(99);
  EXPECT_FALSE(breaker_.Allow());
}

TEST_F(CircuitBreakerTest, HalfOpenLetsOneCallThrough) {
  Fail(3);
  clock_.Advance(100);
  EXPECT_EQ(breaker_.state(), State::kHalfOpen);
  EXPECT_TRUE(breaker_.Allow());
  EXPECT_FALSE(breaker_.Allow());
  EXPECT_EQ(breaker_.state(), State::kOpen);
}

TEST_F(CircuitBreakerTest, ASuccessCloses) {
  Fail(3);
  clock_.Advance(100);
  ASSERT_TRUE(breaker_.Allow());
  breaker_.Succeeded();
  EXPECT_EQ(breaker_.state(), State::kClosed);
  // All failures are forgotten, and so is how long it was open.
  Fail(3);
  clock_.Advance(100);
  EXPECT_EQ(breaker_.state(), State::kHalfOpen);
}

TEST_F(CircuitBreakerTest, AFailureOpensForTwiceAsLongUpToABound) {
  Fail(3);
  for (const int64_t wait_ms : {100, 200, 300, 300}) {
    clock_.Advance(wait_ms - 1);
    EXPECT_FALSE(breaker_.Allow()) << wait_ms;
    clock_.Advance(1);
    ASSERT_TRUE(breaker_.Allow()) << wait_ms;
    breaker_.Failed();
  }
}

TEST_F(CircuitBreakerTest, FailuresOfCallsUnderWayDoNotProlongIt) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(breaker_.Allow());
  for (int i = 0; i < 5; ++i) breaker_.Failed();
  clock_.Advance(100);
  EXPECT_EQ(breaker_.state(), State::kHalfOpen);
}

}  // namespace
}  // namespace marquee
