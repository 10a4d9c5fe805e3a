#include "kernels/vector.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "base/check.h"
#include "kernels/tables.h"
#include "kernels/targets_internal.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/vector.cc"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace marquee::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;

HWY_INLINE float Sum(hn::Vec<D> v) { return hn::GetLane(hn::SumOfLanes(D(), v)); }

float Dot(const float* HWY_RESTRICT x, const float* HWY_RESTRICT y, size_t n) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  auto sum0 = hn::Zero(d), sum1 = hn::Zero(d), sum2 = hn::Zero(d), sum3 = hn::Zero(d);
  size_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    sum0 = hn::MulAdd(hn::LoadU(d, x + i), hn::LoadU(d, y + i), sum0);
    sum1 = hn::MulAdd(hn::LoadU(d, x + i + lanes), hn::LoadU(d, y + i + lanes), sum1);
    sum2 = hn::MulAdd(hn::LoadU(d, x + i + 2 * lanes), hn::LoadU(d, y + i + 2 * lanes), sum2);
    sum3 = hn::MulAdd(hn::LoadU(d, x + i + 3 * lanes), hn::LoadU(d, y + i + 3 * lanes), sum3);
  }
  for (; i + lanes <= n; i += lanes)
    sum0 = hn::MulAdd(hn::LoadU(d, x + i), hn::LoadU(d, y + i), sum0);
  float sum = Sum(hn::Add(hn::Add(sum0, sum1), hn::Add(sum2, sum3)));
  for (; i < n; ++i) sum += x[i] * y[i];
  return sum;
}

void Axpy(float factor, const float* HWY_RESTRICT x, float* HWY_RESTRICT y, size_t n) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  const auto factors = hn::Set(d, factor);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes)
    hn::StoreU(hn::MulAdd(factors, hn::LoadU(d, x + i), hn::LoadU(d, y + i)), d, y + i);
  for (; i < n; ++i) y[i] += factor * x[i];
}

// Four rows at once: independent sums hide the latency of the additions.
HWY_INLINE void ScoreFour(const std::array<const float*, 4>& rows, size_t n,
                          const float* HWY_RESTRICT x, float* HWY_RESTRICT out) {
  const auto [row0, row1, row2, row3] = rows;
  const D d;
  const size_t lanes = hn::Lanes(d);
  auto sum0 = hn::Zero(d), sum1 = hn::Zero(d), sum2 = hn::Zero(d), sum3 = hn::Zero(d);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const auto xs = hn::LoadU(d, x + i);
    sum0 = hn::MulAdd(hn::LoadU(d, row0 + i), xs, sum0);
    sum1 = hn::MulAdd(hn::LoadU(d, row1 + i), xs, sum1);
    sum2 = hn::MulAdd(hn::LoadU(d, row2 + i), xs, sum2);
    sum3 = hn::MulAdd(hn::LoadU(d, row3 + i), xs, sum3);
  }
  out[0] = Sum(sum0);
  out[1] = Sum(sum1);
  out[2] = Sum(sum2);
  out[3] = Sum(sum3);
  for (; i < n; ++i) {
    out[0] += row0[i] * x[i];
    out[1] += row1[i] * x[i];
    out[2] += row2[i] * x[i];
    out[3] += row3[i] * x[i];
  }
}

void Scores(const float* rows, size_t num_rows, size_t n, const float* x, float* out) {
  size_t row = 0;
  for (; row + 4 <= num_rows; row += 4) {
    const float* first = rows + row * n;
    ScoreFour({first, first + n, first + 2 * n, first + 3 * n}, n, x, out + row);
  }
  for (; row < num_rows; ++row) out[row] = Dot(rows + row * n, x, n);
}

void ScoresOf(const float* rows, const int32_t* indices, size_t count, size_t n, const float* x,
              float* out) {
  const auto row = [&](size_t k) { return rows + static_cast<size_t>(indices[k]) * n; };
  size_t k = 0;
  for (; k + 4 <= count; k += 4)
    ScoreFour({row(k), row(k + 1), row(k + 2), row(k + 3)}, n, x, out + k);
  for (; k < count; ++k) out[k] = Dot(row(k), x, n);
}

HWY_INLINE const float* RowOf(const AddRowsJob& job, size_t k) {
  return job.rows + (job.indices == nullptr ? k : static_cast<size_t>(job.indices[k])) * job.d;
}

