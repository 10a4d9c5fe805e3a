#include "evaluation/ranking_metrics.h"

#include <gmock/gmock.h>

#include <cmath>

namespace marquee {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// A list of 10 for someone with 3 targets: item 7 stands 2nd, item 4 stands 5th, item 99 nowhere.
class TenItems : public testing::Test {
 protected:
  const std::vector<int32_t> list_ = {3, 7, 1, 8, 4, 2, 9, 0, 5, 6};
  const std::vector<int> hits_ = HitRanks(list_, std::vector<int32_t>{4, 7, 99});
};

TEST_F(TenItems, HitsHaveTheirRanks) {
  EXPECT_THAT(hits_, ElementsAre(2, 5));
  EXPECT_THAT(HitRanks(list_, {}), IsEmpty());
}

TEST_F(TenItems, RecallDividesByWhatCouldBeHit) {
  EXPECT_DOUBLE_EQ(RecallAt(hits_, 3, 1), 0);
  EXPECT_DOUBLE_EQ(RecallAt(hits_, 3, 2), 1.0 / 2);
  EXPECT_DOUBLE_EQ(RecallAt(hits_, 3, 10), 2.0 / 3);
}

TEST_F(TenItems, NdcgComparesWithTheBestOrder) {
  const double second = 1 / std::log2(3), fifth = 1 / std::log2(6);
  EXPECT_DOUBLE_EQ(NdcgAt(hits_, 3, 10), (second + fifth) / (1 + second + 0.5));
  EXPECT_DOUBLE_EQ(NdcgAt(hits_, 3, 2), second / (1 + second));
  EXPECT_DOUBLE_EQ(NdcgAt(std::vector<int>{1, 2, 3}, 3, 100), 1);
}

TEST_F(TenItems, HitRateAsksForOneHit) {
  EXPECT_EQ(HitRateAt(hits_, 1), 0);
  EXPECT_EQ(HitRateAt(hits_, 2), 1);
}

TEST_F(TenItems, PrecisionDividesByTheLength) {
  EXPECT_DOUBLE_EQ(PrecisionAt(hits_, 10), 0.2);
  EXPECT_DOUBLE_EQ(PrecisionAt(hits_, 4), 0.25);
}

TEST_F(TenItems, AveragePrecisionSumsThePrecisionAtHits) {
  EXPECT_DOUBLE_EQ(AveragePrecisionAt(hits_, 3, 10), (1.0 / 2 + 2.0 / 5) / 3);
  EXPECT_DOUBLE_EQ(AveragePrecisionAt(hits_, 3, 2), (1.0 / 2) / 2);
}

class Ranks : public testing::Test {
 protected:
  const float nan_ = std::nanf("");
  const std::vector<float> scores_ = {0.5f, 0.9f, 0.5f, nan_, 0.7f};
};

TEST_F(Ranks, EqualScoresRankByIndex) {
  EXPECT_EQ(BestRank(scores_, {}, std::vector<int32_t>{0}), 3);
  EXPECT_EQ(BestRank(scores_, {}, std::vector<int32_t>{2}), 4);
}

TEST_F(Ranks, TheBestTargetCounts) {
  EXPECT_EQ(BestRank(scores_, {}, std::vector<int32_t>{0, 2, 4}), 2);
}

TEST_F(Ranks, MaskedItemsDoNotCount) {
  EXPECT_EQ(BestRank(scores_, std::vector<int32_t>{1, 3}, std::vector<int32_t>{0}), 2);
}

TEST_F(Ranks, ATargetWithoutANumberIsNotRanked) {
  EXPECT_EQ(BestRank(scores_, {}, std::vector<int32_t>{3}), 0);
}

TEST(GiniIndex, RunsFromEqualToOneTakesAll) {
  EXPECT_DOUBLE_EQ(GiniIndex({4, 4, 4, 4}), 0);
  EXPECT_DOUBLE_EQ(GiniIndex({0, 8, 0, 0}), 0.75);
  EXPECT_DOUBLE_EQ(GiniIndex({3, 1}), 0.25);
  EXPECT_DOUBLE_EQ(GiniIndex({0, 0}), 0);
}

TEST(Coverage, IsTheShareOfItemsShown) {
  EXPECT_DOUBLE_EQ(Coverage(std::vector<int64_t>{0, 2, 1, 0}), 0.5);
}

TEST(MeanOf, GivesTheStandardErrorOfTheMean) {
  const MetricValue value = MeanOf(std::vector<double>{1, 2, 3, 6});
  EXPECT_DOUBLE_EQ(value.mean, 3);
  EXPECT_DOUBLE_EQ(value.stderr_, std::sqrt((4 + 1 + 0 + 9) / 3.0 / 4));
  EXPECT_TRUE(std::isnan(MeanOf(std::vector<double>{1}).stderr_));
}

}  // namespace
}  // namespace marquee
