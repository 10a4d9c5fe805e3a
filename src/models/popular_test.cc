#include "models/popular.h"

#include <gmock/gmock.h>

#include "base/error_matchers.h"

namespace marquee::popular_test {
namespace {

using testing::ElementsAre;

NoTrainObserver no_observer;
constexpr int64_t kDay = 86400;

// Ratings a: 5 5 on day 0 and 1; b: 3 on day 10; c: none; d: 1 on day 10.
Interactions FourItems() {
  InteractionsBuilder builder;
  for (const char* user : {"u", "v"}) builder.AddUser(user);
  for (const char* item : {"a", "b", "c", "d"}) builder.AddItem(item);
  builder.Add(0, 0, 5, 0);
  builder.Add(1, 0, 5, kDay);
  builder.Add(0, 1, 3, 10 * kDay);
  builder.Add(1, 3, 1, 10 * kDay);
  return builder.Build();
}

std::vector<float> ScoresOf(const Model& model) {
  std::vector<float> scores(static_cast<size_t>(model.items().size()));
  model.Score({}, scores);
  return scores;
}

float Rating(const PopularModel& model, const SparseRow& history, int32_t item) {
  const std::vector<RatingQuery> queries = {{item, 0}};
  return model.PredictRatings(history, queries).at(0).mean;
}

TEST(TrainPopular, CountsAllTimeByDefault) {
  EXPECT_THAT(ScoresOf(*TrainPopular(FourItems(), {}, no_observer)), ElementsAre(2, 1, 0, 1));
}

TEST(TrainPopular, AWindowEndsWithTheData) {
  EXPECT_THAT(ScoresOf(*TrainPopular(FourItems(), {.window_days = 9}, no_observer)),
              ElementsAre(0, 1, 0, 1));
  // Day 1 is 9 days before day 10, so the tenth day back.
  EXPECT_THAT(ScoresOf(*TrainPopular(FourItems(), {.window_days = 10}, no_observer)),
              ElementsAre(1, 1, 0, 1));
}

TEST(TrainPopular, EquallyPopularItemsComeByRow) {
  const auto similar = TrainPopular(FourItems(), {}, no_observer)->SimilarItems(0, 3);
  EXPECT_EQ(similar[0].item, 1);
  EXPECT_EQ(similar[1].item, 3);
  EXPECT_EQ(similar[2].item, 2);
}

// mu = 14 / 4 = 3.5; b_a = (1.5 + 1.5) / (2 + 25), b_b = -.5 / 26, b_d = -2.5 / 26.
TEST(PopularModel, PredictsTheDampedBiases) {
  const Interactions data = FourItems();
  const auto model = TrainPopular(data, {}, no_observer);
  const double b_a = 3.0 / 27, b_b = -0.5 / 26, b_d = -2.5 / 26;
  EXPECT_NEAR(Rating(*model, {}, 0), 3.5 + b_a, 1e-6);
  EXPECT_NEAR(Rating(*model, {}, 2), 3.5, 1e-6);
  const double b_u = ((5 - 3.5 - b_a) + (3 - 3.5 - b_b)) / (2 + 10);
  EXPECT_NEAR(Rating(*model, data.by_user().Row(0), 3), 3.5 + b_u + b_d, 1e-6);
}

TEST(PopularModel, PredictsWithinTheRatingsSeen) {
  const auto model = TrainPopular(FourItems(), {}, no_observer);
  const std::vector<int32_t> columns = {0};
  const std::vector<float> values = {1000};
  const std::vector<int64_t> times = {0};
  EXPECT_EQ(Rating(*model, {columns, values, times}, 3), 5);
}

}  // namespace
}  // namespace marquee::popular_test
