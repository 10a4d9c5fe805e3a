#include "models/sequence.h"

#include <gmock/gmock.h>

#include <cmath>
#include <numeric>

#include "base/error_matchers.h"
#include "models/nn/gradient_check.h"
#include "models/planted.h"
#include "models/sequence_encoder.h"
#include "models/sequence_trainer.h"

namespace marquee::sequence_test {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::SizeIs;

NoTrainObserver no_observer;

constexpr EncoderShape kShape = {
    .items = 7, .dimension = 4, .blocks = 2, .heads = 2, .max_length = 5};

ItemSequences TwoSequences() {
  ItemSequences sequences;
  sequences.Append(std::vector<int32_t>{3, 0, 6, 3});
  sequences.Append(std::vector<int32_t>{5, 2});
  return sequences;
}

// Weights so large that the loss depends on each, and with no ReLU near its kink, where differences
// are not the gradient.
nn::Parameters LargeParameters(const SequenceEncoder& encoder) {
  nn::Parameters parameters = encoder.Initial(1);
  Rng rng(4);
  for (float& value : parameters.values()) value += static_cast<float>(0.3 * rng.Normal());
  return parameters;
}

SequenceEncoder::Pass NoDropout() { return {.dropout = 0, .rng = Rng(0)}; }

TEST(SequenceEncoder, GradientsAreThoseOfFiniteDifferences) {
  const SequenceEncoder encoder(kShape);
  nn::Parameters parameters = LargeParameters(encoder);
  const ItemSequences sequences = TwoSequences();
  const std::vector<int32_t> targets = {0, 6, 3, 1, 2, 4};
  SequenceEncoder::Workspace workspace;
  NextItemLoss loss(0);
  kernels::Matrix d_hidden(6, 4);
  // Dropout with the same draws each time is a function like any other.
  const SequenceEncoder::Pass pass = {.dropout = 0.3, .rng = Rng(7)};
  const auto add = [&](nn::Parameters* gradients) {
    const auto hidden = encoder.Forward(parameters, sequences, pass, &workspace);
    return loss.Add(parameters[encoder.embeddings()], {hidden, targets, 0.5f}, Rng(1),
                    {d_hidden, (*gradients)[encoder.embeddings()]});
  };
  nn::Parameters gradients(encoder.layout()), ignored(encoder.layout());
  add(&gradients);
  encoder.Backward(parameters, sequences, d_hidden, &workspace, &gradients);
  nn::ExpectGradient([&] { return add(&ignored); }, parameters.values(), gradients.values());
}

TEST(SequenceEncoder, ARowSeesOnlyWhatCameBeforeInItsOwnSequence) {
  const SequenceEncoder encoder(kShape);
  const nn::Parameters parameters = LargeParameters(encoder);
  SequenceEncoder::Workspace workspace;
  const auto rows_of = [&](const std::vector<std::vector<int32_t>>& lists) {
    ItemSequences sequences;
    for (const auto& list : lists) sequences.Append(list);
    const auto hidden = encoder.Forward(parameters, sequences, NoDropout(), &workspace);
    std::vector<std::vector<float>> rows;
    for (size_t row = 0; row < hidden.rows; ++row)
      rows.emplace_back(hidden.Row(row).begin(), hidden.Row(row).end());
    return rows;
  };
  const auto both = rows_of({{3, 0, 6, 3}, {5, 2}});
  const auto changed = rows_of({{3, 0, 1, 3}, {5, 2}});
  const auto alone = rows_of({{5, 2}});
  for (size_t i = 0; i < 4; ++i) {
    for (const size_t row : {0, 1}) EXPECT_EQ(both[row][i], changed[row][i]);
    for (const size_t row : {0, 1}) EXPECT_NEAR(both[4 + row][i], alone[row][i], 1e-6);
  }
  EXPECT_NE(both[2], changed[2]);
  EXPECT_NE(both[3], changed[3]);
  EXPECT_NE(both[0], both[3]) << "the place of an item counts";
}

TEST(NextItemLoss, OfAllItemsIsTheCrossEntropy) {
  const kernels::Matrix embeddings = nn::RandomMatrix(9, 4, 1), hidden = nn::RandomMatrix(3, 4, 2);
  const std::vector<int32_t> targets = {8, 0, 4};
  kernels::Matrix d_hidden(3, 4), d_embeddings(9, 4);
  NextItemLoss loss(0);
  double expected = 0;
  for (size_t row = 0; row < 3; ++row) {
    double total = 0, own = 0;
    for (size_t item = 0; item < 9; ++item) {
      const double logit = std::inner_product(hidden.Row(row).begin(), hidden.Row(row).end(),
                                              embeddings.Row(item).begin(), 0.0);
      total += std::exp(logit);
      if (item == static_cast<size_t>(targets[row])) own = logit;
    }
    expected += 2 * (std::log(total) - own);
  }
  EXPECT_NEAR(loss.Add(embeddings, {hidden, targets, 2}, Rng(1), {d_hidden, d_embeddings}),
              expected, 1e-4);
}

TEST(NextItemLoss, SampledGradientsAreThoseOfFiniteDifferences) {
  kernels::Matrix embeddings = nn::RandomMatrix(9, 4, 1), hidden = nn::RandomMatrix(3, 4, 2);
  const std::vector<int32_t> targets = {8, 0, 4};
  NextItemLoss loss(5);
  const auto add = [&](kernels::Matrix* d_hidden, kernels::Matrix* d_embeddings) {
    return loss.Add(embeddings, {hidden, targets, 1}, Rng(3), {*d_hidden, *d_embeddings});
  };
  kernels::Matrix d_hidden(3, 4), d_embeddings(9, 4), ignored_rows(3, 4), ignored(9, 4);
  add(&d_hidden, &d_embeddings);
  nn::ExpectGradient([&] { return add(&ignored_rows, &ignored); }, hidden, d_hidden);
  nn::ExpectGradient([&] { return add(&ignored_rows, &ignored); }, embeddings, d_embeddings);
}

TEST(NextItemLoss, SamplesStandForAllItems) {
  const kernels::Matrix embeddings = nn::RandomMatrix(50, 4, 1), hidden = nn::RandomMatrix(1, 4, 2);
  const std::vector<int32_t> targets = {8};
  kernels::Matrix d_hidden(1, 4), d_embeddings(50, 4);
  NextItemLoss all(0), some(4000);
  const double exact = all.Add(embeddings, {hidden, targets, 1}, Rng(1), {d_hidden, d_embeddings});
  // The spread of a mean of 4,000 draws of exp(logit), which spreads over some three times its
  // mean.
  EXPECT_NEAR(some.Add(embeddings, {hidden, targets, 1}, Rng(1), {d_hidden, d_embeddings}), exact,
              0.15);
}

TEST(InOrderOfTime, BreaksTiesByItemRow) {
  const std::vector<int32_t> columns = {1, 4, 6, 9};
  const std::vector<float> values(4, 1);
  const std::vector<int64_t> times = {5, 3, 5, 1};
  EXPECT_THAT(InOrderOfTime({columns, values, times}), ElementsAre(9, 4, 1, 6));
}

// Everybody meets item after item of a circle of 12, from a place of their own.
Interactions Circle() {
  InteractionsBuilder builder;
  for (int item = 0; item < 12; ++item) builder.AddItem(StrCat("item-", item));
  for (int user = 0; user < 60; ++user) {
    builder.AddUser(StrCat("user-", user));
    // Rows in another order than times.
    for (int step = 0; step < 8; ++step) builder.Add(user, (user + 5 * step) % 12, 1, step);
  }
  return builder.Build();
}

SequenceOptions Small() {
  return {.dimension = 16,
          .blocks = 1,
          .max_length = 6,
          .dropout = 0.1,
          .batch = 8,
          .learning_rate = 0.01,
          .epochs = 30,
          .patience = 0};
}

int32_t BestNext(const Model& model, std::vector<int32_t> columns, std::vector<int64_t> times) {
  const std::vector<float> values(columns.size(), 1);
  std::vector<float> scores(static_cast<size_t>(model.items().size()));
  model.Score({columns, values, times}, scores);
  return static_cast<int32_t>(std::ranges::max_element(scores) - scores.begin());
}

TEST(TrainSequence, LearnsWhatComesNextFromTheOrderOfTime) {
  const auto model = TrainSequence(Circle(), Small(), no_observer);
  // The same two items: what follows depends on which came last.
  EXPECT_EQ(BestNext(*model, {0, 5}, {1, 2}), 10);
  EXPECT_EQ(BestNext(*model, {2, 7, 9}, {2, 3, 1}), 0);
}

TEST(TrainSequence, LearnsItFromSampledNegativesToo) {
  SequenceOptions options = Small();
  options.negatives = 6;
  const auto model = TrainSequence(Circle(), options, no_observer);
  EXPECT_EQ(BestNext(*model, {0, 5}, {1, 2}), 10);
}

TEST(TrainSequence, ScoresAreLogProbabilities) {
  const auto model = TrainSequence(Circle(), Small(), no_observer);
  const Interactions data = Circle();
  for (const SparseRow& history : {data.by_user().Row(3), SparseRow{}}) {
    std::vector<float> scores(12);
    model->Score(history, scores);
    double sum = 0;
    for (const float score : scores) sum += std::exp(static_cast<double>(score));
    EXPECT_NEAR(sum, 1, 1e-4);
  }
}

TEST(TrainSequence, OnlyTheNewestItemsCount) {
  SequenceOptions options = Small();
  options.max_length = 3;
  const auto model = TrainSequence(Circle(), options, no_observer);
  const Interactions data = Circle();
  const SparseRow history = data.by_user().Row(0);
  EXPECT_THAT(model->Explain(history, 4, 100), SizeIs(3));
  std::vector<float> whole(12), newest(12);
  model->Score(history, whole);
  // User 0 met 0 5 10 3 8 1 6 11, in that order.
  const std::vector<int32_t> columns = {1, 6, 11};
  const std::vector<float> values(3, 1);
  const std::vector<int64_t> times = {5, 6, 7};
  model->Score({columns, values, times}, newest);
  EXPECT_THAT(whole, ElementsAreArray(newest));
}

std::vector<float> ScoresFor(const Model& model, const Interactions& data, int32_t user) {
  std::vector<float> scores(static_cast<size_t>(model.items().size()));
  model.Score(data.by_user().Row(user), scores);
  return scores;
}

TEST(TrainSequence, ThreadsDoNotChangeTheScores) {
  const Interactions data = MakePlantedWorld();
  SequenceOptions options = Small();
  options.epochs = 3;
  options.negatives = 20;
  std::vector<std::vector<float>> results;
  for (const int threads : {1, 2, 3}) {
    options.threads = threads;
    results.push_back(ScoresFor(*TrainSequence(data, options, no_observer), data, 5));
  }
  EXPECT_EQ(results[0], results[1]);
  EXPECT_EQ(results[0], results[2]);
}

TEST(TrainSequence, StopsEarlyWhenItGetsNoBetter) {
  struct Reports : TrainObserver {
    void OnEpoch(const Epoch& epoch) override { seen.push_back(epoch.validation); }
    bool ShouldStop() const override { return false; }
    std::vector<double> seen;
  } reports;
  SequenceOptions options = Small();
  options.epochs = 1000;
  options.patience = 3;
  TrainSequence(Circle(), options, reports);
  EXPECT_LT(reports.seen.size(), 1000);
  EXPECT_GT(*std::ranges::max_element(reports.seen), 0.9);
}

TEST(TrainSequence, RefusesHeadsThatDoNotDivideTheDimension) {
  EXPECT_THAT([] { TrainSequence(Circle(), {.dimension = 16, .heads = 3}, no_observer); },
              ThrowsError(Code::kInvalidArgument,
                          HasSubstr("dimension is 16: must be a multiple of heads, which is 3")));
}

TEST(SequenceModel, PartialFitLearnsNewItemsAndKeepsTheOld) {
  const Interactions old = Circle();
  SequenceOptions options = Small();
  options.epochs = 60;
  const auto model = TrainSequence(old, options, no_observer);
  InteractionsBuilder builder;
  for (int item = 0; item < 13; ++item) builder.AddItem(StrCat("item-", item));
  for (int32_t user = 0; user < old.num_users(); ++user) {
    builder.AddUser(old.users().Name(user));
    const SparseRow row = old.by_user().Row(user);
    for (size_t i = 0; i < row.size(); ++i) builder.Add(user, row.columns[i], 1, row.times_s[i]);
    if (user % 12 == 0) builder.Add(user, 12, 1, 8);  // whose last item was 11
  }
  const auto next = model->PartialFit(builder.Build(), 2, no_observer);
  ASSERT_EQ(next->items().size(), 13);
  EXPECT_EQ(BestNext(*next, {0, 5}, {1, 2}), 10);
  EXPECT_EQ(next->items().Name(12), "item-12");
  std::vector<float> scores = ScoresFor(*next, old, 0);
  std::vector<float> others = ScoresFor(*next, old, 1);
  EXPECT_GT(scores[12], others[12] + 0.5);
}

}  // namespace
}  // namespace marquee::sequence_test
