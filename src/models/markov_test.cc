#include "models/markov.h"

#include <gmock/gmock.h>

#include "base/files.h"
#include "models/registry.h"
#include "models/test_histories.h"

namespace marquee::markov_test {
namespace {

using testing::ElementsAre;
using testing::FloatNear;

NoTrainObserver no_observer;
constexpr float kRounding = 1e-6f;

// u0: a, b, c; u1: a, c. Of five interactions a and c have two each, b one.
Interactions TwoUsers() {
  InteractionsBuilder builder;
  for (const char* user : {"u0", "u1"}) builder.AddUser(user);
  for (const char* item : {"a", "b", "c"}) builder.AddItem(item);
  builder.Add(0, 2, 1, 30);
  builder.Add(0, 0, 1, 10);
  builder.Add(0, 1, 1, 20);
  builder.Add(1, 2, 1, 8);
  builder.Add(1, 0, 1, 7);
  return builder.Build();
}

MarkovOptions Plain() { return {.steps = 1, .decay = 0.5, .smoothing = 1}; }

// P(.|a) = (.4, 1 + .2, 1 + .4) / 3, P(.|b) = (.4, .2, 1 + .4) / 2.
TEST(TrainMarkov, ScoresByHandTheLastItemWeighsMost) {
  const auto model = TrainMarkov(TwoUsers(), Plain(), no_observer);
  EXPECT_THAT(ScoresOf(*model, TestHistory({0, 1}, {1, 2})),
              ElementsAre(FloatNear(0.4f / 2 + 0.5f * 0.4f / 3, kRounding),
                          FloatNear(0.2f / 2 + 0.5f * 1.2f / 3, kRounding),
                          FloatNear(1.4f / 2 + 0.5f * 1.4f / 3, kRounding)));
  EXPECT_THAT(ScoresOf(*model, TestHistory({0, 1}, {2, 1})),
              ElementsAre(FloatNear(0.4f / 3 + 0.5f * 0.4f / 2, kRounding),
                          FloatNear(1.2f / 3 + 0.5f * 0.2f / 2, kRounding),
                          FloatNear(1.4f / 3 + 0.5f * 1.4f / 2, kRounding)));
}

TEST(TrainMarkov, OfEqualTimesTheHigherRowIsTheLast) {
  const auto model = TrainMarkov(TwoUsers(), Plain(), no_observer);
  EXPECT_EQ(ScoresOf(*model, TestHistory({0, 1}, {5, 5})),
            ScoresOf(*model, TestHistory({0, 1}, {5, 6})));
}

// With two steps c also follows a at distance 2: C_a = 1 + 1/2 + 1.
TEST(TrainMarkov, StepsCountFurtherFollowersLess) {
  MarkovOptions options = Plain();
  options.steps = 2;
  const auto model = TrainMarkov(TwoUsers(), options, no_observer);
  EXPECT_THAT(ScoresOf(*model, TestHistory({0})),
              ElementsAre(FloatNear(0.4f / 3.5f, kRounding), FloatNear(1.2f / 3.5f, kRounding),
                          FloatNear(1.9f / 3.5f, kRounding)));
}

TEST(TrainMarkov, AnEmptyHistoryScoresNothing) {
  const auto model = TrainMarkov(TwoUsers(), Plain(), no_observer);
  EXPECT_THAT(ScoresOf(*model, TestHistory({})), ElementsAre(0, 0, 0));
}

TEST(TrainMarkov, SimilarIsWhatFollows) {
  const auto model = TrainMarkov(TwoUsers(), Plain(), no_observer);
  const std::vector<ScoredItem> after_a = model->SimilarItems(0, 5);
  ASSERT_EQ(after_a.size(), 2u);
  EXPECT_EQ(after_a[0].item, 2);
  EXPECT_NEAR(after_a[0].score, 1.4 / 3, kRounding);
}

TEST(TrainMarkov, APartialFitIsATrainingOnAllThereIs) {
  const auto model = TrainMarkov(ThreeUsers(), Plain(), no_observer);
  const auto updated = model->PartialFit(TwoUsers(), 1, no_observer);
  const TempDir dir;
  SaveModel(*updated, dir.path() / "updated");
  SaveModel(*TrainMarkov(TwoUsers(), Plain(), no_observer), dir.path() / "trained");
  EXPECT_EQ(ReadFile(dir.path() / "updated"), ReadFile(dir.path() / "trained"));
}

}  // namespace
}  // namespace marquee::markov_test
