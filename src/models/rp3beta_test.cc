#include "models/rp3beta.h"

#include <gmock/gmock.h>

#include <cmath>

#include "models/test_histories.h"

namespace marquee::rp3beta_test {
namespace {

NoTrainObserver no_observer;
constexpr double kRounding = 1e-6;

// a and b (2 and 3 users) share u0 and u1, who met 2 each; b and c (1) share u2, who met 2.
TEST(TrainRp3Beta, ProbabilitiesByHand) {
  const auto model = TrainRp3Beta(ThreeUsers(), {.alpha = 1, .beta = 0}, no_observer);
  EXPECT_NEAR(model->graph().Weight(0, 1), 0.5 * (0.5 + 0.5), kRounding);
  EXPECT_NEAR(model->graph().Weight(1, 0), 1.0 / 3 * (0.5 + 0.5), kRounding);
  EXPECT_NEAR(model->graph().Weight(1, 2), 1.0 / 3 * 0.5, kRounding);
  EXPECT_EQ(model->graph().Weight(0, 2), 0);
  EXPECT_EQ(model->graph().Weight(0, 0), 0);
}

TEST(TrainRp3Beta, BetaHoldsBackPopularEnds) {
  const auto model = TrainRp3Beta(ThreeUsers(), {.alpha = 1, .beta = 0.5}, no_observer);
  EXPECT_NEAR(model->graph().Weight(0, 1), 0.5 / std::sqrt(3.0), kRounding);
  EXPECT_NEAR(model->graph().Weight(1, 0), 1.0 / 3 / std::sqrt(2.0), kRounding);
}

TEST(TrainRp3Beta, AlphaIsTheExponentOfEveryTransition) {
  const auto model = TrainRp3Beta(ThreeUsers(), {.alpha = 2, .beta = 0}, no_observer);
  EXPECT_NEAR(model->graph().Weight(0, 1), 0.25 * (0.25 + 0.25), kRounding);
}

// Into b: 1/2 from a and from c; of equal ones the lower row.
TEST(TrainRp3Beta, OnlyTheLargestIntoAnItemAreKept) {
  const auto model =
      TrainRp3Beta(ThreeUsers(), {.alpha = 1, .beta = 0, .neighbours = 1}, no_observer);
  EXPECT_EQ(model->graph().num_weights(), 3);
  EXPECT_GT(model->graph().Weight(0, 1), 0);
  EXPECT_EQ(model->graph().Weight(2, 1), 0);
}

TEST(TrainRp3Beta, SimilarIsWhereAWalkFromTheItemEnds) {
  const auto model = TrainRp3Beta(ThreeUsers(), {.alpha = 1, .beta = 0}, no_observer);
  const std::vector<ScoredItem> similar = model->SimilarItems(1, 5);
  ASSERT_EQ(similar.size(), 2u);
  EXPECT_EQ(similar[0].item, 0);
  EXPECT_NEAR(similar[0].score, 1.0 / 3, kRounding);
}

}  // namespace
}  // namespace marquee::rp3beta_test