HWY_INLINE float WeightOf(const AddRowsJob& job, size_t k) {
  return job.weights == nullptr ? 1.0f : job.weights[k];
}

// Columns begin..begin+kVectors*lanes-1, and with kRest the last `rest` < lanes of all, by a vector
// that ends where the row ends. Summed in registers in one pass: a row is read once, and the sums
// of the columns hide each other's latency. REQUIRES: with kRest a row of a vector or more.
template <size_t kVectors, bool kRest>
HWY_INLINE void AddRowsBlock(const AddRowsJob& job, size_t begin, size_t rest) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  hn::Vec<D> sums[kVectors + 1];
  for (size_t v = 0; v < kVectors; ++v) sums[v] = hn::LoadU(d, job.sum + begin + v * lanes);
  const size_t last = job.d - lanes;
  if (kRest) sums[kVectors] = hn::LoadU(d, job.sum + last);
  for (size_t k = 0; k < job.count; ++k) {
    const float* HWY_RESTRICT row = RowOf(job, k);
    const auto weight = hn::Set(d, WeightOf(job, k));
    for (size_t v = 0; v < kVectors; ++v)
      sums[v] = hn::MulAdd(weight, hn::LoadU(d, row + begin + v * lanes), sums[v]);
    if (kRest) sums[kVectors] = hn::MulAdd(weight, hn::LoadU(d, row + last), sums[kVectors]);
  }
  for (size_t v = 0; v < kVectors; ++v) hn::StoreU(sums[v], d, job.sum + begin + v * lanes);
  if (!kRest) return;
  float end[hn::MaxLanes(d)];
  hn::StoreU(sums[kVectors], d, end);
  for (size_t i = lanes - rest; i < lanes; ++i) job.sum[last + i] = end[i];
}

template <size_t kVectors>
HWY_INLINE void AddRowsEnd(const AddRowsJob& job, size_t begin, size_t rest) {
  if (rest > 0) return AddRowsBlock<kVectors, true>(job, begin, rest);
  if constexpr (kVectors > 0) AddRowsBlock<kVectors, false>(job, begin, 0);
}

void AddRows(const AddRowsJob& job) {
  const size_t lanes = hn::Lanes(D());
  size_t i = 0;
  for (; i < job.d && job.d < lanes; ++i) {
    for (size_t k = 0; k < job.count; ++k) job.sum[i] += WeightOf(job, k) * RowOf(job, k)[i];
  }
  for (; i + 4 * lanes <= job.d; i += 4 * lanes) AddRowsBlock<4, false>(job, i, 0);
  const size_t rest = (job.d - i) % lanes;
  switch ((job.d - i) / lanes) {
    case 0:
      return AddRowsEnd<0>(job, i, rest);
    case 1:
      return AddRowsEnd<1>(job, i, rest);
    case 2:
      return AddRowsEnd<2>(job, i, rest);
    default:
      return AddRowsEnd<3>(job, i, rest);
  }
}

constexpr size_t kProjectedRows = 8;
constexpr size_t kPrefetched =
    2 * kProjectedRows;  // so far ahead that memory has the time to answer

using Half = hwy::float16_t;
static_assert(sizeof(Half) == sizeof(uint16_t));
using DH = hn::Rebind<Half, D>;

HWY_INLINE hn::Vec<D> Load(const uint16_t* halves) {
  return hn::PromoteTo(D(), hn::LoadU(DH(), reinterpret_cast<const Half*>(halves)));
}

using One = hn::CappedTag<float, 1>;
using OneHalf = hn::Rebind<Half, One>;

HWY_INLINE float ToFloat(const uint16_t& half) {
  const auto value = hn::LoadU(OneHalf(), reinterpret_cast<const Half*>(&half));
  return hn::GetLane(hn::PromoteTo(One(), value));
}

void ToHalf(const float* values, size_t n, float factor, uint16_t* halves) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  const auto factors = hn::Set(d, factor);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    hn::StoreU(hn::DemoteTo(DH(), hn::Mul(hn::LoadU(d, values + i), factors)), DH(),
               reinterpret_cast<Half*>(halves + i));
  }
  for (; i < n; ++i) {
    const auto half = hn::DemoteTo(OneHalf(), hn::Set(One(), values[i] * factor));
    hn::StoreU(half, OneHalf(), reinterpret_cast<Half*>(halves + i));
  }
}

