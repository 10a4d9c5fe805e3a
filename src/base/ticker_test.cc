#include "base/ticker.h"

#include <gmock/gmock.h>

#include <atomic>
#include <latch>

namespace marquee {
namespace {

TEST(Ticker, CallsAgainAndAgain) {
  std::latch third(3);
  std::atomic<int> calls = 0;
  const Ticker ticker(std::chrono::milliseconds(1), [&] {
    if (++calls <= 3) third.count_down();
  });
  third.wait();
  EXPECT_GE(calls, 3);
}

TEST(Ticker, ItsEndWaitsForTheCallAndThereIsNoOther) {
  std::latch entered(1);
  std::latch leave(1);
  int calls = 0;  // read once the thread has ended
  {
    const Ticker ticker(std::chrono::milliseconds(1), [&] {
      if (calls++ > 0) return;
      entered.count_down();
      leave.wait();
    });
    entered.wait();
    EXPECT_EQ(calls, 1);
    leave.count_down();
  }
  EXPECT_GE(calls, 1);
}

TEST(Ticker, ItsEndDoesNotWaitForTheNextTurn) {
  const Ticker ticker(std::chrono::hours(1), [] { FAIL() << "an hour has not passed"; });
}

}  // namespace
}  // namespace marquee
