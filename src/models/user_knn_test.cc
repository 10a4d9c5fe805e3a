#include "models/user_knn.h"

#include <gmock/gmock.h>

#include <cmath>

#include "base/error_matchers.h"
#include "base/files.h"
#include "models/model_file.h"
#include "models/registry.h"
#include "models/test_histories.h"

namespace marquee::user_knn_test {
namespace {

using testing::ElementsAre;
using testing::FloatNear;
using testing::HasSubstr;

NoTrainObserver no_observer;
constexpr float kRounding = 1e-6f;

UserKnnOptions Cosine() { return {.weighting = Weighting::kCosine}; }

// Each user met two items: with {a}, u0 and u1 share one of 1 and 2.
TEST(TrainUserKnn, CosineByHand) {
  const auto model = TrainUserKnn(ThreeUsers(), Cosine(), no_observer);
  const float one = 1 / std::sqrt(2.0f);
  EXPECT_THAT(ScoresOf(*model, TestHistory({0})),
              ElementsAre(FloatNear(2 * one, kRounding), FloatNear(2 * one, kRounding), 0));
  EXPECT_THAT(ScoresOf(*model, TestHistory({1})),
              ElementsAre(FloatNear(2 * one, kRounding), FloatNear(3 * one, kRounding),
                          FloatNear(one, kRounding)));
}

TEST(TrainUserKnn, OnlyTheNearestCountAndOfEqualOnesTheLowerRows) {
  UserKnnOptions options = Cosine();
  options.neighbours = 2;
  const auto model = TrainUserKnn(ThreeUsers(), options, no_observer);
  EXPECT_EQ(ScoresOf(*model, TestHistory({1}))[2], 0);
}

TEST(TrainUserKnn, ShrinkageHoldsBackWhatRestsOnFew) {
  UserKnnOptions options = Cosine();
  options.shrinkage = 1;
  const auto model = TrainUserKnn(ThreeUsers(), options, no_observer);
  // With {a, b}: u0 and u1 share two (1 times 2/3), u2 one (1/2 times 1/2).
  EXPECT_THAT(ScoresOf(*model, TestHistory({0, 1})),
              ElementsAre(FloatNear(4.0f / 3, kRounding), FloatNear(4.0f / 3 + 0.25f, kRounding),
                          FloatNear(0.25f, kRounding)));
}

// a is in two of three histories, b in all, c in one.
TEST(TrainUserKnn, TfIdfTrustsRareItems) {
  const auto model = TrainUserKnn(ThreeUsers(), {.weighting = Weighting::kTfIdf}, no_observer);
  const double b = std::pow(std::log(4 / 3.5), 2), c = std::pow(std::log(4 / 1.5), 2);
  EXPECT_NEAR(ScoresOf(*model, TestHistory({2}))[1], c / std::sqrt(c * (b + c)), kRounding);
}

// All histories have the mean size, so BM25 leaves the sum of idf^2.
TEST(TrainUserKnn, Bm25ByHand) {
  const auto model = TrainUserKnn(ThreeUsers(), {.weighting = Weighting::kBm25}, no_observer);
  const double a = std::pow(std::log(4 / 2.5), 2);
  EXPECT_NEAR(ScoresOf(*model, TestHistory({0}))[1], 2 * a, kRounding);
}

// With {a, b}: for b speak u0 and u1 (1 each, half of it by a) and u2 (1/2, all of it by b).
TEST(TrainUserKnn, AnExplanationSharesOutEachLikeness) {
  const auto model = TrainUserKnn(ThreeUsers(), Cosine(), no_observer);
  const TestHistory history({0, 1});
  const std::vector<ScoredItem> parts = model->Explain(history.row(), 1, 5);
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].item, 1);
  EXPECT_NEAR(parts[0].score, 1.5, kRounding);
  EXPECT_EQ(parts[1].item, 0);
  EXPECT_NEAR(parts[1].score, 1, kRounding);
}

TEST(TrainUserKnn, SimilarItemsByHand) {
  const auto model = TrainUserKnn(ThreeUsers(), Cosine(), no_observer);
  const std::vector<ScoredItem> similar = model->SimilarItems(1, 5);
  ASSERT_EQ(similar.size(), 2u);
  EXPECT_EQ(similar[0].item, 0);
  EXPECT_NEAR(similar[0].score, 2 / std::sqrt(6.0), kRounding);
  EXPECT_NEAR(similar[1].score, 1 / std::sqrt(3.0), kRounding);
}

// Files with right checksums whose rows are not those of users.
TEST(LoadUserKnn, RefusesRowsThatAreNotAscendingItems) {
  const TempDir dir;
  const std::filesystem::path path = dir.path() / "model";
  for (const std::vector<int32_t>& met : {std::vector<int32_t>{1, 1}, {1, 0}, {0, 2}, {-1, 0}}) {
    ModelWriter writer(path, "user-knn");
    writer.SetSettings(
        Json::MakeObject({{"weighting", "cosine"}, {"shrinkage", 0.0}, {"neighbours", 5}}));
    writer.AddStrings("items", std::vector<std::string>{"a", "b"});
    writer.Add("item_weights", std::vector<float>{1, 1}, {2});
    writer.Add("user_factors", std::vector<float>{1}, {1});
    writer.Add("user_offsets", std::vector<int64_t>{0, 2}, {2});
    writer.Add("user_items", met, {2});
    writer.Finish();
    EXPECT_THAT([&] { LoadModel(path); },
                ThrowsError(Code::kDataLoss, HasSubstr("'user_items' has wrong rows of user 0")));
  }
}

}  // namespace
}  // namespace marquee::user_knn_test
