#include "models/ncf.h"

#include <gmock/gmock.h>

#include <cmath>

#include "base/error_matchers.h"
#include "models/ncf_network.h"
#include "models/ncf_trainer.h"
#include "models/nn/gradient_check.h"
#include "models/planted.h"

namespace marquee::ncf_test {
namespace {

using testing::Each;

NoTrainObserver no_observer;

const std::vector<int32_t> kFirst = {0, 2, 4}, kSecond = {1}, kNobody = {};

// Two known users, one whose only item is left out, and one unknown.
NcfBatch SmallBatch() {
  NcfBatch batch;
  batch.users = {kFirst, kSecond, kNobody};
  batch.items = {2, 1, 3, 0, 5, 1, 0, 4, 2};
  batch.positive = {1, 0, 0, 1, 0, 1, 0, 1, 0};
  batch.groups = {{0, 2, 0, 3}, {0, 0, 3, 2}, {1, 1, 5, 2}, {2, -1, 7, 2}};
  return batch;
}

// Weights so large that the loss depends on each, and no ReLU near its kink, where differences are
// not the gradient.
nn::Parameters LargeParameters(const NcfNetwork& network) {
  nn::Parameters parameters = network.Initial(1);
  Rng rng(5);
  for (float& value : parameters.values()) value += static_cast<float>(0.5 * rng.Normal());
  return parameters;
}

TEST(NcfNetwork, GradientsAreThoseOfFiniteDifferences) {
  const NcfNetwork network(6, 3);
  nn::Parameters parameters = LargeParameters(network);
  NcfNetwork::Workspace workspace;
  nn::Parameters gradients(network.layout()), ignored(network.layout());
  const auto loss = [&](nn::Parameters* to) {
    return network.AddGradients(parameters, SmallBatch(), 0.5f, &workspace, to);
  };
  loss(&gradients);
  nn::ExpectGradient([&] { return loss(&ignored); }, parameters.values(), gradients.values());
}

// What is served is what was trained: the loss of the logits that Score gives.
TEST(NcfNetwork, TheLossIsThatOfTheScores) {
  const NcfNetwork network(6, 3);
  const nn::Parameters parameters = LargeParameters(network);
  NcfNetwork::Workspace workspace;
  nn::Parameters ignored(network.layout());
  const NcfBatch batch = SmallBatch();
  double expected = 0;
  for (const NcfBatch::Group& group : batch.groups) {
    std::vector<int32_t> rest;
    for (const int32_t item : batch.users[group.user]) {
      if (item != group.left_out) rest.push_back(item);
    }
    std::vector<float> scores(6);
    network.Score(parameters, network.User(parameters, rest), scores);
    for (size_t e = group.first; e < group.first + group.count; ++e) {
      const double logit = scores[static_cast<size_t>(batch.items[e])];
      expected += 2 * std::log1p(std::exp(batch.positive[e] != 0 ? -logit : logit));
    }
  }
  EXPECT_NEAR(network.AddGradients(parameters, batch, 2, &workspace, &ignored), expected,
              1e-5 * expected);
}

TEST(NcfNetwork, AUserIsTheScaledSumOfTheHistory) {
  const NcfNetwork network(6, 3);
  const nn::Parameters parameters = LargeParameters(network);
  const std::vector<float> user = network.User(parameters, kFirst);
  for (size_t k = 0; k < 9; ++k) {
    float sum = 0;
    for (const size_t item : {0, 2, 4}) sum += parameters[network.numbers().history].Row(item)[k];
    EXPECT_NEAR(user[k], sum / std::sqrt(3.0f), 1e-6);
  }
  EXPECT_THAT(network.User(parameters, {}), Each(0));
}

TEST(NcfNetwork, MultipliersGiveTheDifferenceToSomebodyUnknown) {
  const NcfNetwork network(6, 3);
  const nn::Parameters parameters = LargeParameters(network);
  const std::vector<float> user = network.User(parameters, kFirst);
  std::vector<float> scores(6), unknown(6);
  network.Score(parameters, user, scores);
  network.Score(parameters, std::vector<float>(9), unknown);
  for (int32_t item = 0; item < 6; ++item) {
    const std::vector<float> multipliers = network.Multipliers(parameters, user, item);
    double sum = 0;
    for (size_t k = 0; k < 9; ++k) sum += static_cast<double>(multipliers[k]) * user[k];
    const auto i = static_cast<size_t>(item);
    EXPECT_NEAR(sum, scores[i] - unknown[i], 1e-5);
  }
}

NcfOptions Small() {
  return {.factors = 4, .batch = 8, .learning_rate = 0.01, .epochs = 12, .patience = 0};
}

std::vector<float> ScoresFor(const Model& model, const SparseRow& history) {
  std::vector<float> scores(static_cast<size_t>(model.items().size()));
  model.Score(history, scores);
  return scores;
}

TEST(NcfTrainer, EpochsLowerTheLoss) {
  const Interactions data = MakePlantedWorld();
  const NcfOptions options = Small();
  ThreadPool pool(2);
  const NcfNetwork network(100, 4);
  NcfTrainer trainer(network, data, options, pool);
  nn::Parameters parameters = network.Initial(1);
  // Of logits near zero, the mean over one positive and four others is log 2.
  const double first = trainer.Epoch(1, no_observer, &parameters);
  EXPECT_NEAR(first, std::log(2.0), 0.25);
  double last = first;
  for (int epoch = 2; epoch <= 10; ++epoch) last = trainer.Epoch(epoch, no_observer, &parameters);
  EXPECT_LT(last, 0.8 * first);
}

TEST(TrainNcf, ThreadsDoNotChangeTheScores) {
  const Interactions data = MakePlantedWorld();
  NcfOptions options = Small();
  options.epochs = 3;
  std::vector<std::vector<float>> results;
  for (const int threads : {1, 2, 3}) {
    options.threads = threads;
    results.push_back(ScoresFor(*TrainNcf(data, options, no_observer), data.by_user().Row(5)));
  }
  EXPECT_EQ(results[0], results[1]);
  EXPECT_EQ(results[0], results[2]);
}

TEST(TrainNcf, StopsEarlyWhenItGetsNoBetter) {
  struct Reports : TrainObserver {
    void OnEpoch(const Epoch& epoch) override { seen.push_back(epoch.validation); }
    bool ShouldStop() const override { return false; }
    std::vector<double> seen;
  } reports;
  NcfOptions options = Small();
  options.epochs = 1000;
  options.patience = 3;
  TrainNcf(MakePlantedWorld(), options, reports);
  EXPECT_LT(reports.seen.size(), 1000);
  EXPECT_GT(*std::ranges::max_element(reports.seen), reports.seen.front());
}

TEST(TrainNcf, AUserWhoMetEverythingIsLearnedWithoutNegatives) {
  InteractionsBuilder builder;
  for (int item = 0; item < 3; ++item) builder.AddItem(StrCat(item));
  for (int user = 0; user < 2; ++user) {
    builder.AddUser(StrCat(user));
    for (int item = 0; item < 3; ++item) builder.Add(user, item, 1, item);
  }
  const Interactions data = builder.Build();
  EXPECT_GT(ScoresFor(*TrainNcf(data, Small(), no_observer), data.by_user().Row(0))[0], 0);
}

TEST(TrainNcf, RefusesAnOptionOutOfRangeByName) {
  EXPECT_THAT([] { TrainNcf(MakePlantedWorld(), {.negatives = 0}, no_observer); },
              ThrowsError(Code::kInvalidArgument, "negatives is 0: must be 1 to 100"));
}

TEST(NcfModel, SimilarItemsAreOfThePlantedCluster) {
  NcfOptions options = Small();
  options.epochs = 40;
  const auto model = TrainNcf(MakePlantedWorld(), options, no_observer);
  int inside = 0;
  for (const ScoredItem& one : model->SimilarItems(6, 10)) inside += one.item % 4 == 6 % 4;
  EXPECT_GE(inside, 8);
}

TEST(NcfModel, PartialFitLearnsNewItemsAndKeepsTheOld) {
  const Interactions old = MakePlantedWorld();
  NcfOptions options = Small();
  options.epochs = 40;
  options.learning_rate = 0.03;
  const auto model = TrainNcf(old, options, no_observer);
  InteractionsBuilder builder;
  for (int32_t item = 0; item < old.num_items(); ++item) builder.AddItem(old.items().Name(item));
  const int32_t fresh = builder.AddItem("fresh");
  for (int32_t user = 0; user < old.num_users(); ++user) {
    builder.AddUser(old.users().Name(user));
    for (const int32_t item : old.by_user().Row(user).columns) builder.Add(user, item, 1, 0);
    if (user % 4 == 2) builder.Add(user, fresh, 1, 0);
  }
  const auto next = model->PartialFit(builder.Build(), 2, no_observer);
  ASSERT_EQ(next->items().size(), 101);
  const auto fresh_for = [&](int32_t user) {
    return ScoresFor(*next, old.by_user().Row(user))[static_cast<size_t>(fresh)];
  };
  EXPECT_GT(fresh_for(2), fresh_for(1) + 0.5f);
  const std::vector<float> scores = ScoresFor(*next, old.by_user().Row(2));
  const auto best = std::max_element(scores.begin(), scores.begin() + 100);
  EXPECT_EQ((best - scores.begin()) % 4, 2);
}

}  // namespace
}  // namespace marquee::ncf_test
