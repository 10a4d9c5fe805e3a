#include "base/thread_pool.h"

#include <gmock/gmock.h>

#include <atomic>
#include <vector>

#include "base/error_matchers.h"

namespace marquee {
namespace {

TEST(ThreadPool, EveryIndexIsVisitedOnce) {
  ThreadPool pool(4);
  for (const int64_t n : {0, 1, 7, 1000}) {
    std::vector<std::atomic<int>> visits(static_cast<size_t>(n));
    pool.ParallelFor(n, 3, [&](int64_t begin, int64_t end, int) {
      for (int64_t i = begin; i < end; ++i) ++visits[static_cast<size_t>(i)];
    });
    for (const auto& count : visits) EXPECT_EQ(count, 1);
  }
}

TEST(ThreadPool, WorkersAreNumberedBelowThreads) {
  ThreadPool pool(3);
  std::atomic<int> largest{0};
  pool.ParallelFor(1000, 1, [&](int64_t, int64_t, int worker) {
    for (int seen = largest; worker > seen && !largest.compare_exchange_weak(seen, worker);) {
    }
  });
  EXPECT_LT(largest, 3);
}

TEST(ThreadPool, AnExceptionOfABodyComesOutAndThePoolLivesOn) {
  ThreadPool pool(2);
  const auto fail = [&] {
    pool.ParallelFor(100, 1, [](int64_t begin, int64_t, int) {
      if (begin == 50) throw Error(Code::kCancelled, "stopped at 50");
    });
  };
  EXPECT_THAT(fail, ThrowsError(Code::kCancelled, testing::Eq("stopped at 50")));
  std::atomic<int64_t> sum{0};
  pool.ParallelFor(10, 1, [&](int64_t begin, int64_t, int) { sum += begin; });
  EXPECT_EQ(sum, 45);
}

}  // namespace
}  // namespace marquee
