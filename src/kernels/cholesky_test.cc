#include "kernels/cholesky.h"

#include <gmock/gmock.h>

#include "kernels/inverse.h"
#include "kernels/tables.h"
#include "kernels/test_levels.h"

namespace marquee::kernels::cholesky_test {
namespace {

// B^T B / n + I: positive definite, its condition number a small constant (Marchenko and Pastur).
SymmetricMatrix PositiveDefinite(size_t d) {
  const size_t n = 2 * d;
  const std::vector<float> b = RandomFloats(n * d, d);
  SymmetricMatrix a(d);
  for (size_t r = 0; r < d; ++r) {
    for (size_t c = r; c < d; ++c) {
      double sum = r == c ? 1 : 0;
      for (size_t k = 0; k < n; ++k)
        sum += static_cast<double>(b[k * d + r]) * b[k * d + c] / static_cast<double>(n);
      a.At(r, c) = static_cast<float>(sum);
    }
  }
  return a;
}

float Element(const SymmetricMatrix& a, size_t r, size_t c) {
  return r <= c ? a.At(r, c) : a.At(c, r);
}

class CholeskyLevels : public LevelTest {
 protected:
  const CholeskyTable& table_ = CholeskyTableOf(GetParam());
};
INSTANTIATE_TEST_SUITE_P(Levels, CholeskyLevels, testing::ValuesIn(SupportedSimd()), LevelName);

// |a - U^T U| <= gamma_(d+1) |U^T| |U| element by element (Higham, theorem 10.3); one more rounding
// for a root taken through its inverse.
TEST_P(CholeskyLevels, TheFactorsMultiplyToTheMatrix) {
  for (const size_t d : AwkwardSizes()) {
    const SymmetricMatrix a = PositiveDefinite(d);
    SymmetricMatrix u = PositiveDefinite(d);
    ASSERT_TRUE(table_.factor(u.data(), d, u.stride()));
    for (size_t r = 0; r < d; ++r) {
      for (size_t c = r; c < d; ++c) {
        double sum = 0, magnitude = 0;
        for (size_t k = 0; k <= r; ++k) {
          const double product = static_cast<double>(u.At(k, r)) * u.At(k, c);
          sum += product;
          magnitude += std::abs(product);
        }
        ASSERT_NEAR(sum, a.At(r, c), SumTolerance(d + 3, magnitude))
            << r << "," << c << " of " << d;
      }
    }
  }
}

// |b - a x| <= 2 gamma_(3d+1) |U^T| |U| |x| (Higham, theorem 10.4).
TEST_P(CholeskyLevels, TheSolutionLeavesASmallResidual) {
  for (const size_t d : AwkwardSizes()) {
    const SymmetricMatrix a = PositiveDefinite(d);
    SymmetricMatrix u = PositiveDefinite(d);
    ASSERT_TRUE(table_.factor(u.data(), d, u.stride()));
    const std::vector<float> b = RandomFloats(d + 1, d + 5);
    std::vector<float> x = b;  // solved one float in: not aligned
    table_.solve(u.data(), d, u.stride(), x.data() + 1);
    EXPECT_EQ(x[0], b[0]);
    std::vector<double> ux(d);  // |U| |x|
    for (size_t k = 0; k < d; ++k) {
      for (size_t c = k; c < d; ++c) ux[k] += std::abs(static_cast<double>(u.At(k, c)) * x[c + 1]);
    }
    for (size_t r = 0; r < d; ++r) {
      double residual = b[r + 1], magnitude = std::abs(b[r + 1]);
      for (size_t c = 0; c < d; ++c) residual -= static_cast<double>(Element(a, r, c)) * x[c + 1];
      for (size_t k = 0; k <= r; ++k) magnitude += std::abs(u.At(k, r)) * ux[k];
      ASSERT_NEAR(residual, 0, 2 * SumTolerance(3 * d + 2, magnitude)) << r << " of " << d;
    }
  }
}

TEST_P(CholeskyLevels, AMatrixThatIsNotPositiveDefiniteIsToldAtAnyRow) {
  for (const size_t d : {1, 8, 65, 128}) {
    for (const size_t at : {size_t{0}, d / 2, d - 1}) {
      SymmetricMatrix a = PositiveDefinite(d);
      a.At(at, at) = -1;
      EXPECT_FALSE(table_.factor(a.data(), d, a.stride())) << at << " of " << d;
    }
  }
}

TEST_P(CholeskyLevels, ANanIsTold) {
  SymmetricMatrix a = PositiveDefinite(20);
  a.At(3, 17) = std::nanf("");
  EXPECT_FALSE(table_.factor(a.data(), 20, a.stride()));
}

TEST(Cholesky, SolvesByHand) {
  SymmetricMatrix a(2);
  a.At(0, 0) = 4;
  a.At(0, 1) = 2;
  a.At(1, 1) = 3;
  ASSERT_TRUE(CholeskyFactor(&a));
  std::vector<float> x = {8, 7};
  CholeskySolve(a, x);
  EXPECT_THAT(x, testing::ElementsAre(testing::FloatEq(1.25f), testing::FloatEq(1.5f)));
}

template <typename T>
std::vector<T> Full(const SymmetricMatrix& a) {
  std::vector<T> full;
  for (size_t r = 0; r < a.size(); ++r) {
    for (size_t c = 0; c < a.size(); ++c) full.push_back(Element(a, r, c));
  }
  return full;
}

// The residual of an inverse grows as d u times the condition number; 30 covers ours (below 10)
// and the constant.
template <typename T>
void ExpectInverse(size_t d, double unit) {
  const std::vector<T> a = Full<T>(PositiveDefinite(d));
  std::vector<T> inverse = a;
  ASSERT_TRUE(InvertPositiveDefinite(std::span<T>(inverse), d, 2));
  for (size_t r = 0; r < d; ++r) {
    for (size_t c = 0; c < d; ++c) {
      double sum = 0;
      for (size_t k = 0; k < d; ++k)
        sum += static_cast<double>(a[r * d + k]) * static_cast<double>(inverse[k * d + c]);
      ASSERT_NEAR(sum, r == c ? 1 : 0, 30 * unit * static_cast<double>(d)) << r << "," << c;
      ASSERT_EQ(inverse[r * d + c], inverse[c * d + r]);
    }
  }
}

TEST(InvertPositiveDefinite, TimesTheMatrixIsTheIdentity) {
  for (const size_t d : {1, 2, 33, 150}) {
    ExpectInverse<float>(d, std::ldexp(1, -24));
    ExpectInverse<double>(d, std::ldexp(1, -53));
  }
}

TEST(InvertPositiveDefinite, TellsWhenItCannot) {
  std::vector<float> a = {1, 2, 2, 1};
  EXPECT_FALSE(InvertPositiveDefinite(std::span<float>(a), 2, 1));
}

TEST(InvertPositiveDefinite, OfNothingIsNothing) {
  EXPECT_TRUE(InvertPositiveDefinite(std::span<double>(), 0, 1));
}

}  // namespace
}  // namespace marquee::kernels::cholesky_test
