#include "models/biased_mf.h"

#include <gmock/gmock.h>

#include "base/files.h"
#include "models/planted_ratings.h"
#include "models/registry.h"

namespace marquee::biased_mf_test {
namespace {

NoTrainObserver no_observer;

struct Record : TrainObserver {
  void OnEpoch(const Epoch& epoch) override { epochs.push_back(epoch); }
  bool ShouldStop() const override { return false; }
  std::vector<Epoch> epochs;
};

// Two users give x a 5 and y a 3: with factors held to nothing, mu = 4 and, by ridge 2,
// b_x = 2 / (2 + 2) = -b_y while b_u = 0.
TEST(TrainBiasedMf, BiasesAreThoseOfRidgeRegression) {
  InteractionsBuilder builder;
  for (const char* item : {"x", "y"}) builder.AddItem(item);
  for (const char* user : {"a", "b"}) {
    const int32_t row = builder.AddUser(user);
    builder.Add(row, 0, 5, 0);
    builder.Add(row, 1, 3, 0);
  }
  const Interactions data = builder.Build();
  const auto model = TrainBiasedMf(
      data,
      {.factors = 1, .regularization = 1e6, .bias_regularization = 2, .epochs = 30, .patience = 0},
      no_observer);
  const std::vector<RatingQuery> queries = {{0, 0}, {1, 0}};
  const auto ratings = model->PredictRatings(data.by_user().Row(0), queries);
  EXPECT_NEAR(ratings[0].mean, 4.5, 1e-4);
  EXPECT_NEAR(ratings[1].mean, 3.5, 1e-4);
}

BiasedMfOptions Quick() {
  return {.factors = 2, .regularization = 0.3, .bias_regularization = 0.3, .threads = 2};
}

// The noise is .3, ratings spread by 1.2.
TEST(TrainBiasedMf, ComesNearTheNoiseAndKnowsHowNear) {
  const RatingWorld world = MakeRatings(false);
  const Quality quality = Measure(*TrainBiasedMf(world.train, Quick(), no_observer), world);
  EXPECT_LT(quality.rmse, 0.4);
  EXPECT_NEAR(quality.inside, 0.9, 0.05);
}

TEST(TrainBiasedMf, StopsWhenHeldOutRatingsAreNotPredictedBetter) {
  const RatingWorld world = MakeRatings(false);
  BiasedMfOptions options = Quick();
  options.factors = 20;
  options.regularization = 0.01;  // overfits
  options.epochs = 200;
  Record record;
  TrainBiasedMf(world.train, options, record);
  ASSERT_LT(record.epochs.size(), 200u);
  const size_t n = record.epochs.size();
  ASSERT_GT(n, 3u);
  const double best = record.epochs[n - 4].validation;
  EXPECT_LT(best, 0);
  for (size_t i = n - 3; i < n; ++i) EXPECT_LE(record.epochs[i].validation, best);
  EXPECT_EQ(record.epochs.back().epochs, static_cast<int>(n));
}

TEST(TrainBiasedMf, WithoutPatienceNothingIsHeldOut) {
  BiasedMfOptions options = Quick();
  options.epochs = 4;
  options.patience = 0;
  Record record;
  TrainBiasedMf(MakeRatings(false).train, options, record);
  ASSERT_EQ(record.epochs.size(), 4u);
  EXPECT_TRUE(std::isnan(record.epochs[3].validation));
}

TEST(TrainBiasedMf, ThreadsDoNotChangeTheBytes) {
  const TempDir dir;
  const Interactions data = MakeRatings(true).train;
  BiasedMfOptions options = Quick();
  options.epochs = 5;
  std::string bytes[2];
  for (const int threads : {1, 3}) {
    options.threads = threads;
    SaveModel(*TrainBiasedMf(data, options, no_observer), dir.path() / "model");
    bytes[threads / 3] = ReadFile(dir.path() / "model");
  }
  EXPECT_EQ(bytes[0], bytes[1]);
}

}  // namespace
}  // namespace marquee::biased_mf_test
