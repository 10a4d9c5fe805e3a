#include "kernels/search.h"

#include <gmock/gmock.h>

#include <cmath>
#include <numeric>

#include "kernels/tables.h"
#include "kernels/test_levels.h"
#include "kernels/vector.h"

namespace marquee::kernels::search_test {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class SearchLevels : public LevelTest {};
INSTANTIATE_TEST_SUITE_P(Levels, SearchLevels, testing::ValuesIn(SupportedSimd()), LevelName);

Matrix RandomMatrix(size_t rows, size_t columns, uint64_t seed) {
  Matrix matrix(rows, columns);
  const std::vector<float> values = RandomFloats(rows * columns, seed);
  std::copy(values.begin(), values.end(), matrix.values().begin());
  return matrix;
}

std::vector<int32_t> Indices(const std::vector<Ranked>& ranked) {
  std::vector<int32_t> indices;
  for (const Ranked& entry : ranked) indices.push_back(entry.index);
  return indices;
}

std::vector<Ranked> BestOfAllScores(const Matrix& rows, std::span<const float> x, size_t k,
                                    std::span<const int32_t> excluded) {
  std::vector<float> scores(rows.rows());
  Scores(rows, x, scores);
  return TopK(scores, k, excluded);
}

TEST_P(SearchLevels, ProductsOfBytesAreExact) {
  Rng rng(1);
  for (const size_t stride : {64, 128, 192}) {
    constexpr size_t kRows = 7;
    std::vector<int8_t> rows(kRows * stride), x(stride);
    for (int8_t& byte : rows) byte = static_cast<int8_t>(static_cast<int>(rng.Below(255)) - 127);
    for (int8_t& byte : x) byte = static_cast<int8_t>(static_cast<int>(rng.Below(255)) - 127);
    // The ends of the range, where sums of 16 bits would overflow.
    std::fill_n(rows.begin(), stride, int8_t{-127});
    std::fill_n(x.begin(), 32, int8_t{127});
    std::vector<int32_t> sums, expected, products(kRows);
    for (size_t r = 0; r < kRows; ++r) {
      const int8_t* row = rows.data() + r * stride;
      sums.push_back(std::accumulate(row, row + stride, 0));
      expected.push_back(std::inner_product(row, row + stride, x.begin(), 0));
    }
    const CoarseJob job = {rows.data(), stride, kRows, x.data(), sums.data()};
    SearchTableOf(GetParam()).products(job, products.data());
    EXPECT_EQ(products, expected) << stride;
    std::ranges::fill(products, -7);
    PortableSearchTableOf(GetParam()).products(job, products.data());
    EXPECT_EQ(products, expected) << stride;
  }
}

TEST(BestRows, AreTheBestOfAllScores) {
  for (const size_t d : {1, 5, 64, 100}) {
    const Matrix rows = RandomMatrix(9000, d, d);
    const CoarseRows coarse(rows);
    const std::vector<int32_t> excluded = {0, 3, 4096, 8999, 20000};
    for (uint64_t seed = 0; seed < 10; ++seed) {
      const std::vector<float> x = RandomFloats(d, 100 + seed);
      const std::vector<Ranked> expected = BestOfAllScores(rows, x, 10, excluded);
      const std::vector<Ranked> found = BestRows(rows, x, 10, excluded);
      EXPECT_EQ(Indices(found), Indices(expected));
      EXPECT_EQ(found[9].score, expected[9].score);
      EXPECT_EQ(Indices(BestRows(rows, coarse, x, 10, excluded)), Indices(expected));
    }
  }
}

// Rows of very different lengths, some zero, and many alike: where a coarse score alone would err.
TEST(BestRows, AreFoundThroughBytesWhereTheseTellThemHardlyApart) {
  Matrix rows = RandomMatrix(6000, 32, 1);
  for (size_t r = 0; r < rows.rows(); ++r) {
    const auto length = static_cast<float>(r % 7 == 0 ? 0 : r % 5 == 0 ? 1e-30 : 1 + r % 3);
    for (float& value : rows.Row(r)) value *= length;
    if (r % 2 == 1) {
      for (size_t i = 0; i < 32; ++i)
        rows.Row(r)[i] = rows.Row(1)[i] + 1e-4f * static_cast<float>((r * 31 + i) % 97);
    }
  }
  const CoarseRows coarse(rows);
  for (uint64_t seed = 0; seed < 20; ++seed) {
    std::vector<float> x = RandomFloats(32, seed);
    if (seed % 2 == 0) std::ranges::copy(rows.Row(1), x.begin());
    std::vector<float> expected, found;
    for (const Ranked& one : BestOfAllScores(rows, x, 20, {})) expected.push_back(one.score);
    for (const Ranked& one : BestRows(rows, coarse, x, 20)) found.push_back(one.score);
    // Scores that rounding makes equal may change places.
    EXPECT_THAT(found, testing::Pointwise(testing::FloatNear(1e-4f), expected));
  }
}

TEST(BestRows, OfFewOrNoneAreAllThereAre) {
  const Matrix rows = RandomMatrix(3, 4, 1), none(0, 4);
  const std::vector<float> x(4, 1.0f), zero(4);
  const CoarseRows coarse(rows);
  EXPECT_THAT(BestRows(rows, coarse, x, 10), SizeIs(3));
  EXPECT_THAT(Indices(BestRows(rows, coarse, zero, 2)), testing::ElementsAre(0, 1));
  EXPECT_THAT(BestRows(rows, coarse, x, 0), IsEmpty());
  EXPECT_THAT(BestRows(rows, x, 0), IsEmpty());
  EXPECT_THAT(BestRows(none, CoarseRows(none), x, 5), IsEmpty());
  EXPECT_THAT(BestRows(none, x, 5), IsEmpty());
}

TEST(BestRowsOfAll, AreThoseOfEachUser) {
  const Matrix users = RandomMatrix(150, 16, 1), items = RandomMatrix(333, 16, 2);
  std::vector<std::vector<int32_t>> excluded;
  for (int32_t u = 0; u < 150; ++u) excluded.push_back({u, u + 100});
  ThreadPool pool(3);
  const auto best = BestRowsOfAll(
      users, items, 7, [&](size_t u) { return std::span<const int32_t>(excluded[u]); }, pool);
  ASSERT_THAT(best, SizeIs(150));
  for (size_t u = 0; u < 150; ++u)
    EXPECT_EQ(Indices(best[u]), Indices(BestOfAllScores(items, users.Row(u), 7, excluded[u])));
}

}  // namespace
}  // namespace marquee::kernels::search_test
