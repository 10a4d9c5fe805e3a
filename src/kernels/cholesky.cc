#include "kernels/cholesky.h"

#include <cmath>

#include "base/check.h"
#include "kernels/tables.h"
#include "kernels/targets_internal.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cholesky.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/tile_internal.h"

HWY_BEFORE_NAMESPACE();
namespace marquee::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr size_t kStrip = 64;

struct Square {
  float* a;
  size_t d;
  size_t stride;
};

// Takes rows first..last-1 of U away from rows i.. of a: a[i..][j] -= sum_k u[k][i..] u[k][j].
HWY_INLINE void SubtractRows(const Square& square, size_t first, size_t last, size_t i) {
  const auto [a, d, stride] = square;
  const size_t width = (d + kLanes - 1) / kLanes * kLanes;
  const size_t from = i / kLanes * kLanes;
  const size_t rows = d - i < kTileRows ? d - i : kTileRows;
  float* target = a + i * stride + from;
  TileRow<true>({a + first * stride + i, stride, a + first * stride + from, stride, last - first,
                 target, target, stride, rows},
                width - from);
}

// to -= factor * row, from the vector that holds column `begin` on.
HWY_INLINE void SubtractScaled(float factor, const float* row, float* to, size_t begin,
                               size_t width) {
  const TileTag d;
  const auto factors = hn::Set(d, factor);
  for (size_t j = begin / kLanes * kLanes; j < width; j += kLanes)
    hn::StoreU(hn::NegMulAdd(factors, hn::LoadU(d, row + j), hn::LoadU(d, to + j)), d, to + j);
}

// The rows i..i+kTileRows-1, from which all rows above have been taken away.
HWY_INLINE bool FactorRows(const Square& square, size_t i) {
  const auto [a, d, stride] = square;
  const TileTag tag;
  const size_t width = (d + kLanes - 1) / kLanes * kLanes;
  const size_t end = d - i < kTileRows ? d : i + kTileRows;
  for (size_t p = i; p < end; ++p) {
    float* row = a + p * stride;
    const float pivot = row[p];
    if (!(pivot > 0)) return false;
    const float root = std::sqrt(pivot);
    const auto inverse = hn::Set(tag, 1 / root);
    for (size_t j = p / kLanes * kLanes; j < width; j += kLanes)
      hn::StoreU(hn::Mul(inverse, hn::LoadU(tag, row + j)), tag, row + j);
    row[p] = root;
    for (size_t q = p + 1; q < end; ++q) SubtractScaled(row[q], row, a + q * stride, q, width);
  }
  return true;
}

// Left-looking: a strip of rows takes away all strips above, each read once from memory, then
// factors itself.
bool Factor(float* a, size_t d, size_t stride) {
  for (size_t strip = 0; strip < d; strip += kStrip) {
    const size_t end = d - strip < kStrip ? d : strip + kStrip;
    for (size_t above = 0; above < strip; above += kStrip) {
      for (size_t i = strip; i < end; i += kTileRows)
        SubtractRows({a, d, stride}, above, above + kStrip, i);
    }
    for (size_t i = strip; i < end; i += kTileRows) {
      if (i > strip) SubtractRows({a, d, stride}, strip, i, i);
      if (!FactorRows({a, d, stride}, i)) return false;
    }
  }
  return true;
}

constexpr size_t kSolveRows = 4;

// x -= the rows p..p+kSolveRows-1 of u times their values, from column p + kSolveRows on.
HWY_INLINE void Eliminate(const float* HWY_RESTRICT u, size_t stride, size_t p, size_t d,
                          float* HWY_RESTRICT x) {
  const TileTag tag;
  const float* row0 = u + p * stride;
  const float* row1 = row0 + stride;
  const float* row2 = row1 + stride;
  const float* row3 = row2 + stride;
  const float x0 = x[p], x1 = x[p + 1], x2 = x[p + 2], x3 = x[p + 3];
  const auto v0 = hn::Set(tag, x0), v1 = hn::Set(tag, x1);
  const auto v2 = hn::Set(tag, x2), v3 = hn::Set(tag, x3);
  size_t j = p + kSolveRows;
  for (; j < d && j % kLanes != 0; ++j)
    x[j] -= (row0[j] * x0 + row1[j] * x1) + (row2[j] * x2 + row3[j] * x3);
  for (; j + kLanes <= d; j += kLanes) {
    auto rest = hn::LoadU(tag, x + j);
    rest = hn::NegMulAdd(v0, hn::LoadU(tag, row0 + j), rest);
    rest = hn::NegMulAdd(v1, hn::LoadU(tag, row1 + j), rest);
    rest = hn::NegMulAdd(v2, hn::LoadU(tag, row2 + j), rest);
    hn::StoreU(hn::NegMulAdd(v3, hn::LoadU(tag, row3 + j), rest), tag, x + j);
  }
  for (; j < d; ++j) x[j] -= (row0[j] * x0 + row1[j] * x1) + (row2[j] * x2 + row3[j] * x3);
}

