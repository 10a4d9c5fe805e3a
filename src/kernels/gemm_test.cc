#include "kernels/gemm.h"

#include <gmock/gmock.h>

#include "kernels/tables.h"
#include "kernels/test_levels.h"

namespace marquee::kernels::gemm_test {
namespace {

constexpr float kUntouched = -77;

class GemmLevels : public LevelTest {
 protected:
  const GemmTable& table_ = GemmTableOf(GetParam());
};
INSTANTIATE_TEST_SUITE_P(Levels, GemmLevels, testing::ValuesIn(SupportedSimd()), LevelName);

struct Sizes {
  size_t m, n, k;
};

// Below, at and beyond a tile, a panel, a block; and prime.
std::vector<Sizes> ProductSizes() {
  std::vector<Sizes> sizes = {{1, 1, 1},    {3, 5, 2},      {8, 48, 16},    {9, 49, 17},
                              {64, 480, 3}, {65, 481, 193}, {130, 37, 385}, {7, 101, 192}};
  for (const size_t m : {1, 4, 13}) {
    for (const size_t n : {1, 15, 16, 47}) {
      for (const size_t k : {1, 3, 20}) sizes.push_back({m, n, k});
    }
  }
  return sizes;
}

struct Case {
  Sizes size;
  bool flip_a, flip_b, add;
};

void Check(const GemmTable& table, const Case& c) {
  const auto [m, n, k] = c.size;
  const size_t stride = n + 3, gap = 5;
  const size_t a_stride = (c.flip_a ? m : k) + gap, b_stride = (c.flip_b ? k : n) + gap;
  // One float in: nothing is aligned.
  const std::vector<float> a = RandomFloats(1 + a_stride * (c.flip_a ? k : m), m);
  const std::vector<float> b = RandomFloats(1 + b_stride * (c.flip_b ? n : k), n);
  std::vector<float> before = RandomFloats(m * stride, k);
  for (size_t i = 0; i < m; ++i) {
    for (size_t j = n; j < stride; ++j) before[i * stride + j] = kUntouched;
  }
  std::vector<float> result = before, scratch(GemmScratchFloats());
  const size_t one = 1;
  table.gemm({{a.data() + 1, c.flip_a ? one : a_stride, c.flip_a ? a_stride : one},
              {b.data() + 1, c.flip_b ? one : b_stride, c.flip_b ? b_stride : one},
              m,
              n,
              k,
              result.data(),
              stride,
              c.add,
              scratch.data()});
  for (size_t i = 0; i < m; ++i) {
    for (size_t j = 0; j < n; ++j) {
      double sum = c.add ? before[i * stride + j] : 0, magnitude = std::abs(sum);
      for (size_t p = 0; p < k; ++p) {
        const double product =
            static_cast<double>(a[1 + (c.flip_a ? p * a_stride + i : i * a_stride + p)]) *
            b[1 + (c.flip_b ? j * b_stride + p : p * b_stride + j)];
        sum += product;
        magnitude += std::abs(product);
      }
      ASSERT_NEAR(result[i * stride + j], sum, SumTolerance(k + 3, magnitude))
          << i << "," << j << " of " << m << "x" << n << "x" << k;
    }
    for (size_t j = n; j < stride; ++j) ASSERT_EQ(result[i * stride + j], kUntouched);
  }
}

TEST_P(GemmLevels, ProductsOfMatricesAndTransposesAgreeWithDoublePrecision) {
  for (const Sizes& size : ProductSizes()) {
    for (const bool flip_a : {false, true}) {
      for (const bool flip_b : {false, true}) {
        for (const bool add : {false, true}) Check(table_, {size, flip_a, flip_b, add});
      }
    }
  }
}

Matrix RandomMatrix(size_t rows, size_t columns, uint64_t seed) {
  Matrix matrix(rows, columns);
  const std::vector<float> values = RandomFloats(rows * columns, seed);
  std::ranges::copy(values, matrix.values().begin());
  return matrix;
}

TEST(Gemm, PartsOfTheResultHaveTheBitsOfTheWhole) {
  const Matrix a = RandomMatrix(70, 200, 1), b = RandomMatrix(200, 500, 2);
  Matrix whole(70, 500), parts(70, 500);
  Scratch scratch;
  Gemm(a, b, whole, GemmResult::kWrite, scratch);
  for (size_t row = 0; row < 70; row += 14) {
    for (size_t column = 0; column < 500; column += 125)
      Gemm(ConstMatrixSpan(a).Rows(row, 14), ConstMatrixSpan(b).Columns(column, 125),
           MatrixSpan(parts).Rows(row, 14).Columns(column, 125), GemmResult::kWrite, scratch);
  }
  EXPECT_THAT(parts.values(), testing::ElementsAreArray(whole.values()));
}

TEST(Gemm, OfNoDepthIsZeroOrLeavesWhatIsThere) {
  const Matrix a(2, 0), b(0, 3);
  Matrix c(2, 3);
  std::ranges::fill(c.values(), 4.0f);
  Scratch scratch;
  Gemm(a, b, c, GemmResult::kAdd, scratch);
  EXPECT_THAT(c.values(), testing::Each(4.0f));
  Gemm(a, b, c, GemmResult::kWrite, scratch);
  EXPECT_THAT(c.values(), testing::Each(0.0f));
}

}  // namespace
}  // namespace marquee::kernels::gemm_test