// The listed rows k.., scored and added while they are in the cache.
template <size_t kRows>
HWY_INLINE void ProjectRows(const ProjectJob& job, size_t k) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  const float* HWY_RESTRICT x = job.x;
  float* HWY_RESTRICT sum = job.sum;
  const uint16_t* rows[kRows];
  hn::Vec<D> sums[kRows];
  for (size_t r = 0; r < kRows; ++r) {
    rows[r] = job.rows + static_cast<size_t>(job.indices[k + r]) * job.d;
    sums[r] = hn::Zero(d);
  }
  size_t i = 0;
  for (; i + lanes <= job.d; i += lanes) {
    const auto xs = hn::LoadU(d, x + i);
    for (size_t r = 0; r < kRows; ++r) sums[r] = hn::MulAdd(Load(rows[r] + i), xs, sums[r]);
  }
  float weights[kRows];
  for (size_t r = 0; r < kRows; ++r) {
    float score = Sum(sums[r]);
    for (size_t j = i; j < job.d; ++j) score += ToFloat(rows[r][j]) * x[j];
    weights[r] = job.scale * (job.offset + job.factor * job.scale * score);
    sums[r] = hn::Set(d, weights[r]);
  }
  for (i = 0; i + lanes <= job.d; i += lanes) {
    auto total = hn::LoadU(d, sum + i);
    for (size_t r = 0; r < kRows; ++r) total = hn::MulAdd(sums[r], Load(rows[r] + i), total);
    hn::StoreU(total, d, sum + i);
  }
  for (; i < job.d; ++i) {
    for (size_t r = 0; r < kRows; ++r) sum[i] += weights[r] * ToFloat(rows[r][i]);
  }
}

// The rows lie anywhere, so that only the list tells which comes next.
HWY_INLINE void PrefetchRows(const ProjectJob& job, size_t first, size_t last) {
  constexpr size_t kLine = 64 / sizeof(uint16_t);
  for (size_t k = first; k < (last < job.count ? last : job.count); ++k) {
    const uint16_t* row = job.rows + static_cast<size_t>(job.indices[k]) * job.d;
    for (size_t i = 0; i < job.d; i += kLine) hwy::Prefetch(row + i);
  }
}

void AddProjections(const ProjectJob& job) {
  size_t k = 0;
  for (; k + kProjectedRows <= job.count; k += kProjectedRows) {
    PrefetchRows(job, k + kPrefetched, k + kPrefetched + kProjectedRows);
    ProjectRows<kProjectedRows>(job, k);
  }
  for (; k < job.count; ++k) ProjectRows<1>(job, k);
}

void Ascend(const AscendJob& job) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  const auto rate = hn::Set(d, job.rate), scale = hn::Set(d, job.scale), l2 = hn::Set(d, job.l2);
  size_t i = 0;
  for (; i + lanes <= job.n; i += lanes) {
    const auto x = hn::LoadU(d, job.x + i);
    const auto pull = hn::Mul(scale, hn::LoadU(d, job.direction + i));
    auto step = hn::NegMulAdd(l2, x, pull);
    if (job.squares != nullptr) {
      const auto squares = hn::MulAdd(step, step, hn::LoadU(d, job.squares + i));
      hn::StoreU(squares, d, job.squares + i);
      step = hn::Div(step, hn::Sqrt(squares));
    }
    hn::StoreU(hn::MulAdd(rate, step, x), d, job.x + i);
  }
  for (; i < job.n; ++i) {
    float step = job.scale * job.direction[i] - job.l2 * job.x[i];
    if (job.squares != nullptr) {
      job.squares[i] += step * step;
      step /= std::sqrt(job.squares[i]);
    }
    job.x[i] += job.rate * step;
  }
}

bool HasNan(const float* x, size_t n) {
  const D d;
  size_t i = 0;
  for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d)) {
    const auto v = hn::LoadU(d, x + i);
    if (!hn::AllTrue(d, hn::Eq(v, v))) return true;
  }
  for (; i < n; ++i) {
    if (x[i] != x[i]) return true;
  }
  return false;
}

size_t FirstAbove(const float* x, size_t begin, size_t end, float threshold) {
  const D d;
  const auto thresholds = hn::Set(d, threshold);
  size_t i = begin;
  for (; i + hn::Lanes(d) <= end; i += hn::Lanes(d)) {
    if (!hn::AllFalse(d, hn::Gt(hn::LoadU(d, x + i), thresholds))) break;
  }
  while (i < end && !(x[i] > threshold)) ++i;
  return i;
}

