#include "models/autoencoder.h"

#include <gmock/gmock.h>

#include <cmath>
#include <numeric>

#include "base/error_matchers.h"
#include "models/autoencoder_network.h"
#include "models/nn/gradient_check.h"
#include "models/planted.h"

namespace marquee::autoencoder_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

NoTrainObserver no_observer;

constexpr AutoencoderShape kShape = {.items = 6, .hidden = 5, .latent = 3};

const std::vector<int32_t> kFirst = {0, 2, 5}, kSecond = {1};

AutoencoderBatch TwoUsers() {
  AutoencoderBatch batch;
  batch.Append(kFirst);
  batch.Append(kSecond);
  batch.inputs[0][1] = 0;  // dropped
  return batch;
}

// Weights so large that the loss depends on each.
nn::Parameters LargeParameters(const AutoencoderNetwork& network) {
  nn::Parameters parameters = network.Initial(1);
  Rng rng(2);
  for (float& value : parameters.values()) value += static_cast<float>(0.3 * rng.Normal());
  return parameters;
}

TEST(AutoencoderBatch, AHistoryIsAVectorOfLengthOne) {
  AutoencoderBatch batch;
  batch.Append(std::vector<int32_t>{1, 3, 4, 9});
  batch.Append({});
  EXPECT_THAT(batch.inputs[0], testing::Each(0.5f));
  EXPECT_THAT(batch.inputs[1], SizeIs(0));
}

TEST(AutoencoderNetwork, GradientsAreThoseOfFiniteDifferences) {
  const AutoencoderNetwork network(kShape);
  nn::Parameters parameters = LargeParameters(network);
  const AutoencoderBatch batch = TwoUsers();
  ThreadPool pool(2);
  nn::Parameters gradients(network.layout()), ignored(network.layout());
  const auto loss = [&](nn::Parameters* to) {
    return network.AddGradients(parameters, batch, {0.7, Rng(3), pool}, to);
  };
  loss(&gradients);
  nn::ExpectGradient([&] { return loss(&ignored); }, parameters.values(), gradients.values());
}

// With no noise to speak of and no divergence, the loss is the likelihood of the logits served.
TEST(AutoencoderNetwork, TheLossIsTheLikelihoodPlusTheDivergence) {
  const AutoencoderNetwork network(kShape);
  nn::Parameters parameters = LargeParameters(network);
  const auto& numbers = network.numbers();
  for (size_t k = 3; k < 6; ++k) {
    for (size_t row = 0; row < 5; ++row) parameters[numbers.encoder].Row(row)[k] = 0;
    parameters.Vector(numbers.encoder_bias)[k] = -60;
  }
  AutoencoderBatch batch;
  batch.Append(kFirst);
  batch.Append(kSecond);
  AutoencoderNetwork::State state(kShape, 2);
  network.Forward(parameters, batch, {0, 2}, &state);
  double likelihood = 0, divergence = 0;
  for (size_t user = 0; user < 2; ++user) {
    std::vector<float> logits(6);
    network.Logits(parameters, state.restored.Row(user), logits);
    double total = 0;
    for (const float logit : logits) total += std::exp(static_cast<double>(logit));
    for (const int32_t item : batch.items[user])
      likelihood += (std::log(total) - logits[static_cast<size_t>(item)]) / 2;
    for (size_t k = 0; k < 3; ++k) {
      const double mean = state.encoded.Row(user)[k];
      divergence += 0.5 * (mean * mean + std::exp(-60.0) - 1 + 60) / 2;
    }
  }
  ThreadPool pool(1);
  nn::Parameters gradients(network.layout());
  EXPECT_NEAR(network.AddGradients(parameters, batch, {0, Rng(1), pool}, &gradients), likelihood,
              1e-4);
  EXPECT_NEAR(network.AddGradients(parameters, batch, {2, Rng(1), pool}, &gradients),
              likelihood + 2 * divergence, 1e-3);
}

AutoencoderOptions Small() {
  return {.hidden = 24,
          .latent = 8,
          .dropout = 0.3,
          .kl_weight = 0.05,
          .anneal_epochs = 5,
          .batch = 16,
          .learning_rate = 0.01,
          .epochs = 15,
          .patience = 0};
}

