#include "kernels/vector.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "kernels/tables.h"
#include "kernels/test_levels.h"

namespace marquee::kernels::vector_test {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

class VectorLevels : public LevelTest {
 protected:
  const VectorTable& table_ = VectorTableOf(GetParam());
};
INSTANTIATE_TEST_SUITE_P(Levels, VectorLevels, testing::ValuesIn(SupportedSimd()), LevelName);

struct Reference {
  double sum = 0;
  double magnitude = 0;

  Reference(const float* x, const float* y, size_t n) {
    for (size_t i = 0; i < n; ++i) {
      sum += static_cast<double>(x[i]) * y[i];
      magnitude += std::abs(static_cast<double>(x[i]) * y[i]);
    }
  }
};

TEST_P(VectorLevels, DotAgreesWithTheSumInDoublePrecision) {
  for (const size_t n : AwkwardSizes()) {
    for (size_t shift = 0; shift < 4; ++shift) {
      const std::vector<float> x = RandomFloats(n + shift, n), y = RandomFloats(n + 3, n + 1000);
      const Reference expected(x.data() + shift, y.data() + 3 - shift, n);
      EXPECT_NEAR(table_.dot(x.data() + shift, y.data() + 3 - shift, n), expected.sum,
                  SumTolerance(n, expected.magnitude))
          << n << " shifted by " << shift;
    }
  }
}

TEST_P(VectorLevels, DotOfNothingIsZero) { EXPECT_EQ(table_.dot(nullptr, nullptr, 0), 0); }

TEST_P(VectorLevels, AxpyAddsWithinAndTouchesNothingBeyond) {
  for (const size_t n : AwkwardSizes()) {
    const std::vector<float> x = RandomFloats(n + 1, n), before = RandomFloats(n + 2, n + 1);
    std::vector<float> y = before;
    table_.axpy(1.5f, x.data() + 1, y.data() + 1, n);
    EXPECT_EQ(y.front(), before.front());
    EXPECT_EQ(y.back(), before.back());
    for (size_t i = 1; i <= n; ++i) {
      const double product = 1.5 * x[i];
      ASSERT_NEAR(y[i], before[i] + product,
                  SumTolerance(2, std::abs(before[i]) + std::abs(product)));
    }
  }
}

TEST_P(VectorLevels, ScoresAreTheProductsOfTheRows) {
  for (const size_t d : AwkwardSizes()) {
    for (const size_t rows : {0, 1, 3, 4, 5, 9}) {
      const std::vector<float> items = RandomFloats(rows * d + 1, d), x = RandomFloats(d, d + 1);
      std::vector<float> scores(rows + 1, -7);
      table_.scores(items.data() + 1, rows, d, x.data(), scores.data());
      EXPECT_EQ(scores.back(), -7);
      for (size_t r = 0; r < rows; ++r) {
        const Reference expected(items.data() + 1 + r * d, x.data(), d);
        ASSERT_NEAR(scores[r], expected.sum, SumTolerance(d, expected.magnitude));
      }
    }
  }
}

TEST_P(VectorLevels, ScoresOfListedRowsAreTheirProducts) {
  const int32_t indices[] = {4, 0, 2, 2, 1, 3, 4};
  for (const size_t d : AwkwardSizes()) {
    for (const size_t count : {0, 1, 3, 4, 5, 7}) {
      const std::vector<float> rows = RandomFloats(5 * d, d), x = RandomFloats(d, d + 1);
      std::vector<float> scores(count + 1, -7);
      table_.scores_of(rows.data(), indices, count, d, x.data(), scores.data());
      EXPECT_EQ(scores.back(), -7);
      for (size_t k = 0; k < count; ++k) {
        const Reference expected(rows.data() + static_cast<size_t>(indices[k]) * d, x.data(), d);
        ASSERT_NEAR(scores[k], expected.sum, SumTolerance(d, expected.magnitude));
      }
    }
  }
}

TEST_P(VectorLevels, AddRowsSumsTheListedOnes) {
  const int32_t indices[] = {2, 0, 2};
  for (const size_t d : AwkwardSizes()) {
    const std::vector<float> rows = RandomFloats(3 * d, d);
    std::vector<float> sum(d + 1, 1);
    table_.add_rows({rows.data(), d, indices, 3, nullptr, sum.data()});
    EXPECT_EQ(sum.back(), 1);
    for (size_t i = 0; i < d; ++i) {
      const float expected = 1 + rows[2 * d + i] + rows[i] + rows[2 * d + i];
      ASSERT_EQ(sum[i], expected);  // one order, no products: the same bits at every level
    }
  }
}

TEST_P(VectorLevels, AddRowsWeighsTheRowsWithOrWithoutAList) {
  const int32_t indices[] = {0, 1, 2};
  const std::vector<float> weights = RandomFloats(3, 9);
  for (const size_t d : AwkwardSizes()) {
    const std::vector<float> rows = RandomFloats(3 * d, d), before = RandomFloats(d, d + 1);
    std::vector<float> listed = before, all = before;
    table_.add_rows({rows.data(), d, indices, 3, weights.data(), listed.data()});
    table_.add_rows({rows.data(), d, nullptr, 3, weights.data(), all.data()});
    EXPECT_EQ(listed, all);
    for (size_t i = 0; i < d; ++i) {
      double sum = before[i], magnitude = std::abs(before[i]);
      for (size_t k = 0; k < 3; ++k) {
        const double product = static_cast<double>(weights[k]) * rows[k * d + i];
        sum += product;
        magnitude += std::abs(product);
      }
      ASSERT_NEAR(all[i], sum, SumTolerance(4, magnitude));
    }
  }
}

TEST_P(VectorLevels, AddProjectionsWeighsEachRowByItsScore) {
  const std::vector<int32_t> indices = {2, 0, 2, 1, 3, 4, 0, 1, 3, 2, 4, 0, 1, 1, 3, 4, 2, 0, 4};
  for (const size_t d : AwkwardSizes()) {
    for (const size_t count : {0, 1, 7, 8, 9, 19}) {
      // Of eight bits, so that they are float16 exactly.
      std::vector<float> rows = RandomFloats(5 * d, d);
      for (float& value : rows) value = std::round(value * 64) / 64;
      const std::vector<float> x = RandomFloats(d, d + 1), before = RandomFloats(d + 1, d + 2);
      std::vector<uint16_t> halves(rows.size());
      table_.to_half(rows.data(), rows.size(), 8, halves.data());
      std::vector<float> sum = before;
      table_.add_projections(
          {halves.data(), 0.125f, d, indices.data(), count, x.data(), 0.5f, -2, sum.data()});
      EXPECT_EQ(sum.back(), before.back());
      for (size_t i = 0; i < d; ++i) {
        double expected = before[i], magnitude = std::abs(before[i]);
        for (size_t k = 0; k < count; ++k) {
          const float* row = rows.data() + static_cast<size_t>(indices[k]) * d;
          const Reference score(row, x.data(), d);
          expected += (0.5 - 2 * score.sum) * row[i];
          magnitude += (0.5 + 2 * score.magnitude) * std::abs(row[i]);
        }
        ASSERT_NEAR(sum[i], expected, SumTolerance(d + count + 2, magnitude));
      }
    }
  }
}

TEST_P(VectorLevels, AscendStepsUpTheGradientWithOrWithoutSquares) {
  for (const size_t n : AwkwardSizes()) {
    const std::vector<float> direction = RandomFloats(n, n), before = RandomFloats(n + 1, n + 1);
    std::vector<float> plain = before, scaled = before, squares(n + 1, 2);
    table_.ascend({0.5f, 3, direction.data(), 0.25f, plain.data(), nullptr, n});
    table_.ascend({0.5f, 3, direction.data(), 0.25f, scaled.data(), squares.data(), n});
    for (size_t i = 0; i < n; ++i) {
      const double gradient = 3.0 * direction[i] - 0.25 * before[i];
      ASSERT_NEAR(plain[i], before[i] + 0.5 * gradient, 1e-5);
      ASSERT_NEAR(squares[i], 2 + gradient * gradient, 1e-4);
      ASSERT_NEAR(scaled[i], before[i] + 0.5 * gradient / std::sqrt(2 + gradient * gradient), 1e-5);
    }
    EXPECT_EQ(plain.back(), before.back());
    EXPECT_EQ(scaled.back(), before.back());
    EXPECT_EQ(squares.back(), 2);
  }
}

TEST_P(VectorLevels, FindsANanAtEveryPlaceAndNoOtherValue) {
  for (const size_t n : {1, 5, 16, 33, 70}) {
    std::vector<float> x(n, kInfinity);
    EXPECT_FALSE(table_.has_nan(x.data(), n));
    for (size_t at = 0; at < n; ++at) {
      x[at] = kNan;
      EXPECT_TRUE(table_.has_nan(x.data(), n)) << at << " of " << n;
      x[at] = -kInfinity;
    }
  }
}

TEST_P(VectorLevels, FirstAboveSkipsNanAndEqualValues) {
  for (const size_t n : {1, 7, 16, 33, 70}) {
    std::vector<float> x(n, 2);
    x[0] = kNan;
    EXPECT_EQ(table_.first_above(x.data(), 0, n, 2), n);
    for (size_t at = 0; at < n; ++at) {
      const float before = std::exchange(x[at], 3.f);
      EXPECT_EQ(table_.first_above(x.data(), 0, n, 2), at);
      EXPECT_EQ(table_.first_above(x.data(), at + 1, n, 2), n);
      x[at] = before;
    }
  }
}

TEST_P(VectorLevels, ToHalfKeepsElevenBits) {
  for (const size_t n : AwkwardSizes()) {
    std::vector<float> values = RandomFloats(n, n);
    if (n > 2) values[n / 2] = 60000;
    std::vector<uint16_t> halves(n);
    table_.to_half(values.data(), n, 0.5f, halves.data());
    // One row a value, seen through a product with 1.
    const std::vector<int32_t> first = {0};
    for (size_t i = 0; i < n; ++i) {
      const float one = 1;
      float sum = 0;
      table_.add_projections({&halves[i], 1, 1, first.data(), 1, &one, 1, 0, &sum});
      ASSERT_NEAR(sum, values[i] / 2, std::abs(values[i] / 2) * 0x1p-10f) << i;
    }
  }
}

TEST(HalfMatrix, KeepsElevenBitsWhateverTheSize) {
  ThreadPool pool(3);
  for (const float size : {1e-20f, 1.0f, 1e20f}) {
    Matrix matrix(700, 300);  // more than the block of a thread
    for (size_t i = 0; i < matrix.values().size(); ++i)
      matrix.values()[i] = size * (static_cast<float>(i % 1000) - 300) / 1000;
    const HalfMatrix half(matrix, pool);
    for (const int32_t row : {0, 1, 350, 699}) {
      std::vector<float> sum(300);
      AddProjections(half, std::span(&row, 1), std::vector<float>(300), {1, 0}, sum);
      for (size_t k = 0; k < 300; ++k) {
        const float value = matrix.Row(static_cast<size_t>(row))[k];
        ASSERT_NEAR(sum[k], value, std::abs(value) * 0x1p-10f);
      }
    }
  }
}

TEST(Vector, PublicFunctionsWorkOnMatrices) {
  Matrix rows(2, 3);
  for (size_t i = 0; i < 6; ++i) rows.values()[i] = static_cast<float>(i);
  std::vector<float> sum(3, 1), scores(2);
  const int32_t both[] = {0, 1};
  AddRows(rows, both, sum);
  EXPECT_THAT(sum, testing::ElementsAre(4, 6, 8));
  Scores(rows, sum, scores);
  EXPECT_THAT(scores, testing::ElementsAre(22, 76));
  const int32_t second[] = {1};
  ScoresOf(rows, second, sum, std::span(scores).first(1));
  EXPECT_THAT(scores, testing::ElementsAre(76, 76));
  ThreadPool pool(1);
  AddProjections(HalfMatrix(rows, pool), second, std::vector<float>{1, 0, 0}, {1, -1}, sum);
  EXPECT_THAT(sum, testing::ElementsAre(-2, -2, -2));
  sum = {4, 6, 8};
  Axpy(-1, rows.Row(1), sum);
  EXPECT_THAT(sum, testing::ElementsAre(1, 2, 3));
}

}  // namespace
}  // namespace marquee::kernels::vector_test