constexpr VectorTable kVectorTable = {hn::MaxLanes(D()), Dot,    Axpy,   Scores, ScoresOf,  AddRows,
                                      AddProjections,    ToHalf, Ascend, HasNan, FirstAbove};

}  // namespace marquee::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace marquee::kernels {
namespace {

const VectorTable& Active() {
  static const VectorTable& table = VectorTableOf(ActiveSimd());
  return table;
}

}  // namespace

const VectorTable& VectorTableOf(Simd level) { MARQUEE_SELECT_TABLE(level, kVectorTable); }

float Dot(std::span<const float> x, std::span<const float> y) {
  MARQUEE_CHECK(x.size() == y.size());
  return Active().dot(x.data(), y.data(), x.size());
}

void Axpy(float factor, std::span<const float> x, std::span<float> y) {
  MARQUEE_CHECK(x.size() == y.size());
  Active().axpy(factor, x.data(), y.data(), x.size());
}

void Scores(const Matrix& rows, std::span<const float> x, std::span<float> scores) {
  MARQUEE_CHECK(x.size() == rows.columns() && scores.size() == rows.rows());
  Active().scores(rows.values().data(), rows.rows(), rows.columns(), x.data(), scores.data());
}

void ScoresOf(const Matrix& rows, std::span<const int32_t> indices, std::span<const float> x,
              std::span<float> scores) {
  MARQUEE_CHECK(x.size() == rows.columns() && scores.size() == indices.size());
  Active().scores_of(rows.values().data(), indices.data(), indices.size(), rows.columns(), x.data(),
                     scores.data());
}

void AddRows(const Matrix& rows, std::span<const int32_t> indices, std::span<float> sum,
             std::span<const float> weights) {
  MARQUEE_CHECK(sum.size() == rows.columns());
  MARQUEE_CHECK(weights.empty() || weights.size() == indices.size());
  Active().add_rows({rows.values().data(), rows.columns(), indices.data(), indices.size(),
                     weights.empty() ? nullptr : weights.data(), sum.data()});
}

HalfMatrix::HalfMatrix(const Matrix& matrix, ThreadPool& pool)
    : rows_(matrix.rows()), columns_(matrix.columns()), data_(rows_ * columns_) {
  constexpr int64_t kBlock = 1 << 16;
  constexpr int kTop = 14;  // the largest value comes to lie below 2^(kTop + 1)
  const std::span<const float> values = matrix.values();
  const auto size = static_cast<int64_t>(values.size());
  std::vector<float> largest(static_cast<size_t>((size + kBlock - 1) / kBlock));
  pool.ParallelFor(std::ssize(largest), 1, [&](int64_t begin, int64_t end, int) {
    for (int64_t block = begin; block < end; ++block) {
      const auto part = values.subspan(static_cast<size_t>(block * kBlock));
      float& most = largest[static_cast<size_t>(block)];
      for (const float value : part.first(std::min<size_t>(part.size(), kBlock)))
        most = std::max(most, std::abs(value));
    }
  });
  const float most = largest.empty() ? 0 : std::ranges::max(largest);
  if (most > 0) scale_ = std::ldexp(1.0f, std::ilogb(most) - kTop);
  pool.ParallelFor(size, kBlock, [&](int64_t begin, int64_t end, int) {
    const auto first = static_cast<size_t>(begin);
    Active().to_half(values.data() + first, static_cast<size_t>(end - begin), 1 / scale_,
                     data_.data() + first);
  });
}

void AddProjections(const HalfMatrix& rows, std::span<const int32_t> indices,
                    std::span<const float> x, const Projection& weight, std::span<float> sum) {
  MARQUEE_CHECK(x.size() == rows.columns() && sum.size() == rows.columns());
  Active().add_projections({rows.data(), rows.scale(), rows.columns(), indices.data(),
                            indices.size(), x.data(), weight.offset, weight.factor, sum.data()});
}

void Ascend(const Ascent& step, std::span<const float> direction, std::span<float> x,
            std::span<float> squares) {
  MARQUEE_CHECK(x.size() == direction.size());
  MARQUEE_CHECK(squares.empty() || squares.size() == x.size());
  Active().ascend({step.rate, step.scale, direction.data(), step.l2, x.data(),
                   squares.empty() ? nullptr : squares.data(), x.size()});
}

bool HasNan(std::span<const float> x) { return Active().has_nan(x.data(), x.size()); }

}  // namespace marquee::kernels
#endif
