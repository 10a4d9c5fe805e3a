#include "models/item_knn.h"

#include <gmock/gmock.h>

#include <cmath>

#include "models/planted.h"
#include "models/test_histories.h"

namespace marquee::item_knn_test {
namespace {

using testing::ElementsAre;
using testing::FloatNear;

NoTrainObserver no_observer;
constexpr float kRounding = 1e-6f;

ItemKnnOptions Cosine() { return {.weighting = Weighting::kCosine}; }

// a and b share two of 2 and 3 users, b and c one of 3 and 1.
TEST(TrainItemKnn, CosineByHand) {
  const auto model = TrainItemKnn(ThreeUsers(), Cosine(), no_observer);
  EXPECT_THAT(ScoresOf(*model, TestHistory({0})),
              ElementsAre(0, FloatNear(2 / std::sqrt(6.0f), kRounding), 0));
  EXPECT_THAT(ScoresOf(*model, TestHistory({0, 2})),
              ElementsAre(0, FloatNear(2 / std::sqrt(6.0f) + 1 / std::sqrt(3.0f), kRounding), 0));
}

TEST(TrainItemKnn, ShrinkageHoldsBackWhatRestsOnFew) {
  ItemKnnOptions options = Cosine();
  options.shrinkage = 1;
  const auto model = TrainItemKnn(ThreeUsers(), options, no_observer);
  EXPECT_NEAR(model->graph().Weight(0, 1), 2 / std::sqrt(6.0) * 2 / 3, kRounding);
  EXPECT_NEAR(model->graph().Weight(2, 1), 1 / std::sqrt(3.0) * 1 / 2, kRounding);
}

TEST(TrainItemKnn, OnlyTheNearestOfAnItemSpeakForIt) {
  ItemKnnOptions options = Cosine();
  options.neighbours = 1;
  const auto model = TrainItemKnn(ThreeUsers(), options, no_observer);
  EXPECT_GT(model->graph().Weight(0, 1), 0);
  EXPECT_EQ(model->graph().Weight(2, 1), 0);
  EXPECT_GT(model->graph().Weight(1, 2), 0);  // b is the nearest of c
}

// Sizes of a, b, c are 2, 3, 1, their mean 2; each user met two of three.
TEST(TrainItemKnn, Bm25ByHand) {
  const auto model = TrainItemKnn(ThreeUsers(), {.weighting = Weighting::kBm25}, no_observer);
  const double idf = std::log(4 / 2.5);
  const double b = 2.2 / (1.2 * (0.25 + 0.75 * 1.5) + 1), c = 2.2 / (1.2 * (0.25 + 0.375) + 1);
  EXPECT_NEAR(model->graph().Weight(0, 1), 2 * idf * idf * b, kRounding);
  EXPECT_NEAR(model->graph().Weight(2, 1), idf * idf * b * c, kRounding);
}

// u2 met everything, so what rests on u2 says less: ln(4 / 3.5) against ln(4 / 2.5).
TEST(TrainItemKnn, TfIdfTrustsThoseWhoMetFew) {
  InteractionsBuilder builder;
  for (const char* user : {"u0", "u1", "u2"}) builder.AddUser(user);
  for (const char* item : {"a", "b", "c"}) builder.AddItem(item);
  for (const auto& [user, item] : {std::pair{0, 0}, {0, 1}, {1, 0}, {2, 0}, {2, 1}, {2, 2}})
    builder.Add(user, item, 1, 0);
  const auto model = TrainItemKnn(builder.Build(), {.weighting = Weighting::kTfIdf}, no_observer);
  const double few = std::pow(std::log(4 / 2.5), 2), all = std::pow(std::log(4 / 3.5), 2);
  const double one = std::pow(std::log(4 / 1.5), 2);
  EXPECT_NEAR(model->graph().Weight(0, 1), (few + all) / std::sqrt((few + one + all) * (few + all)),
              kRounding);
  EXPECT_NEAR(model->graph().Weight(0, 2), all / std::sqrt((few + one + all) * all), kRounding);
}

TEST(TrainItemKnn, ThreadsDoNotChangeAWeight) {
  const Interactions data = MakePlantedWorld();
  ItemKnnOptions options;
  const auto one = TrainItemKnn(data, options, no_observer);
  options.threads = 2;
  const auto two = TrainItemKnn(data, options, no_observer);
  EXPECT_EQ(ScoresOf(*one, TestHistory({3, 7, 11})), ScoresOf(*two, TestHistory({3, 7, 11})));
}

}  // namespace
}  // namespace marquee::item_knn_test
