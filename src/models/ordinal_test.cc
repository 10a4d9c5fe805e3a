#include "models/ordinal.h"

#include <gmock/gmock.h>

#include <cmath>

#include "base/error_matchers.h"

namespace marquee::ordinal_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const OrdinalScale kFiveStars = {{1, 2, 3, 4, 5}, {-2, -1, 0.5, 1.5}};

TEST(NormalCdf, IsRightToTheErrorNamedAndWithoutSteps) {
  EXPECT_EQ(NormalCdf(INFINITY), 1);
  EXPECT_EQ(NormalCdf(-INFINITY), 0);
  double before = 0;
  for (double x = -9; x < 9; x += 0.00137) {
    const double exact = std::erfc(-x / std::sqrt(2.0)) / 2, value = NormalCdf(x);
    ASSERT_NEAR(value / exact, 1, 1e-7) << x;
    ASSERT_GE(value, before) << x;
    before = value;
  }
}

TEST(NormalQuantile, IsTheInverseOfTheDistribution) {
  EXPECT_NEAR(NormalCdf(1.959963984540054), 0.975, 1e-10);
  for (const double p : {1e-9, 0.001, 0.02, 0.3, 0.5, 0.9, 0.99, 0.999999})
    EXPECT_NEAR(NormalCdf(NormalQuantile(p)), p, 2e-9);
}

TEST(OrdinalScale, CutsAtTheQuantilesOfTheCounts) {
  const std::vector<float> ratings = {4, 1, 4, 2, 4, 4, 2, 2, 4, 4};
  const OrdinalScale scale = OrdinalScale::FromRatings(ratings, 4);
  EXPECT_THAT(scale.values, ElementsAre(1, 2, 4));
  EXPECT_NEAR(NormalCdf(scale.cutpoints[0] / 2), 0.1, 1e-8);
  EXPECT_NEAR(NormalCdf(scale.cutpoints[1] / 2), 0.4, 1e-8);
  EXPECT_EQ(scale.Level(2), 1);
}

TEST(OrdinalScale, RefusesOneLevelAndTooMany) {
  EXPECT_THAT(
      [] {
        OrdinalScale::FromRatings(std::vector<float>{3, 3}, 1);
      },
      ThrowsError(Code::kInvalidArgument, HasSubstr("2 to 20 different ratings: the data "
                                                    "has 1")));
  std::vector<float> many;
  for (int i = 0; i < 21; ++i) many.push_back(static_cast<float>(i));
  EXPECT_THAT([&] { OrdinalScale::FromRatings(many, 1); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("the data has more")));
}

TEST(OrdinalScale, LatentDrawsKeepToTheirLevelAndHaveItsMean) {
  Rng rng(5);
  constexpr int kDraws = 20000;
  for (const double score : {-3.0, 0.0, 1.2, 6.0}) {
    for (int level = 0; level < 5; ++level) {
      double sum = 0;
      for (int i = 0; i < kDraws; ++i) {
        const double x = kFiveStars.DrawLatent(score, level, rng);
        ASSERT_GE(x, kFiveStars.Low(level));
        ASSERT_LE(x, kFiveStars.High(level));
        sum += x;
      }
      // A truncated normal varies by less than 1.
      EXPECT_NEAR(sum / kDraws, kFiveStars.MeanLatent(score, level), 5 / std::sqrt(kDraws))
          << score << " " << level;
    }
  }
}

TEST(OrdinalScale, ProbabilitiesSumToTheWeightAndWidenWithTheVariance) {
  std::vector<double> sure(5), unsure(5);
  kFiveStars.AddProbabilities(1, 0, 0.5, sure);
  kFiveStars.AddProbabilities(1, 9, 0.5, unsure);
  EXPECT_NEAR(sure[3], 0.5 * (NormalCdf(0.5) - NormalCdf(-0.5)), 1e-12);
  double total = 0;
  for (const double p : sure) total += p;
  EXPECT_NEAR(total, 0.5, 1e-12);
  EXPECT_GT(unsure[0], sure[0]);
}

TEST(CutpointSums, AreTheDerivativesOfTheLogLikelihood) {
  const auto likelihood = [](const OrdinalScale& scale) {
    double sum = 0;
    for (int level = 0; level < 5; ++level) {
      const double score = 0.3 * level;
      sum += std::log(NormalCdf(scale.High(level) - score) - NormalCdf(scale.Low(level) - score));
    }
    return sum;
  };
  const auto sums_at = [](const OrdinalScale& scale) {
    CutpointSums sums(4);
    for (int level = 0; level < 5; ++level) sums.Add(scale, 0.3 * level, level);
    return sums;
  };
  const CutpointSums sums = sums_at(kFiveStars);
  constexpr double kStep = 1e-5;
  for (size_t k = 0; k < 4; ++k) {
    OrdinalScale up = kFiveStars, down = kFiveStars;
    up.cutpoints[k] += kStep;
    down.cutpoints[k] -= kStep;
    EXPECT_NEAR(sums.gradient[k], (likelihood(up) - likelihood(down)) / (2 * kStep), 1e-6);
    const CutpointSums above = sums_at(up), below = sums_at(down);
    EXPECT_NEAR(sums.diagonal[k], -(above.gradient[k] - below.gradient[k]) / (2 * kStep), 1e-6);
    if (k == 3) continue;
    EXPECT_NEAR(sums.off_diagonal[k],
                -(above.gradient[k + 1] - below.gradient[k + 1]) / (2 * kStep), 1e-6);
  }
}

// Ratings made with known cutpoints; the scale starts elsewhere.
TEST(DrawCutpoints, FindsThoseThatMadeTheRatings) {
  Rng rng(6);
  std::vector<double> scores;
  std::vector<int> levels;
  for (int i = 0; i < 20000; ++i) {
    scores.push_back(rng.Normal());
    const double latent = scores.back() + rng.Normal();
    int level = 0;
    while (level < 4 && latent > kFiveStars.High(level)) ++level;
    levels.push_back(level);
  }
  OrdinalScale scale = {{1, 2, 3, 4, 5}, {-1.5, -0.9, 0.2, 1.1}};
  for (int step = 0; step < 20; ++step) {
    CutpointSums sums(4);
    for (size_t i = 0; i < scores.size(); ++i) sums.Add(scale, scores[i], levels[i]);
    DrawCutpoints(sums, rng, &scale);
  }
  for (size_t k = 0; k < 4; ++k) EXPECT_NEAR(scale.cutpoints[k], kFiveStars.cutpoints[k], 0.08);
}

}  // namespace
}  // namespace marquee::ordinal_test
