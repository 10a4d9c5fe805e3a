#include "models/bayesian_fm.h"

#include <gmock/gmock.h>

#include "base/error_matchers.h"
#include "base/files.h"
#include "models/planted.h"
#include "models/planted_ratings.h"
#include "models/registry.h"

namespace marquee::bayesian_fm_test {
namespace {

using testing::HasSubstr;

NoTrainObserver no_observer;

BayesianFmOptions Quick() {
  return {.rank = 4, .sweeps = 120, .burn_in = 40, .samples = 40, .threads = 2};
}

// The noise is .3, ratings spread by 1.2; the bias model leaves .97.
TEST(TrainBayesianFm, RegressionComesNearTheNoiseAndKnowsHowNear) {
  const RatingWorld world = MakeRatings(false);
  BayesianFmOptions options = Quick();
  options.probit = false;
  const Quality quality = Measure(*TrainBayesianFm(world.train, options, no_observer), world);
  EXPECT_LT(quality.rmse, 0.36);
  EXPECT_NEAR(quality.inside, 0.9, 0.04);  // about 590 ratings: a standard error of .012
}

// Rounding adds a noise of .29.
TEST(TrainBayesianFm, ProbitComesNearTheNoiseAndKnowsHowNear) {
  const RatingWorld world = MakeRatings(true);
  const Quality quality = Measure(*TrainBayesianFm(world.train, Quick(), no_observer), world);
  EXPECT_LT(quality.rmse, 0.48);
  EXPECT_GT(quality.inside, 0.88);  // an interval of whole levels may hold more
}

TEST(TrainBayesianFm, LearnsWhatADayDoes) {
  const RatingWorld world = MakeRatings(false, 1.5);
  BayesianFmOptions options = Quick();
  options.probit = false;
  const double with = Measure(*TrainBayesianFm(world.train, options, no_observer), world).rmse;
  options.day_bins = 0;
  const double without = Measure(*TrainBayesianFm(world.train, options, no_observer), world).rmse;
  EXPECT_LT(with, 0.4);
  EXPECT_GT(without, 0.7);
}

// A new person of good mood rates 1.5 higher; without the feature nobody can know.
TEST(TrainBayesianFm, RecoversWhatAFeatureOfUsersDoes) {
  const RatingWorld world = MakeRatings(false, 0, 1.5);
  BayesianFmOptions options = Quick();
  options.probit = false;
  const auto mean_effect = [&] {
    const auto model = TrainBayesianFm(world.train, options, no_observer);
    double effect = 0;
    for (int32_t item = 0; item < 60; ++item) {
      const std::vector<RatingQuery> queries = {{item, 0}};
      const std::vector<std::string> good = {"mood=good"}, plain = {"mood=plain"};
      effect += model->PredictRatingsWith({}, good, queries)[0].mean -
                model->PredictRatingsWith({}, plain, queries)[0].mean;
    }
    return effect / 60;
  };
  EXPECT_NEAR(mean_effect(), 1.5, 0.3);
  options.user_features = false;
  EXPECT_EQ(mean_effect(), 0);
}

TEST(TrainBayesianFm, ThreadsDoNotChangeTheBytes) {
  const TempDir dir;
  const Interactions data = MakePlantedWorld();
  BayesianFmOptions options = {.rank = 3, .sweeps = 10, .burn_in = 2, .samples = 4};
  std::string bytes[2];
  for (const int threads : {1, 3}) {
    options.threads = threads;
    SaveModel(*TrainBayesianFm(data, options, no_observer), dir.path() / "model");
    bytes[threads / 3] = ReadFile(dir.path() / "model");
  }
  EXPECT_EQ(bytes[0], bytes[1]);
}

TEST(BayesianFmModel, AnUnknownUserIsLessCertainThanOneWithAHistory) {
  const RatingWorld world = MakeRatings(false);
  BayesianFmOptions options = Quick();
  options.probit = false;
  const auto model = TrainBayesianFm(world.train, options, no_observer);
  double known = 0, unknown = 0;
  for (int32_t item = 0; item < 60; ++item) {
    const std::vector<RatingQuery> queries = {{item, 0}};
    const auto told = model->PredictRatings(world.train.by_user().Row(5), queries)[0];
    const auto untold = model->PredictRatings({}, queries)[0];
    known += told.high - told.low;
    unknown += untold.high - untold.low;
  }
  EXPECT_GT(unknown, 1.5 * known);
}

TEST(TrainBayesianFm, RefusesABurnInThatLeavesNoSweep) {
  EXPECT_THAT(
      [] { TrainBayesianFm(MakePlantedWorld(), {.sweeps = 10, .burn_in = 10}, no_observer); },
      ThrowsError(Code::kInvalidArgument,
                  HasSubstr("burn_in is 10: must be below sweeps, which is 10")));
}

TEST(TrainBayesianFm, ProbitRefusesRatingsThatAreNotLevels) {
  EXPECT_THAT([] { TrainBayesianFm(MakeRatings(false).train, Quick(), no_observer); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("2 to 20 different ratings")));
}

TEST(TrainBayesianFm, IsRefusedBeforeItFillsTheMemory) {
  BayesianFmOptions options = Quick();
  options.memory_bytes = 1000;
  EXPECT_THAT([&] { TrainBayesianFm(MakePlantedWorld(), options, no_observer); },
              ThrowsError(Code::kResourceExhausted, HasSubstr("bayesian-fm of 100 items needs")));
}

}  // namespace
}  // namespace marquee::bayesian_fm_test