// U^T y = x in place. The rows of a block depend on each other only within its own columns.
HWY_INLINE void SolveForward(const float* u, size_t d, size_t stride, float* x) {
  for (size_t p = 0; p < d; p += kSolveRows) {
    const size_t end = d - p < kSolveRows ? d : p + kSolveRows;
    for (size_t q = p; q < end; ++q) {
      x[q] /= u[q * stride + q];
      for (size_t j = q + 1; j < end; ++j) x[j] -= u[q * stride + j] * x[q];
    }
    if (end == p + kSolveRows) Eliminate(u, stride, p, d, x);
  }
}

// x[p..p+kSolveRows-1] -= the rows times x from column p + kSolveRows on.
HWY_INLINE void TakeRest(const float* HWY_RESTRICT u, size_t stride, size_t p, size_t d,
                         float* HWY_RESTRICT x) {
  const TileTag tag;
  const float* row0 = u + p * stride;
  const float* row1 = row0 + stride;
  const float* row2 = row1 + stride;
  const float* row3 = row2 + stride;
  auto sum0 = hn::Zero(tag), sum1 = hn::Zero(tag), sum2 = hn::Zero(tag), sum3 = hn::Zero(tag);
  float rest[kSolveRows] = {0, 0, 0, 0};
  const auto add = [&](size_t j) HWY_ATTR {
    rest[0] += row0[j] * x[j];
    rest[1] += row1[j] * x[j];
    rest[2] += row2[j] * x[j];
    rest[3] += row3[j] * x[j];
  };
  size_t j = p + kSolveRows;
  for (; j < d && j % kLanes != 0; ++j) add(j);
  for (; j + kLanes <= d; j += kLanes) {
    const auto known = hn::LoadU(tag, x + j);
    sum0 = hn::MulAdd(known, hn::LoadU(tag, row0 + j), sum0);
    sum1 = hn::MulAdd(known, hn::LoadU(tag, row1 + j), sum1);
    sum2 = hn::MulAdd(known, hn::LoadU(tag, row2 + j), sum2);
    sum3 = hn::MulAdd(known, hn::LoadU(tag, row3 + j), sum3);
  }
  for (; j < d; ++j) add(j);
  x[p] -= rest[0] + hn::GetLane(hn::SumOfLanes(tag, sum0));
  x[p + 1] -= rest[1] + hn::GetLane(hn::SumOfLanes(tag, sum1));
  x[p + 2] -= rest[2] + hn::GetLane(hn::SumOfLanes(tag, sum2));
  x[p + 3] -= rest[3] + hn::GetLane(hn::SumOfLanes(tag, sum3));
}

// U y = x in place.
HWY_INLINE void SolveBackward(const float* u, size_t d, size_t stride, float* x) {
  for (size_t block = (d + kSolveRows - 1) / kSolveRows; block-- > 0;) {
    const size_t p = block * kSolveRows;
    const size_t end = d - p < kSolveRows ? d : p + kSolveRows;
    if (end < d) TakeRest(u, stride, p, d, x);
    for (size_t q = end; q-- > p;) {
      for (size_t j = q + 1; j < end; ++j) x[q] -= u[q * stride + j] * x[j];
      x[q] /= u[q * stride + q];
    }
  }
}

void Solve(const float* u, size_t d, size_t stride, float* x) {
  SolveForward(u, d, stride, x);
  SolveBackward(u, d, stride, x);
}

constexpr CholeskyTable kCholeskyTable = {Factor, Solve};

}  // namespace marquee::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace marquee::kernels {

const CholeskyTable& CholeskyTableOf(Simd level) { MARQUEE_SELECT_TABLE(level, kCholeskyTable); }

bool CholeskyFactor(SymmetricMatrix* a) {
  return CholeskyTableOf(ActiveSimd()).factor(a->data(), a->size(), a->stride());
}

void CholeskySolve(const SymmetricMatrix& u, std::span<float> x) {
  MARQUEE_CHECK(x.size() == u.size());
  CholeskyTableOf(ActiveSimd()).solve(u.data(), u.size(), u.stride(), x.data());
}

}  // namespace marquee::kernels
#endif
