#include "recommend/model_guard.h"

#include <gtest/gtest.h>

#include <future>
#include <stdexcept>

namespace marquee {
namespace {

using Clock = ModelGuard::Clock;
using End = ModelGuard::End;

const Clock::time_point kNoHurry = Clock::now() + std::chrono::hours(1);
const Clock::time_point kPast = Clock::now();

void Prove(ModelGuard& guard) {
  while (!guard.trusted()) ASSERT_EQ(guard.Call([] {}, kNoHurry), End::kDone);
}

TEST(ModelGuard, AModelIsTrustedAfterTimelyCallsAndThenRunsOnTheCallersThread) {
  ModelGuard guard(2);
  std::thread::id ran_on;
  const auto work = [&] { ran_on = std::this_thread::get_id(); };
  EXPECT_EQ(guard.Call(work, kNoHurry), End::kDone);
  EXPECT_NE(ran_on, std::this_thread::get_id());
  Prove(guard);
  EXPECT_EQ(guard.Call(work, kNoHurry), End::kDone);
  EXPECT_EQ(ran_on, std::this_thread::get_id());
  guard.Distrust();
  EXPECT_FALSE(guard.trusted());
}

TEST(ModelGuard, ATrustedModelThatIsLateIsTrustedNoMore) {
  ModelGuard guard(1);
  Prove(guard);
  EXPECT_EQ(guard.Call([] {}, kPast), End::kDone);
  EXPECT_FALSE(guard.trusted());
}

TEST(ModelGuard, LateCallsAreNotWaitedForAndTheirNumberIsBounded) {
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  std::atomic<int> begun{0}, ended{0};
  {
    ModelGuard guard(2);
    const auto work = [&, released] {
      ++begun;
      released.wait();
      ++ended;
    };
    const auto soon = [] { return Clock::now() + std::chrono::milliseconds(20); };
    int late = 0, busy = 0;
    for (int i = 0; i < 5; ++i) {
      const End end = guard.Call(work, soon());
      late += end == End::kLate;
      busy += end == End::kBusy;
    }
    EXPECT_EQ(late + busy, 5);
    EXPECT_LE(begun, 2);
    EXPECT_EQ(ended, 0);
    release.set_value();
  }
  EXPECT_EQ(ended, begun) << "the guard waits for them at its end";
}

TEST(ModelGuard, WhatACallThrowsIsThrown) {
  ModelGuard guard(1);
  const auto fail = [] { throw std::runtime_error("broken"); };
  EXPECT_THROW(guard.Call(fail, kNoHurry), std::runtime_error);
  Prove(guard);
  EXPECT_THROW(guard.Call(fail, kNoHurry), std::runtime_error);
  EXPECT_FALSE(guard.trusted());
  EXPECT_THROW(guard.Call(fail, Clock::time_point::max()), std::runtime_error);
}

}  // namespace
}  // namespace marquee
