#include "kernels/search.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "base/check.h"
#include "kernels/gram.h"
#include "kernels/tables.h"
#include "kernels/targets_internal.h"
#include "kernels/vector.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/search.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace marquee::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// out[r] = row r . x in integers.
#if HWY_TARGET == HWY_SCALAR
void ProductsOfBytes(const CoarseJob& job, int32_t* HWY_RESTRICT out) {
  for (size_t r = 0; r < job.count; ++r) {
    const int8_t* HWY_RESTRICT row = job.rows + r * job.stride;
    out[r] = 0;
    for (size_t i = 0; i < job.stride; ++i) out[r] += int32_t{row[i]} * int32_t{job.x[i]};
  }
}
#else
void ProductsOfBytes(const CoarseJob& job, int32_t* HWY_RESTRICT out) {
  const hn::ScalableTag<int16_t> d16;
  const hn::Rebind<int8_t, decltype(d16)> d8;
  const hn::RepartitionToWide<decltype(d16)> d32;
  for (size_t r = 0; r < job.count; ++r) {
    const int8_t* HWY_RESTRICT row = job.rows + r * job.stride;
    auto sum0 = hn::Zero(d32), sum1 = hn::Zero(d32);
    for (size_t i = 0; i < job.stride; i += hn::Lanes(d16)) {
      sum0 =
          hn::ReorderWidenMulAccumulate(d32, hn::PromoteTo(d16, hn::LoadU(d8, row + i)),
                                        hn::PromoteTo(d16, hn::LoadU(d8, job.x + i)), sum0, sum1);
    }
    out[r] = hn::GetLane(hn::SumOfLanes(d32, hn::Add(sum0, sum1)));
  }
}
#endif

constexpr SearchTable kSearchTable = {ProductsOfBytes};

}  // namespace marquee::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace marquee::kernels {
namespace {

constexpr size_t kBlockRows = 4096;  // their scores stay in the first-level cache
constexpr size_t kStep = 64;         // bytes: a multiple of every register
constexpr int64_t kUsersTogether = 64;

// scale * bytes is about `values`.
float Quantize(std::span<const float> values, int8_t* bytes) {
  float largest = 0;
  for (const float value : values) largest = std::max(largest, std::abs(value));
  const float scale = largest / 127;
  // Below that, a quotient would overflow.
  if (!(scale > std::numeric_limits<float>::min())) return 0;
  for (size_t i = 0; i < values.size(); ++i)
    bytes[i] = static_cast<int8_t>(std::lrint(values[i] / scale));
  return scale;
}

struct Norms {
  float norm;   // of scale * bytes
  float error;  // of values - scale * bytes
};

// Both a little too large, by what the products may err in float32.
Norms NormsOf(std::span<const float> values, const int8_t* bytes, float scale) {
  double square = 0, left_out = 0, whole = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const double byte = double{scale} * bytes[i], value = values[i];
    square += byte * byte;
    left_out += (value - byte) * (value - byte);
    whole += value * value;
  }
  const double rounding =
      std::ldexp(static_cast<double>(values.size()) + 8, -23) * std::sqrt(whole);
  return {static_cast<float>(std::sqrt(square) * 1.00001),
          static_cast<float>((std::sqrt(left_out) + rounding) * 1.00001)};
}

}  // namespace

const SearchTable& PortableSearchTableOf(Simd level) { MARQUEE_SELECT_TABLE(level, kSearchTable); }

#if HWY_TARGETS & HWY_AVX3
namespace {

// This release of Highway does not know AVX-512's products of bytes. They take one factor without
// sign: x + 128, for which 128 times the sum of the row is taken away again.
__attribute__((target("avx512f,avx512bw,avx512vnni"))) void ProductsByVnni(const CoarseJob& job,
                                                                           int32_t* out) {
  const __m512i flip = _mm512_set1_epi8(-128);
  for (size_t r = 0; r < job.count; ++r) {
    const int8_t* row = job.rows + r * job.stride;
    __m512i sum = _mm512_setzero_si512();
    for (size_t i = 0; i < job.stride; i += 64) {
      const __m512i x = _mm512_xor_si512(_mm512_loadu_si512(job.x + i), flip);
      sum = _mm512_dpbusd_epi32(sum, x, _mm512_loadu_si512(row + i));
    }
    out[r] = _mm512_reduce_add_epi32(sum) - 128 * job.sums[r];
  }
}

constexpr SearchTable kVnniTable = {ProductsByVnni};

}  // namespace

const SearchTable& SearchTableOf(Simd level) {
  static const bool has_vnni = __builtin_cpu_supports("avx512vnni") != 0;
  return level == Simd::kAvx512 && has_vnni ? kVnniTable : PortableSearchTableOf(level);
}
#else
const SearchTable& SearchTableOf(Simd level) { return PortableSearchTableOf(level); }
#endif

CoarseRows::CoarseRows(const Matrix& rows)
    : columns_(rows.columns()), stride_((columns_ + kStep - 1) / kStep * kStep) {
  bytes_.resize(rows.rows() * stride_);
  for (size_t r = 0; r < rows.rows(); ++r) {
    int8_t* bytes = bytes_.data() + r * stride_;
    scales_.push_back(Quantize(rows.Row(r), bytes));
    const auto [norm, error] = NormsOf(rows.Row(r), bytes, scales_.back());
    norms_.push_back(norm);
    errors_.push_back(error);
    int32_t sum = 0;
    for (size_t i = 0; i < stride_; ++i) sum += bytes[i];
    sums_.push_back(sum);
  }
}

