#include "models/ease.h"

#include <gmock/gmock.h>

#include <cmath>

#include "base/error_matchers.h"
#include "models/planted.h"
#include "models/test_histories.h"

namespace marquee::ease_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

NoTrainObserver no_observer;

// X'X + 1 I = [3 2 0; 2 4 1; 0 1 2], determinant 13; its inverse times 13 is
// [7 -4 2; -4 6 -3; 2 -3 8]; B_ij = -P_ij / P_jj.
TEST(TrainEase, EqualsTheClosedFormByHand) {
  const auto model = TrainEase(ThreeUsers(), {.l2 = 1}, no_observer);
  using testing::FloatNear;
  const float e = 1e-6f;
  EXPECT_THAT(ScoresOf(*model, TestHistory({0})),
              ElementsAre(0, FloatNear(4.0f / 6, e), FloatNear(-2.0f / 8, e)));
  EXPECT_THAT(ScoresOf(*model, TestHistory({1})),
              ElementsAre(FloatNear(4.0f / 7, e), 0, FloatNear(3.0f / 8, e)));
  EXPECT_THAT(ScoresOf(*model, TestHistory({2})),
              ElementsAre(FloatNear(-2.0f / 7, e), FloatNear(3.0f / 6, e), 0));
}

TEST(TrainEase, NearnessIsThePartialCorrelation) {
  const auto model = TrainEase(ThreeUsers(), {.l2 = 1}, no_observer);
  const std::vector<ScoredItem> similar = model->SimilarItems(1, 2);
  EXPECT_EQ(similar[0].item, 0);
  EXPECT_NEAR(similar[0].score, 4 / std::sqrt(7.0 * 6), 1e-6);
  EXPECT_EQ(similar[1].item, 2);
  EXPECT_NEAR(similar[1].score, 3 / std::sqrt(6.0 * 8), 1e-6);
}

// Into item 0 the larger weight comes from 1, into 1 from 0, into 2 from 1.
TEST(TrainEase, NeighboursKeepTheLargestWeightsIntoEachItem) {
  const auto model = TrainEase(ThreeUsers(), {.l2 = 1, .neighbours = 1}, no_observer);
  using testing::FloatNear;
  const float e = 1e-6f;
  EXPECT_THAT(ScoresOf(*model, TestHistory({0})), ElementsAre(0, FloatNear(4.0f / 6, e), 0));
  EXPECT_THAT(ScoresOf(*model, TestHistory({1})),
              ElementsAre(FloatNear(4.0f / 7, e), 0, FloatNear(3.0f / 8, e)));
  EXPECT_THAT(ScoresOf(*model, TestHistory({2})), ElementsAre(0, 0, 0));
}

TEST(TrainEase, NeighboursKeepWeightsBelowZeroBySize) {
  const auto model = TrainEase(ThreeUsers(), {.l2 = 1, .neighbours = 2}, no_observer);
  EXPECT_NEAR(ScoresOf(*model, TestHistory({2}))[0], -2.0 / 7, 1e-6);
}

TEST(TrainEase, SparseNearnessIsThePartialCorrelationToo) {
  const auto model = TrainEase(ThreeUsers(), {.l2 = 1, .neighbours = 1}, no_observer);
  const std::vector<ScoredItem> similar = model->SimilarItems(2, 5);
  ASSERT_THAT(similar, testing::SizeIs(1));
  EXPECT_EQ(similar[0].item, 1);
  EXPECT_NEAR(similar[0].score, 3 / std::sqrt(6.0 * 8), 1e-6);
}

TEST(TrainEase, AsManyNeighboursAsItemsScoreAsAll) {
  const Interactions data = MakePlantedWorld();
  const auto all = TrainEase(data, {.l2 = 30}, no_observer);
  const auto sparse = TrainEase(data, {.l2 = 30, .neighbours = 100}, no_observer);
  const std::vector<float> a = ScoresOf(*all, TestHistory({3, 7, 11})),
                           b = ScoresOf(*sparse, TestHistory({3, 7, 11}));
  for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-6);
  const std::vector<ScoredItem> near = all->SimilarItems(5, 9),
                                near_too = sparse->SimilarItems(5, 9);
  for (size_t i = 0; i < near.size(); ++i) EXPECT_NEAR(near[i].score, near_too[i].score, 1e-6);
}

TEST(TrainEase, ThreadsDoNotChangeTheScores) {
  const Interactions data = MakePlantedWorld();
  const auto one = TrainEase(data, {.l2 = 30, .threads = 1}, no_observer);
  const auto two = TrainEase(data, {.l2 = 30, .threads = 2}, no_observer);
  const std::vector<float> a = ScoresOf(*one, TestHistory({3, 7, 11})),
                           b = ScoresOf(*two, TestHistory({3, 7, 11}));
  // The inverse may add in another order: rounding of float32 only.
  for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-5);
}

TEST(TrainEase, IsRefusedBeforeItFillsTheMemory) {
  EXPECT_THAT(
      [] { TrainEase(MakePlantedWorld(), {.memory_bytes = 39999}, no_observer); },
      ThrowsError(Code::kResourceExhausted,
                  HasSubstr("ease of 100 items needs 39.1 KiB of memory: 39.1 KiB are free")));
  EXPECT_NO_THROW(TrainEase(MakePlantedWorld(), {.memory_bytes = 40000}, no_observer));
}

TEST(TrainEase, StopsBetweenItsStages) {
  struct StopAfterCounting : TrainObserver {
    void OnEpoch(const Epoch& epoch) override { last = epoch.epoch; }
    bool ShouldStop() const override { return last == 1; }
    int last = 0;
  } observer;
  EXPECT_THAT([&] { TrainEase(ThreeUsers(), {}, observer); },
              ThrowsError(Code::kCancelled, HasSubstr("training of ease was stopped")));
}

}  // namespace
}  // namespace marquee::ease_test
