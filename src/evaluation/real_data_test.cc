// The protocols on MovieLens 1M and 100K, beside the project (MARQUEE_SHARED, default ../shared).
#include <gmock/gmock.h>

#include "base/files.h"
#include "base/text.h"
#include "evaluation/test_data.h"

namespace marquee {
namespace {

constexpr char kNoData[] = "this real data is not beside the project: set MARQUEE_SHARED";
constexpr double kSameArithmetic = 1e-6;  // the reference sums in another order

Interactions Movielens1m() {
  InteractionsBuilder builder;
  const std::string text = ReadFile(SharedData("ml-1m") / "ratings.dat");
  for (const std::string_view line : Split(text, "\n")) {
    if (line.empty()) continue;
    const auto fields = Split(line, "::");
    builder.Add(builder.AddUser(fields.at(0)), builder.AddItem(fields.at(1)),
                static_cast<float>(ParseDouble(fields.at(2)).value()),
                ParseInt(fields.at(3)).value());
  }
  return builder.Build();
}

class Movielens1mTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (std::filesystem::exists(SharedData("ml-1m"))) data_ = Movielens1m();
  }
  static void TearDownTestSuite() { data_ = InteractionsBuilder().Build(); }
  void SetUp() override {
    if (data_.nnz() == 0) GTEST_SKIP() << kNoData;
  }
  static Interactions data_;
};

Interactions Movielens1mTest::data_ = InteractionsBuilder().Build();

// The numbers are of a separate program with pandas and NumPy.
TEST_F(Movielens1mTest, MostPopularIsThatOfTheReference) {
  EvaluateRequest request = RequestFor("strong-generalization");
  const EvaluateResult test = Evaluate(data_, request);
  EXPECT_EQ(test.users, 603);
  EXPECT_EQ(test.items, 3497);
  EXPECT_EQ(test.interactions, 462'561);
  EXPECT_NEAR(test.metrics.at("recall@20").mean, 0.17471545, kSameArithmetic);
  EXPECT_NEAR(test.metrics.at("recall@20").stderr_, 0.00669982, kSameArithmetic);
  EXPECT_NEAR(test.metrics.at("recall@50").mean, 0.24557816, kSameArithmetic);
  EXPECT_NEAR(test.metrics.at("ndcg@100").mean, 0.22019919, kSameArithmetic);
  EXPECT_NEAR(test.metrics.at("mrr").mean, 0.32992483, kSameArithmetic);
  EXPECT_NEAR(test.metrics.at("map@100").mean, 0.07122347, kSameArithmetic);
  EXPECT_NEAR(test.metrics.at("coverage@100").mean, 0.06977409, kSameArithmetic);
  request.segment = "validation";
  EXPECT_NEAR(Evaluate(data_, request).metrics.at("ndcg@100").mean, 0.21197478, kSameArithmetic);
}

TEST_F(Movielens1mTest, BiasesPredictRatingsAsTheReferenceDoes) {
  const EvaluateResult result = Evaluate(data_, RequestFor("rating-holdout"));
  EXPECT_EQ(result.interactions, 900'188);
  EXPECT_EQ(result.users, 5974);
  EXPECT_NEAR(result.metrics.at("rmse").mean, 0.90952446, 1e-5);  // models keep float32
  EXPECT_NEAR(result.metrics.at("mae").mean, 0.72105859, 1e-5);
}

// He et al.'s files; the published floor is .4533 / .2542.
TEST(NcfFiles, MostPopularIsThatOfTheTables) {
  EvaluateRequest request = RequestFor("ncf-leave-one-out");
  request.split_files = SharedData("ncf-ml-1m");
  if (!std::filesystem::exists(request.split_files)) GTEST_SKIP() << kNoData;
  const EvaluateResult result = Evaluate(InteractionsBuilder().Build(), request);
  EXPECT_EQ(result.users, 6040);
  EXPECT_NEAR(result.metrics.at("hit_rate@10").mean, 0.4533, 0.0015);
  EXPECT_NEAR(result.metrics.at("ndcg@10").mean, 0.2542, 0.0015);
}

TEST(Movielens100kFiles, TheGivenFoldIsRead) {
  EvaluateRequest request = RequestFor("rating-holdout");
  request.split_files = SharedData("ml-100k");
  if (!std::filesystem::exists(request.split_files)) GTEST_SKIP() << kNoData;
  const EvaluateResult result = Evaluate(InteractionsBuilder().Build(), request);
  EXPECT_EQ(result.interactions, 80'000);
  EXPECT_EQ(result.users, 459);
  EXPECT_LT(result.metrics.at("rmse").mean, 1.0);
}

}  // namespace
}  // namespace marquee