// The first pass: collects the rows that may be among the k best.
class CoarseSearch {
 public:
  CoarseSearch(const CoarseRows& rows, std::span<const float> x, size_t k)
      : rows_(rows), k_(k), x_(rows.stride_) {
    scale_ = Quantize(x, x_.data());
    const auto [norm, error] = NormsOf(x, x_.data(), scale_);
    x_error_ = error;
    x_norm_ = norm + error;
  }

  // Ascending.
  std::vector<int32_t> Candidates(std::span<const int32_t> excluded) {
    const VectorTable& table = VectorTableOf(ActiveSimd());
    std::vector<float> upper(std::min(kBlockRows, rows_.rows()));
    for (size_t first = 0; first < rows_.rows(); first += kBlockRows) {
      const size_t count = std::min(kBlockRows, rows_.rows() - first);
      Bound(first, std::span(upper).first(count));
      for (size_t i = 0; i < count; ++i) {
        i = table.first_above(upper.data(), i, count, threshold_);
        if (i == count) break;
        const size_t row = first + i;
        if (std::ranges::binary_search(excluded, static_cast<int32_t>(row))) continue;
        Keep(row, upper[i]);
      }
    }
    std::vector<int32_t> kept;
    for (const Ranked& candidate : candidates_) {
      if (candidate.score > threshold_) kept.push_back(candidate.index);
    }
    return kept;
  }

 private:
  // No score of the rows first.. lies above.
  void Bound(size_t first, std::span<float> upper) {
    products_.resize(upper.size());
    SearchTableOf(ActiveSimd())
        .products({rows_.bytes_.data() + first * rows_.stride_, rows_.stride_, upper.size(),
                   x_.data(), rows_.sums_.data() + first},
                  products_.data());
    const float* scales = rows_.scales_.data() + first;
    for (size_t i = 0; i < upper.size(); ++i)
      upper[i] = static_cast<float>(products_[i]) * (scale_ * scales[i]) + Error(first + i);
  }

  // r.x - r'x' = r'(x - x') + (r - r')x, the bytes being r' and x'.
  float Error(size_t row) const {
    return rows_.norms_[row] * x_error_ + rows_.errors_[row] * x_norm_;
  }

  // The k-th best lower bound is what others have to reach.
  void Keep(size_t row, float upper) {
    candidates_.push_back({static_cast<int32_t>(row), upper});
    lower_.push_back(upper - 2 * Error(row));
    std::push_heap(lower_.begin(), lower_.end(), std::greater<>());
    if (lower_.size() > k_) {
      std::pop_heap(lower_.begin(), lower_.end(), std::greater<>());
      lower_.pop_back();
    }
    if (lower_.size() == k_)
      threshold_ = std::nextafter(lower_.front(), -std::numeric_limits<float>::infinity());
  }

  const CoarseRows& rows_;
  const size_t k_;
  std::vector<int8_t> x_;
  float scale_;
  float x_error_, x_norm_;
  std::vector<int32_t> products_;
  std::vector<Ranked> candidates_;  // with their upper bounds
  std::vector<float> lower_;        // a heap of the k best lower bounds, the worst in front
  float threshold_ = -std::numeric_limits<float>::infinity();
};

std::vector<Ranked> BestRows(const Matrix& rows, std::span<const float> x, size_t k,
                             std::span<const int32_t> excluded) {
  MARQUEE_CHECK(x.size() == rows.columns());
  const VectorTable& table = VectorTableOf(ActiveSimd());
  BestScores best(k, excluded);
  std::vector<float> scores(std::min(kBlockRows, rows.rows()));
  for (size_t first = 0; first < rows.rows(); first += kBlockRows) {
    const size_t count = std::min(kBlockRows, rows.rows() - first);
    table.scores(rows.values().data() + first * rows.columns(), count, rows.columns(), x.data(),
                 scores.data());
    best.Add(std::span(scores).first(count));
  }
  return best.Take();
}

std::vector<Ranked> BestRows(const Matrix& rows, const CoarseRows& coarse, std::span<const float> x,
                             size_t k, std::span<const int32_t> excluded) {
  MARQUEE_CHECK(x.size() == rows.columns() && coarse.columns() == rows.columns());
  MARQUEE_CHECK(coarse.rows() == rows.rows());
  if (k == 0) return {};
  const std::vector<int32_t> candidates = CoarseSearch(coarse, x, k).Candidates(excluded);
  std::vector<float> scores(candidates.size());
  ScoresOf(rows, candidates, x, scores);
  std::vector<Ranked> best = TopK(scores, k);
  for (Ranked& one : best) one.index = candidates[static_cast<size_t>(one.index)];
  return best;
}

std::vector<std::vector<Ranked>> BestRowsOfAll(
    const Matrix& users, const Matrix& rows, size_t k,
    const std::function<std::span<const int32_t>(size_t user)>& excluded, ThreadPool& pool) {
  MARQUEE_CHECK(users.columns() == rows.columns());
  std::vector<std::vector<Ranked>> best(users.rows());
  pool.ParallelFor(
      static_cast<int64_t>(users.rows()), kUsersTogether, [&](int64_t begin, int64_t end, int) {
        const auto first = static_cast<size_t>(begin), count = static_cast<size_t>(end - begin);
        Scratch scratch;
        std::vector<float> scores(count * rows.rows());
        GramTableOf(ActiveSimd())
            .batch_scores({users.values().data() + first * users.columns(), count,
                           rows.values().data(), rows.rows(), rows.columns(), scores.data(),
                           scratch.Floats(BatchScratchFloats(rows.columns()))});
        for (size_t u = 0; u < count; ++u)
          best[first + u] =
              TopK(std::span(scores).subspan(u * rows.rows(), rows.rows()), k, excluded(first + u));
      });
  return best;
}

}  // namespace marquee::kernels
#endif
