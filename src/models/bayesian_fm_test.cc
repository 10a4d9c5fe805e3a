#include "models/bayesian_fm.h"

#include <gmock/gmock.h>

#include <cmath>

#include "base/error_matchers.h"
#include "base/files.h"
#include "models/planted.h"
#include "models/registry.h"

namespace marquee {
namespace {

using testing::HasSubstr;

NoTrainObserver no_observer;

struct Asked {
  int32_t user;
  RatingQuery query;
  float value;
};

struct RatingWorld {
  Interactions train;
  std::vector<Asked> asked;
};

// 200 users and 60 items of two factors; a rating is 3 + bias + factors + noise of .3, whole and
// within 1..5 for `stars`. Every tenth is asked for. On odd days all ratings are `day_effect`
// higher.
RatingWorld MakeRatings(bool stars, double day_effect = 0) {
  Rng rng(11);
  const auto normals = [&](size_t n, double stddev) {
    std::vector<double> values(n);
    for (double& value : values) value = stddev * rng.Normal();
    return values;
  };
  const auto users = normals(400, 0.9), items = normals(120, 0.9), biases = normals(60, 0.4);
  InteractionsBuilder builder;
  RatingWorld world;
  for (int i = 0; i < 60; ++i) builder.AddItem("i" + std::to_string(i));
  int count = 0;
  for (int32_t u = 0; u < 200; ++u) {
    builder.AddUser("u" + std::to_string(u));
    for (int32_t i = 0; i < 60; ++i) {
      if (rng.Uniform() < 0.5) continue;
      const auto a = static_cast<size_t>(2 * u), b = static_cast<size_t>(2 * i);
      const auto day = static_cast<int64_t>(rng.Below(10));
      double value = 3 + biases[static_cast<size_t>(i)] + users[a] * items[b] +
                     users[a + 1] * items[b + 1] + 0.3 * rng.Normal() +
                     (day % 2 == 1 ? day_effect : 0);
      if (stars) value = std::clamp(std::round(value), 1.0, 5.0);
      const Asked one = {u, {i, day * 86400}, static_cast<float>(value)};
      if (++count % 10 == 0) {
        world.asked.push_back(one);
      } else {
        builder.Add(u, i, one.value, one.query.time_s);
      }
    }
  }
  world.train = builder.Build();
  return world;
}

struct Quality {
  double rmse = 0;
  double inside = 0;  // share of ratings within their interval
};

Quality Measure(const Model& model, const RatingWorld& world) {
  Quality quality;
  for (const Asked& asked : world.asked) {
    const std::vector<RatingQuery> queries = {asked.query};
    const auto history = world.train.by_user().Row(asked.user);
    const RatingPrediction rating = model.PredictRatings(history, queries).at(0);
    quality.rmse += std::pow(rating.mean - asked.value, 2);
    quality.inside += rating.low <= asked.value && asked.value <= rating.high;
  }
  const auto n = static_cast<double>(world.asked.size());
  return {std::sqrt(quality.rmse / n), quality.inside / n};
}

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
}  // namespace marquee
