#include "models/bpr.h"

#include <gmock/gmock.h>

#include <cmath>

#include "base/error_matchers.h"
#include "base/files.h"
#include "models/bpr_trainer.h"
#include "models/early_stopping.h"
#include "models/planted.h"
#include "models/registry.h"

namespace marquee::bpr_test {
namespace {

using testing::HasSubstr;

NoTrainObserver no_observer;

BprOptions Small() { return {.factors = 8, .epochs = 20, .patience = 0, .seed = 7, .threads = 2}; }

void ExpectRefused(const BprOptions& options, const std::string& message) {
  EXPECT_THAT([&] { TrainBpr(MakePlantedWorld(), options, no_observer); },
              ThrowsError(Code::kInvalidArgument, message));
}

TEST(TrainBpr, RefusesAnOptionOutOfRangeByName) {
  ExpectRefused({.factors = 0}, "factors is 0: must be 1 to 4096");
  ExpectRefused({.learning_rate = std::nan("")}, "learning_rate is nan: must be 1e-06 to 10");
  ExpectRefused({.l2 = -1}, "l2 is -1: must be 0 to 100");
  ExpectRefused({.fold_in_l2 = 0}, "fold_in_l2 is 0: must be 1e-06 to 1e+06");
  ExpectRefused({.negatives = "all"}, "negatives is 'all': must be one of: uniform, popularity");
  ExpectRefused({.optimizer = "adam"}, "optimizer is 'adam': must be one of: adagrad, sgd");
}

TEST(TrainBpr, RefusesStepsThatGrowWithoutEnd) {
  BprOptions options = Small();
  options.optimizer = "sgd";
  options.learning_rate = 10;
  options.l2 = 100;
  EXPECT_THAT([&] { TrainBpr(MakePlantedWorld(), options, no_observer); },
              ThrowsError(Code::kFailedPrecondition, HasSubstr("the factors grow without end")));
}

// log sigma(b_i - b_j + u.(v_i - v_j)) - l2/2 (|u|^2 + |v_i, b_i|^2 + |v_j, b_j|^2) for rows of
// users 0, items 1 and 2.
double Likelihood(const BprFactors& factors, double l2) {
  const auto user = factors.users.values.Row(0);
  const auto liked = factors.items.values.Row(1), other = factors.items.values.Row(2);
  const size_t d = user.size() - 1;
  double margin = 0, squares = 0;
  for (size_t f = 0; f <= d; ++f) {
    margin += static_cast<double>(user[f]) * (liked[f] - other[f]);
    squares += static_cast<double>(liked[f]) * liked[f] + static_cast<double>(other[f]) * other[f];
    if (f < d) squares += static_cast<double>(user[f]) * user[f];
  }
  return -std::log1p(std::exp(-margin)) - l2 / 2 * squares;
}

// One step of sgd moves each number by rate times the slope of the likelihood.
TEST(BprStep, FollowsTheGradient) {
  const Interactions data = MakePlantedWorld();
  BprOptions options = Small();
  options.init_stddev = 2;
  options.learning_rate = 1e-2;
  options.l2 = 0.3;
  options.optimizer = "sgd";
  const BprFactors before = InitialFactors(data, options);
  BprFactors after = InitialFactors(data, options);
  std::vector<float> difference(9);
  BprStep(options, {0, 1, 2}, difference, &after);
  const auto check = [&](LearnedRows BprFactors::*side, size_t row, size_t columns) {
    for (size_t f = 0; f < columns; ++f) {
      BprFactors moved = InitialFactors(data, options);
      float& value = (moved.*side).values.Row(row)[f];
      value += 1e-2f;
      const double above = Likelihood(moved, options.l2);
      value -= 2e-2f;
      const double slope = (above - Likelihood(moved, options.l2)) / 2e-2;
      const float step = (after.*side).values.Row(row)[f] - (before.*side).values.Row(row)[f];
      EXPECT_NEAR(step / options.learning_rate, slope, 1e-3) << "row " << row << ", " << f;
    }
  };
  check(&BprFactors::users, 0, 8);
  check(&BprFactors::items, 1, 9);
  check(&BprFactors::items, 2, 9);
  EXPECT_EQ(after.users.values.Row(0)[8], 1) << "what the biases stand against";
}

TEST(BprTrainer, TheLikelihoodRises) {
  const Interactions data = MakePlantedWorld();
  for (const char* optimizer : {"adagrad", "sgd"}) {
    BprOptions options = Small();
    options.optimizer = optimizer;
    options.learning_rate = 0.1;
    ThreadPool pool(2);
    BprTrainer trainer(data, options, pool);
    BprFactors factors = InitialFactors(data, options);
    const double first = trainer.Epoch(1, no_observer, &factors);
    double last = 0;
    for (int epoch = 2; epoch <= 20; ++epoch) last = trainer.Epoch(epoch, no_observer, &factors);
    EXPECT_NEAR(first, -std::log(2.0), 0.1) << optimizer;
    EXPECT_GT(last, first / 2) << optimizer;
  }
}

std::string Bytes(const Model& model) {
  const TempDir dir;
  SaveModel(model, dir.path() / "model");
  return ReadFile(dir.path() / "model");
}

// With 400 items the blocks are six, so that threads do work at once.
TEST(TrainBpr, SameSeedGivesSameBytesForAnyNumberOfThreads) {
  const Interactions data = MakePlantedWorld({.items_per_cluster = 100});
  for (const char* negatives : {"uniform", "popularity"}) {
    BprOptions one = Small();
    one.epochs = 4;
    one.negatives = negatives;
    one.threads = 1;
    BprOptions three = one;
    three.threads = 3;
    BprOptions other_seed = one;
    other_seed.seed = 8;
    const std::string bytes = Bytes(*TrainBpr(data, one, no_observer));
    EXPECT_EQ(bytes, Bytes(*TrainBpr(data, three, no_observer)));
    EXPECT_NE(bytes, Bytes(*TrainBpr(data, other_seed, no_observer)));
  }
}

TEST(TrainBpr, PopularNegativesHoldPopularItemsBack) {
  const Interactions data = MakePlantedWorld();
  const auto spread = [&](const char* negatives) {
    BprOptions options = Small();
    options.negatives = negatives;
    const auto model = TrainBpr(data, options, no_observer);
    double sum = 0;
    for (size_t item = 0; item < 99; ++item) {
      const auto met = static_cast<double>(data.by_item().Row(static_cast<int32_t>(item)).size());
      sum += (met - 16) * model->space().biases()[item];
    }
    return sum;
  };
  EXPECT_GT(spread("uniform"), 2 * spread("popularity"));
}

TEST(TrainBpr, AnItemThatNobodyMetStaysUnknown) {
  const auto model = TrainBpr(MakePlantedWorld(), Small(), no_observer);
  EXPECT_THAT(model->space().vectors().Row(99), testing::Each(0.0f));
  EXPECT_EQ(model->space().biases()[99], 0);
  EXPECT_THAT(model->SimilarItems(99, 5), testing::IsEmpty());
}

double HeldOutOf(const Model& model, const HeldOut& held_out) {
  return HeldOutNdcg(
      held_out,
      [&](int32_t, const SparseRow& history, std::span<float> scores) {
        model.Score(history, scores);
      },
      1);
}

TEST(TrainBpr, EarlyStoppingKeepsTheEpochThatItMeasuredBest) {
  struct Best : TrainObserver {
    void OnEpoch(const Epoch& epoch) override { best = std::max(best, epoch.validation); }
    bool ShouldStop() const override { return false; }
    double best = 0;
  } observer;
  const Interactions data = MakePlantedWorld();
  BprOptions options = Small();
  options.epochs = 200;
  options.patience = 3;
  const auto model = TrainBpr(data, options, observer);
  EXPECT_DOUBLE_EQ(HeldOutOf(*model, HoldOutNewest(data, 1000, options.seed)), observer.best);
}

// A new item joins, met by every second user of cluster 0.
TEST(BprModel, PartialFitLearnsNewItemsAndKeepsTheOld) {
  const Interactions data = MakePlantedWorld();
  BprOptions options = Small();
  options.learning_rate = 0.2;
  const auto model = TrainBpr(data, options, no_observer);
  InteractionsBuilder builder(data.shared_users(), data.shared_items());
  const int32_t added = builder.AddItem("new-0");
  for (int32_t user = 0; user < data.num_users(); ++user) {
    const SparseRow row = data.by_user().Row(user);
    for (size_t i = 0; i < row.size(); ++i)
      builder.Add(user, row.columns[i], row.values[i], row.times_s[i]);
    if (user % 8 == 0) builder.Add(user, added, 5, 86400 * 20);
  }
  const auto next = model->PartialFit(builder.Build(), 2, no_observer);
  ASSERT_EQ(next->items().size(), 101);
  std::vector<float> own(101), foreign(101);
  next->Score(data.by_user().Row(4), own);      // of cluster 0, had not met it
  next->Score(data.by_user().Row(5), foreign);  // of cluster 1
  EXPECT_GT(own[static_cast<size_t>(added)], foreign[static_cast<size_t>(added)]);
  EXPECT_EQ(next->SimilarItems(0, 1)[0].item % 4, 0);
}

}  // namespace
}  // namespace marquee::bpr_test
