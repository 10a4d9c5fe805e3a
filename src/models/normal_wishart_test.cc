#include "models/normal_wishart.h"

#include <gmock/gmock.h>

#include <cmath>

#include "kernels/cholesky.h"

namespace marquee::normal_wishart_test {
namespace {

constexpr int kDraws = 40000;
constexpr double kErrors = 5;  // standard errors of a mean of kDraws

TEST(DrawGamma, HasTheMeanAndVarianceOfItsShapeAndRate) {
  Rng rng(1);
  for (const double shape : {0.5, 1.0, 7.5}) {
    const double rate = 2;
    double sum = 0, squares = 0;
    for (int i = 0; i < kDraws; ++i) {
      const double x = DrawGamma(shape, rate, rng);
      ASSERT_GT(x, 0);
      sum += x;
      squares += x * x;
    }
    const double mean = sum / kDraws, variance = shape / (rate * rate);
    EXPECT_NEAR(mean, shape / rate, kErrors * std::sqrt(variance / kDraws));
    // The fourth central moment of Gamma is variance^2 (3 + 6 / shape).
    EXPECT_NEAR(squares / kDraws - mean * mean, variance,
                kErrors * variance * std::sqrt((2 + 6 / shape) / kDraws));
  }
}

TEST(GaussianPrior, NoiseHasTheInverseOfThePrecisionAsCovariance) {
  Rng rng(2);
  VectorSums sums(2);
  sums.products = {8, 3, 3, 5};
  sums.count = 30;
  const GaussianPrior prior = DrawPrior(sums, false, rng);
  const double a = prior.precision[0], b = prior.precision[1], c = prior.precision[3];
  EXPECT_EQ(prior.precision[1], prior.precision[2]);
  double xx = 0, xy = 0, yy = 0;
  for (int i = 0; i < kDraws; ++i) {
    std::vector<float> draw(2);
    prior.AddNoise(rng, draw);
    xx += draw[0] * draw[0] / static_cast<double>(kDraws);
    xy += draw[0] * draw[1] / static_cast<double>(kDraws);
    yy += draw[1] * draw[1] / static_cast<double>(kDraws);
  }
  const double determinant = a * c - b * b, tolerance = kErrors * std::sqrt(2.0 / kDraws);
  EXPECT_NEAR(xx, c / determinant, c / determinant * tolerance);
  EXPECT_NEAR(yy, a / determinant, a / determinant * tolerance);
  EXPECT_NEAR(xy, -b / determinant, std::sqrt(a * c) / determinant * tolerance);
}

// 3,000 vectors of mean (1, -2) and standard deviations .5 and 2: the posterior is narrow there.
TEST(DrawPrior, FindsTheGaussianThatTheVectorsCameFrom) {
  Rng rng(3);
  kernels::Matrix vectors(3000, 2), shifts(3000, 2);
  for (size_t row = 0; row < vectors.rows(); ++row) {
    shifts.Row(row)[0] = static_cast<float>(row % 7);
    vectors.Row(row)[0] = shifts.Row(row)[0] + static_cast<float>(1 + 0.5 * rng.Normal());
    vectors.Row(row)[1] = static_cast<float>(-2 + 2 * rng.Normal());
  }
  VectorSums sums(2);
  sums.AddRows(vectors, shifts);
  const GaussianPrior prior = DrawPrior(sums, false, rng);
  EXPECT_NEAR(prior.mean[0], 1, 0.06);
  EXPECT_NEAR(prior.mean[1], -2, 0.25);
  EXPECT_NEAR(prior.precision[0], 4, 0.5);
  EXPECT_NEAR(prior.precision[3], 0.25, 0.035);
}

TEST(DrawPrior, AMeanOfZeroStaysSo) {
  Rng rng(4);
  kernels::Matrix vectors(500, 1);
  for (size_t row = 0; row < vectors.rows(); ++row)
    vectors.Row(row)[0] = static_cast<float>(3 + rng.Normal());
  VectorSums sums(1);
  sums.AddRows(vectors, {});
  const GaussianPrior prior = DrawPrior(sums, true, rng);
  EXPECT_EQ(prior.mean[0], 0);
  EXPECT_NEAR(prior.precision[0], 0.1, 0.02);  // the mean square is 9 + 1
}

TEST(SolveUpper, TheTwoHalvesAreTheCholeskySolution) {
  kernels::SymmetricMatrix factor(3);
  const float a[3][3] = {{4, 2, 1}, {2, 5, 3}, {1, 3, 6}};
  for (size_t i = 0; i < 3; ++i) {
    for (size_t j = i; j < 3; ++j) factor.At(i, j) = a[i][j];
  }
  ASSERT_TRUE(kernels::CholeskyFactor(&factor));
  std::vector<float> halves = {1, -2, 3}, whole = halves;
  SolveUpperTransposed(factor, halves);
  SolveUpper(factor, halves);
  kernels::CholeskySolve(factor, whole);
  for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(halves[i], whole[i], 1e-6);
}

}  // namespace
}  // namespace marquee::normal_wishart_test
