#include "base/batch_worker.h"

#include <gmock/gmock.h>

#include <latch>

namespace marquee {
namespace {

using testing::ElementsAre;

TEST(BatchWorker, DoesAllInOrder) {
  std::vector<int> done;
  BatchWorker<int> worker(
      100, [&](std::vector<int> batch) { done.insert(done.end(), batch.begin(), batch.end()); });
  EXPECT_TRUE(worker.Add({1, 2}));
  EXPECT_TRUE(worker.Add({3}));
  worker.Flush();
  EXPECT_THAT(done, ElementsAre(1, 2, 3));
}

TEST(BatchWorker, ItsEndDoesWhatWaits) {
  std::vector<int> done;
  {
    BatchWorker<int>(10, [&](std::vector<int> batch) { done = std::move(batch); }).Add({7});
  }
  EXPECT_THAT(done, ElementsAre(7));
}

TEST(BatchWorker, LingersForMoreUntilSomebodyWaitsOrHalfIsThere) {
  std::vector<size_t> batches;
  std::latch half_done(1);
  BatchWorker<int> worker(
      8,
      [&](std::vector<int> batch) {
        batches.push_back(batch.size());
        if (batch.size() == 4) half_done.count_down();
      },
      std::chrono::hours(1));
  worker.Add({1});
  worker.Add({2, 3});
  worker.Flush();
  worker.Add({1});
  worker.Add({2, 3, 4});
  half_done.wait();
  worker.Flush();
  EXPECT_THAT(batches, ElementsAre(3, 4));
}

TEST(BatchWorker, RefusesWhatPassesTheBoundWhole) {
  std::latch entered(1);
  std::latch leave(1);
  BatchWorker<int> worker(2, [&](std::vector<int> batch) {
    if (batch.front() != 0) return;
    entered.count_down();
    leave.wait();
  });
  worker.Add({0});
  entered.wait();
  EXPECT_FALSE(worker.Add({1, 2, 3}));
  EXPECT_TRUE(worker.Add({1}));
  EXPECT_TRUE(worker.has_room());
  EXPECT_TRUE(worker.Add({2}));
  EXPECT_FALSE(worker.has_room());
  leave.count_down();
}

}  // namespace
}  // namespace marquee
