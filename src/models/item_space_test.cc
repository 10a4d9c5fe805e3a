#include "models/item_space.h"

#include <gmock/gmock.h>

#include <cmath>

#include "base/random.h"

namespace marquee::item_space_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

ItemSpace RandomSpace(size_t items, size_t d, double l2) {
  Rng rng(5);
  kernels::Matrix vectors(items, d);
  std::vector<float> biases(items);
  for (float& value : vectors.values()) value = static_cast<float>(rng.Normal());
  for (float& value : biases) value = static_cast<float>(rng.Normal());
  return ItemSpace(std::move(vectors), std::move(biases), l2);
}

// The objective that Fold maximizes, in double precision.
double Objective(const ItemSpace& space, const std::vector<int32_t>& history,
                 const std::vector<double>& u) {
  const auto score = [&](size_t item) {
    double sum = space.biases()[item];
    for (size_t f = 0; f < u.size(); ++f) sum += u[f] * space.vectors().Row(item)[f];
    return sum;
  };
  double total = 0, value = 0;
  for (size_t item = 0; item < space.biases().size(); ++item) total += std::exp(score(item));
  for (const int32_t item : history) value += score(static_cast<size_t>(item)) - std::log(total);
  for (const double x : u) value -= space.l2() / 2 * x * x;
  return value;
}

TEST(ItemSpace, FoldFindsTheMaximum) {
  const std::vector<int32_t> history = {1, 4, 7, 20};
  for (const double l2 : {0.05, 1.0, 20.0}) {
    const ItemSpace space = RandomSpace(40, 6, l2);
    const std::vector<float> folded = space.Fold(history);
    const std::vector<double> u(folded.begin(), folded.end());
    for (size_t f = 0; f < u.size(); ++f) {
      std::vector<double> above = u, below = u;
      above[f] += 1e-3;
      below[f] -= 1e-3;
      const double slope =
          (Objective(space, history, above) - Objective(space, history, below)) / 2e-3;
      EXPECT_NEAR(slope, 0, 0.02) << "l2 " << l2 << ", factor " << f;
    }
  }
}

TEST(ItemSpace, AnEmptyHistoryFoldsToZeroAndScoresTheBiases) {
  const ItemSpace space = RandomSpace(9, 3, 1);
  EXPECT_THAT(space.Fold({}), ElementsAre(0, 0, 0));
  std::vector<float> scores(9);
  space.Score(space.Fold({}), scores);
  EXPECT_EQ(scores, space.biases());
  EXPECT_THAT(space.Explain({{}, {}, space.Fold({})}, 2, 5), IsEmpty());
}

TEST(ItemSpace, PartsAddUpToTheScoreBeyondTheBias) {
  const ItemSpace space = RandomSpace(40, 6, 0.5);
  const std::vector<int32_t> history = {1, 4, 7, 20};
  const std::vector<float> user = space.Fold(history);
  std::vector<float> scores(40);
  space.Score(user, scores);
  const std::vector<ScoredItem> parts = space.Explain({history, {}, user}, 11, 10);
  ASSERT_THAT(parts, SizeIs(4));
  float sum = 0;
  for (const ScoredItem& part : parts) sum += part.score;
  EXPECT_NEAR(sum, scores[11] - space.biases()[11], 1e-4);
}

TEST(ItemSpace, AnEmptyHistoryFoldsToTheCenter) {
  const ItemSpace space = RandomSpace(40, 3, 0.5);
  EXPECT_THAT(space.Fold({}, std::vector<float>{1, -2, 0.5f}), ElementsAre(1, -2, 0.5));
}

// Strongly held back, a user stays where the center is; the parts say what the history moved.
TEST(ItemSpace, ACenterPullsAndPartsAddUpToWhatTheHistoryMoves) {
  const std::vector<int32_t> history = {4, 20};
  const std::vector<float> center = {0.5f, -0.5f, 1};
  const ItemSpace held = RandomSpace(40, 3, 1e5);
  EXPECT_THAT(held.Fold(history, center), testing::Pointwise(testing::FloatNear(1e-3f), center));
  const ItemSpace space = RandomSpace(40, 3, 0.5);
  const std::vector<float> user = space.Fold(history, center);
  std::vector<float> scores(40), of_center(40);
  space.Score(user, scores);
  space.Score(center, of_center);
  double sum = 0;
  for (const ScoredItem& part : space.Explain({history, center, user}, 11, 2)) sum += part.score;
  EXPECT_NEAR(sum, scores[11] - of_center[11], 1e-4);
  EXPECT_GT(std::abs(sum), 1e-2);
}

// At the optimum l2 u = sum (v_h - mean): the parts differ by what their vectors differ.
TEST(ItemSpace, APartIsThePullOfItsOwnVector) {
  const ItemSpace space = RandomSpace(40, 6, 0.5);
  const std::vector<int32_t> history = {4, 20};
  const std::vector<float> user = space.Fold(history);
  const std::vector<ScoredItem> parts = space.Explain({history, {}, user}, 11, 2);
  double difference = 0;
  for (size_t f = 0; f < 6; ++f) {
    difference += (space.vectors().Row(static_cast<size_t>(parts[0].item))[f] -
                   space.vectors().Row(static_cast<size_t>(parts[1].item))[f]) *
                  space.vectors().Row(11)[f] / 0.5;
  }
  EXPECT_NEAR(parts[0].score - parts[1].score, difference, 1e-4);
}

TEST(ItemSpace, SimilarIsTheCosineAndKnowsNothingOfZeros) {
  kernels::Matrix vectors(4, 2);
  const float values[] = {1, 0, 2, 2, 0, 3, 0, 0};
  std::copy_n(values, 8, vectors.values().begin());
  const ItemSpace space(std::move(vectors), {0, 0, 0, 0}, 1);
  const std::vector<ScoredItem> similar = space.Similar(0, 9);
  ASSERT_THAT(similar, SizeIs(2));
  EXPECT_EQ(similar[0].item, 1);
  EXPECT_NEAR(similar[0].score, std::sqrt(0.5), 1e-6);
  EXPECT_EQ(similar[1].item, 2);
  EXPECT_THAT(space.Similar(3, 9), IsEmpty());
}

TEST(ItemSpace, EnormousVectorsStillGiveANumber) {
  kernels::Matrix vectors(3, 2);
  const float values[] = {1e5f, 0, 0, 1e5f, -1e5f, 1};
  std::copy_n(values, 6, vectors.values().begin());
  const ItemSpace space(std::move(vectors), {0, 0, 0}, 1e-6);
  const std::vector<int32_t> history = {0, 1};
  for (const float value : space.Fold(history)) EXPECT_TRUE(std::isfinite(value));
}

}  // namespace
}  // namespace marquee::item_space_test
