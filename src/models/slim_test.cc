#include "models/slim.h"

#include <gmock/gmock.h>

#include <cmath>

#include "base/error_matchers.h"
#include "models/planted.h"
#include "models/test_histories.h"

namespace marquee::slim_test {
namespace {

using testing::HasSubstr;

NoTrainObserver no_observer;
constexpr double kRounding = 1e-3;  // where the descent ends

// X'X = [2 2 0; 2 3 1; 0 1 1].
TEST(TrainSlim, PositiveWeightsByHand) {
  const auto model = TrainSlim(ThreeUsers(), {.l1 = 0.5, .l2 = 1}, no_observer);
  EXPECT_NEAR(model->graph().Weight(1, 0), (2 - 0.5) / 4, kRounding);
  EXPECT_NEAR(model->graph().Weight(0, 1), (2 - 0.5) / 3, kRounding);
  EXPECT_NEAR(model->graph().Weight(2, 1), (1 - 0.5) / 2, kRounding);
  EXPECT_NEAR(model->graph().Weight(1, 2), (1 - 0.5) / 4, kRounding);
  EXPECT_EQ(model->graph().num_weights(), 4);
}

// Into a: 4 w_b + w_c = 2 - 1/4 and w_b + 2 w_c = 1/4.
TEST(TrainSlim, WeightsOfAnySignByHand) {
  const auto model = TrainSlim(ThreeUsers(), {.l1 = 0.25, .l2 = 1, .positive = false}, no_observer);
  EXPECT_NEAR(model->graph().Weight(1, 0), 0.46428571, kRounding);
  EXPECT_NEAR(model->graph().Weight(2, 0), -0.10714286, kRounding);
}

TEST(TrainSlim, L1LeavesFewerWeights) {
  const auto model = TrainSlim(ThreeUsers(), {.l1 = 1.5, .l2 = 1}, no_observer);
  EXPECT_EQ(model->graph().num_weights(), 2);  // between a and b
}

TEST(TrainSlim, KeepsTheLargestOfEitherSign) {
  const auto model = TrainSlim(
      ThreeUsers(), {.l1 = 0.25, .l2 = 1, .positive = false, .neighbours = 1}, no_observer);
  EXPECT_NEAR(model->graph().Weight(1, 0), 0.46428571, kRounding);
  EXPECT_EQ(model->graph().Weight(2, 0), 0);
}

// The conditions of the minimum (Karush, Kuhn and Tucker), for each pair of items.
TEST(TrainSlim, NoWeightCanBeImproved) {
  const Interactions data = MakePlantedWorld();
  const int32_t n = data.num_items();
  const auto count = [&](int32_t a, int32_t b) {
    double both = 0;
    for (const int32_t user : data.by_item().Row(a).columns) {
      const auto items = data.by_user().Row(user).columns;
      both += std::binary_search(items.begin(), items.end(), b);
    }
    return both;
  };
  constexpr double kL1 = 1, kL2 = 10, kClose = 0.05;  // gradients are of the order of 10
  const auto model = TrainSlim(data, {.l1 = kL1, .l2 = kL2}, no_observer);
  for (int32_t item = 0; item < 8; ++item) {
    for (int32_t other = 0; other < n; ++other) {
      if (other == item) continue;
      double gradient = count(other, item);
      for (int32_t k = 0; k < n; ++k) {
        const double weight = model->graph().Weight(k, item);
        if (weight != 0) gradient -= count(other, k) * weight;
      }
      const double weight = model->graph().Weight(other, item);
      if (weight > 0)
        EXPECT_NEAR(gradient - kL2 * weight, kL1, kClose);
      else
        EXPECT_LE(gradient, kL1 + kClose);
    }
  }
}

TEST(TrainSlim, ThreadsDoNotChangeAWeight) {
  const Interactions data = MakePlantedWorld();
  const auto one = TrainSlim(data, {.l1 = 0.1, .l2 = 10, .threads = 1}, no_observer);
  const auto two = TrainSlim(data, {.l1 = 0.1, .l2 = 10, .threads = 2}, no_observer);
  EXPECT_EQ(ScoresOf(*one, TestHistory({3, 7, 11})), ScoresOf(*two, TestHistory({3, 7, 11})));
}

TEST(TrainSlim, IsRefusedBeforeItFillsTheMemory) {
  EXPECT_THAT(
      [] { TrainSlim(MakePlantedWorld(), {.memory_bytes = 39999}, no_observer); },
      ThrowsError(Code::kResourceExhausted,
                  HasSubstr("slim of 100 items needs 39.1 KiB of memory: 39.1 KiB are free")));
  EXPECT_NO_THROW(TrainSlim(MakePlantedWorld(), {.memory_bytes = 40000}, no_observer));
}

}  // namespace
}  // namespace marquee::slim_test
