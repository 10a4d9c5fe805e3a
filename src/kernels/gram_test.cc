#include "kernels/gram.h"

#include <gmock/gmock.h>

#include <numeric>

#include "kernels/tables.h"
#include "kernels/test_levels.h"

namespace marquee::kernels::gram_test {
namespace {

constexpr size_t kRows = 150;  // more than one panel at most sizes

class GramLevels : public LevelTest {
 protected:
  const GramTable& table_ = GramTableOf(GetParam());
};
INSTANTIATE_TEST_SUITE_P(Levels, GramLevels, testing::ValuesIn(SupportedSimd()), LevelName);

// The expected matrix in double precision, with the sums of magnitudes for the tolerance.
struct ExpectedGram {
  size_t d;
  std::vector<double> sum, magnitude;

  explicit ExpectedGram(size_t size) : d(size), sum(d * d), magnitude(d * d) {}
  void Add(const float* row, double weight) {
    for (size_t r = 0; r < d; ++r) {
      for (size_t c = r; c < d; ++c) {
        const double product = weight * row[r] * row[c];
        sum[r * d + c] += product;
        magnitude[r * d + c] += std::abs(product);
      }
    }
  }
  // Each term has up to three roundings of its own: the weight, the product, the panel's sum.
  void Compare(const SymmetricMatrix& a, size_t terms) const {
    for (size_t r = 0; r < d; ++r) {
      for (size_t c = r; c < d; ++c) {
        ASSERT_NEAR(a.At(r, c), sum[r * d + c], SumTolerance(terms + 3, magnitude[r * d + c]))
            << r << "," << c << " of " << d;
      }
    }
  }
};

TEST_P(GramLevels, SumsTheWeightedProductsOfTheListedRows) {
  for (const size_t d : AwkwardSizes()) {
    // One float in: rows that are not aligned.
    const std::vector<float> rows = RandomFloats(kRows * d + 1, d);
    const std::vector<float> weights = RandomFloats(kRows, d + 1);
    Rng rng(d);
    std::vector<int32_t> indices(kRows);
    for (int32_t& index : indices) index = static_cast<int32_t>(rng.Below(kRows));
    ExpectedGram expected(d);
    for (size_t i = 0; i < kRows; ++i)
      expected.Add(rows.data() + 1 + static_cast<size_t>(indices[i]) * d, weights[i]);
    SymmetricMatrix a(d);
    std::vector<float> scratch(GramScratchFloats(d, true));
    table_.gram({rows.data() + 1, d, indices.data(), kRows, weights.data(), a.data(), a.stride(), 0,
                 d, scratch.data()});
    expected.Compare(a, kRows);
  }
}

TEST_P(GramLevels, WithoutIndicesWeightsAndBaseItIsTheGramMatrix) {
  for (const size_t d : AwkwardSizes()) {
    const std::vector<float> rows = RandomFloats(kRows * d, d);
    ExpectedGram expected(d);
    for (size_t i = 0; i < kRows; ++i) expected.Add(rows.data() + i * d, 1);
    SymmetricMatrix a(d);
    std::vector<float> scratch(GramScratchFloats(d, false));
    table_.gram(
        {rows.data(), d, nullptr, kRows, nullptr, a.data(), a.stride(), 0, d, scratch.data()});
    expected.Compare(a, kRows);
  }
}

TEST_P(GramLevels, OuterProductsAreThoseOfTheListedRows) {
  for (const size_t d : {1, 7, 64, 257}) {
    for (const size_t n : AwkwardSizes()) {
      const std::vector<float> rows = RandomFloats(40 * d + 1, d), weights = RandomFloats(d, 5);
      Rng rng(n);
      std::vector<int32_t> indices(n);
      for (int32_t& index : indices) index = static_cast<int32_t>(rng.Below(40));
      SymmetricMatrix a(n);
      std::vector<float> scratch(GramScratchFloats(n, true));
      table_.outer_gram({rows.data() + 1, d, indices.data(), n, weights.data(), a.data(),
                         a.stride(), scratch.data()});
      ExpectedGram expected(n);
      std::vector<float> column(n);
      for (size_t k = 0; k < d; ++k) {
        for (size_t i = 0; i < n; ++i)
          column[i] = rows[1 + static_cast<size_t>(indices[i]) * d + k];
        expected.Add(column.data(), weights[k]);
      }
      expected.Compare(a, d);
    }
  }
}

TEST_P(GramLevels, BatchScoresAreTheProductsOfUsersAndItems) {
  for (const size_t d : {1, 7, 33, 128}) {
    for (const size_t num_users : {1, 5, 67}) {
      const size_t num_items = 101;
      const std::vector<float> users = RandomFloats(num_users * d, d);
      const std::vector<float> items = RandomFloats(num_items * d, d + 1);
      std::vector<float> scores(num_users * num_items), scratch(BatchScratchFloats(d));
      table_.batch_scores(
          {users.data(), num_users, items.data(), num_items, d, scores.data(), scratch.data()});
      for (size_t u = 0; u < num_users; ++u) {
        for (size_t i = 0; i < num_items; ++i) {
          double sum = 0, magnitude = 0;
          for (size_t k = 0; k < d; ++k) {
            const double product = static_cast<double>(users[u * d + k]) * items[i * d + k];
            sum += product;
            magnitude += std::abs(product);
          }
          ASSERT_NEAR(scores[u * num_items + i], sum, SumTolerance(d, magnitude));
        }
      }
    }
  }
}

Matrix RandomMatrix(size_t rows, size_t columns) {
  Matrix matrix(rows, columns);
  const std::vector<float> values = RandomFloats(rows * columns, 1);
  std::copy(values.begin(), values.end(), matrix.values().begin());
  return matrix;
}

TEST(GramOfRows, OfNoIndicesIsZeroWhateverWasThere) {
  const Matrix rows = RandomMatrix(3, 20);
  const int32_t indices[] = {2, 2};
  SymmetricMatrix a;
  Scratch scratch;
  GramOfRows(rows, indices, {}, &a, scratch);
  EXPECT_FLOAT_EQ(a.At(0, 1), 2 * rows.Row(2)[0] * rows.Row(2)[1]);
  GramOfRows(rows, {}, {}, &a, scratch);
  for (size_t r = 0; r < 20; ++r) {
    for (size_t c = r; c < 20; ++c) EXPECT_EQ(a.At(r, c), 0);
  }
}

TEST(Gram, GivesTheSameBitsForAnyNumberOfThreads) {
  const Matrix rows = RandomMatrix(301, 257);
  ThreadPool one(1), three(3);
  const SymmetricMatrix a = Gram(rows, one), b = Gram(rows, three);
  for (size_t r = 0; r < a.size(); ++r) {
    for (size_t c = r; c < a.size(); ++c) ASSERT_EQ(a.At(r, c), b.At(r, c));
  }
}

TEST(Gram, OfStripsIsTheGramOfAllListedRows) {
  const Matrix rows = RandomMatrix(90, 200);
  std::vector<int32_t> all(rows.rows());
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int32_t>(i);
  ThreadPool pool(2);
  const SymmetricMatrix a = Gram(rows, pool);
  SymmetricMatrix b(rows.columns());
  Scratch scratch;
  GramOfRows(rows, all, {}, &b, scratch);
  for (size_t r = 0; r < a.size(); ++r) {
    for (size_t c = r; c < a.size(); ++c) ASSERT_EQ(a.At(r, c), b.At(r, c));
  }
}

TEST(Gram, OfNoRowsIsZero) {
  ThreadPool pool(2);
  const SymmetricMatrix a = Gram(Matrix(0, 5), pool);
  EXPECT_EQ(a.size(), 5u);
  EXPECT_EQ(a.At(0, 4), 0);
}

TEST(OuterGramOfRows, ReshapesTheTargetAndLeavesNothingOfIt) {
  const Matrix rows = RandomMatrix(6, 5);
  const std::vector<float> weights(5, 1);
  const int32_t six[] = {0, 1, 2, 3, 4, 5}, two[] = {4, 5};
  Scratch scratch;
  SymmetricMatrix a, fresh;
  OuterGramOfRows(rows, six, weights, &a, scratch);
  OuterGramOfRows(rows, two, weights, &a, scratch);
  OuterGramOfRows(rows, two, weights, &fresh, scratch);
  ASSERT_EQ(a.size(), 2u);
  EXPECT_EQ(a.At(0, 1), fresh.At(0, 1));
  EXPECT_NEAR(a.At(1, 1),
              std::inner_product(rows.Row(5).begin(), rows.Row(5).end(), rows.Row(5).begin(), 0.0),
              1e-5);
}

TEST(MultiplyTransposed, GivesTheSameBitsForAnyNumberOfThreadsAndAgreesWithScores) {
  const Matrix a = RandomMatrix(600, 33), b = RandomMatrix(33, 33);
  Matrix by_one = RandomMatrix(600, 33), by_three = RandomMatrix(600, 33);
  ThreadPool one(1), three(3);
  MultiplyTransposed(&by_one, b, one);
  MultiplyTransposed(&by_three, b, three);
  EXPECT_THAT(by_one.values(), testing::ElementsAreArray(by_three.values()));
  for (const size_t row : {0, 255, 256, 599}) {
    EXPECT_NEAR(by_one.Row(row)[32],
                std::inner_product(a.Row(row).begin(), a.Row(row).end(), b.Row(32).begin(), 0.0),
                1e-4);
  }
}

TEST(BatchScores, AgreesWithScoresUserByUser) {
  const Matrix users = RandomMatrix(3, 16), items = RandomMatrix(50, 16);
  std::vector<float> scores(150);
  Scratch scratch;
  BatchScores(users, items, scores, scratch);
  EXPECT_NEAR(
      scores[2 * 50 + 49],
      std::inner_product(users.Row(2).begin(), users.Row(2).end(), items.Row(49).begin(), 0.0),
      1e-5);
}

}  // namespace
}  // namespace marquee::kernels::gram_test