std::vector<float> ScoresFor(const Model& model, const SparseRow& history) {
  std::vector<float> scores(static_cast<size_t>(model.items().size()));
  model.Score(history, scores);
  return scores;
}

TEST(TrainAutoencoder, ThreadsDoNotChangeTheScores) {
  const Interactions data = MakePlantedWorld();
  AutoencoderOptions options = Small();
  options.epochs = 3;
  options.batch = 100;  // more than one block of users
  std::vector<std::vector<float>> results;
  for (const int threads : {1, 2, 3}) {
    options.threads = threads;
    results.push_back(
        ScoresFor(*TrainAutoencoder(data, options, no_observer), data.by_user().Row(5)));
  }
  EXPECT_EQ(results[0], results[1]);
  EXPECT_EQ(results[0], results[2]);
}

TEST(TrainAutoencoder, StopsEarlyWhenItGetsNoBetter) {
  struct Reports : TrainObserver {
    void OnEpoch(const Epoch& epoch) override { seen.push_back(epoch.validation); }
    bool ShouldStop() const override { return false; }
    std::vector<double> seen;
  } reports;
  AutoencoderOptions options = Small();
  options.epochs = 1000;
  options.patience = 3;
  TrainAutoencoder(MakePlantedWorld(), options, reports);
  EXPECT_LT(reports.seen.size(), 1000);
  EXPECT_GT(*std::ranges::max_element(reports.seen), reports.seen.front());
}

// With a heavy weight on the divergence the latent says nothing, and everybody gets the same.
TEST(TrainAutoencoder, AHeavyKlWeightDrawsUsersTogether) {
  const Interactions data = MakePlantedWorld();
  const auto spread = [&](double kl_weight) {
    AutoencoderOptions options = Small();
    options.kl_weight = kl_weight;
    const auto model = TrainAutoencoder(data, options, no_observer);
    const std::vector<float> a = ScoresFor(*model, data.by_user().Row(0));
    const std::vector<float> b = ScoresFor(*model, data.by_user().Row(1));
    double sum = 0;
    for (size_t i = 0; i < a.size(); ++i) sum += std::abs(a[i] - b[i]);
    return sum / static_cast<double>(a.size());
  };
  EXPECT_LT(spread(10), 0.2 * spread(0.01));
}

TEST(TrainAutoencoder, RefusesAnOptionOutOfRangeByName) {
  EXPECT_THAT([] { TrainAutoencoder(MakePlantedWorld(), {.dropout = 1}, no_observer); },
              ThrowsError(Code::kInvalidArgument, "dropout is 1: must be 0 to 0.95"));
}

TEST(AutoencoderModel, SimilarItemsAreOfThePlantedCluster) {
  const auto model = TrainAutoencoder(MakePlantedWorld(), Small(), no_observer);
  int inside = 0;
  for (const ScoredItem& one : model->SimilarItems(6, 10)) inside += one.item % 4 == 6 % 4;
  EXPECT_GE(inside, 8);
}

TEST(AutoencoderModel, AFoldedUserIsServedAsTheHistoryIs) {
  const Interactions data = MakePlantedWorld();
  const auto model = TrainAutoencoder(data, Small(), no_observer);
  const SparseRow history = data.by_user().Row(7);
  std::vector<float> scores(100);
  model->Fold(history)->Score(scores);
  const std::vector<float> expected = ScoresFor(*model, history);
  for (size_t i = 0; i < scores.size(); ++i) EXPECT_NEAR(scores[i], expected[i], 1e-5);
}

TEST(AutoencoderModel, PartialFitLearnsNewItemsAndKeepsTheOld) {
  const Interactions old = MakePlantedWorld();
  AutoencoderOptions options = Small();
  options.epochs = 30;
  const auto model = TrainAutoencoder(old, options, no_observer);
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
  // What it knew it still knows: the old items of user 2's cluster are the best.
  const std::vector<float> scores = ScoresFor(*next, old.by_user().Row(2));
  const auto best = std::max_element(scores.begin(), scores.begin() + 100);
  EXPECT_EQ((best - scores.begin()) % 4, 2);
}

}  // namespace
}  // namespace marquee::autoencoder_test
