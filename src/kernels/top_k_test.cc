#include "kernels/top_k.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/random.h"

namespace marquee::kernels::top_k_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<int32_t> Indices(const std::vector<Ranked>& ranked) {
  std::vector<int32_t> indices;
  for (const Ranked& entry : ranked) indices.push_back(entry.index);
  return indices;
}

TEST(TopK, BestFirstWithTheirScores) {
  const float scores[] = {1, 5, 3, 4};
  const std::vector<Ranked> best = TopK(scores, 2);
  EXPECT_THAT(Indices(best), ElementsAre(1, 3));
  EXPECT_EQ(best[1].score, 4);
}

TEST(TopK, OfEqualScoresTheLowerIndexWins) {
  const std::vector<float> scores(100, 2.f);
  EXPECT_THAT(Indices(TopK(scores, 3)), ElementsAre(0, 1, 2));
}

TEST(TopK, NanNeverWins) {
  const float nan = std::nanf("");
  const float scores[] = {nan, -std::numeric_limits<float>::infinity(), nan, 0};
  EXPECT_THAT(Indices(TopK(scores, 4)), ElementsAre(3, 1));
}

TEST(TopK, ExcludedIndicesAreLeftOutEvenBeyondTheEnd) {
  const float scores[] = {9, 8, 7, 6, 5};
  const int32_t excluded[] = {0, 2, 3, 90};
  EXPECT_THAT(Indices(TopK(scores, 2, excluded)), ElementsAre(1, 4));
}

TEST(TopK, NothingAskedNothingGiven) {
  const float scores[] = {1, 2};
  EXPECT_THAT(TopK(scores, 0), IsEmpty());
  EXPECT_THAT(TopK({}, 5), IsEmpty());
}

TEST(TopK, AgreesWithSortingOnManyTies) {
  Rng rng(3);
  for (int round = 0; round < 200; ++round) {
    std::vector<float> scores(rng.Below(300) + 1);
    for (float& score : scores) score = static_cast<float>(rng.Below(20));
    std::vector<int32_t> order(scores.size());
    std::iota(order.begin(), order.end(), 0);
    std::vector<int32_t> excluded;
    for (const int32_t index : order) {
      if (rng.Below(4) == 0) excluded.push_back(index);
    }
    std::erase_if(order, [&](int32_t index) {
      return std::binary_search(excluded.begin(), excluded.end(), index);
    });
    std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
      return scores[static_cast<size_t>(a)] > scores[static_cast<size_t>(b)];
    });
    const size_t k = rng.Below(40);
    order.resize(std::min(k, order.size()));
    EXPECT_EQ(Indices(TopK(scores, k, excluded)), order);
  }
}

}  // namespace
}  // namespace marquee::kernels::top_k_test
