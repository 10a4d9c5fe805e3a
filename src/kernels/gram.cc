#include "kernels/gram.h"

#include <algorithm>
#include <vector>

#include "base/check.h"
#include "kernels/tables.h"
#include "kernels/targets_internal.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/gram.cc"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/pack_internal.h"
#include "kernels/tile_internal.h"

#ifndef MARQUEE_KERNELS_GRAM_SIZES_
#define MARQUEE_KERNELS_GRAM_SIZES_
namespace marquee::kernels {

// How many rows are packed together: a panel that stays in the first-level cache, or for long rows
// in the second.
inline size_t PanelRows(size_t stride) {
  constexpr size_t kL1Floats = 6 * 1024, kL2Floats = 128 * 1024;
  if (stride * 32 <= kL1Floats) return kL1Floats / stride;
  const size_t rows = kL2Floats / stride;
  return rows < 32 ? 32 : rows > 128 ? 128 : rows;
}

constexpr size_t kPrefetched = 16;  // rows ahead
constexpr size_t kBatchUsers = 64;  // packed together
constexpr size_t kBatchItems = 48;  // a multiple of every tile's width

}  // namespace marquee::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace marquee::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

HWY_INLINE const float* RowOf(const GramJob& job, size_t k) {
  return job.rows + (job.indices == nullptr ? k : static_cast<size_t>(job.indices[k])) * job.d;
}

// Listed rows lie anywhere, so that only the list tells which comes next.
HWY_INLINE void PrefetchRow(const GramJob& job, size_t k) {
  const float* row = RowOf(job, k);
  for (size_t i = 0; i < job.d; i += 64 / sizeof(float)) hwy::Prefetch(row + i);
}

// Copies rows first..first+count-1 of the job side by side, so that the tiles read on in memory.
HWY_INLINE void Pack(const GramJob& job, size_t first, size_t count, float* HWY_RESTRICT panel,
                     float* HWY_RESTRICT weighted) {
  const TileTag d;
  for (size_t k = 0; k < count; ++k) {
    if (first + k + kPrefetched < job.count) PrefetchRow(job, first + k + kPrefetched);
    const float* HWY_RESTRICT row = RowOf(job, first + k);
    float* HWY_RESTRICT to = panel + k * job.stride;
    size_t i = 0;
    for (; i + kLanes <= job.d; i += kLanes) hn::StoreU(hn::LoadU(d, row + i), d, to + i);
    for (; i < job.d; ++i) to[i] = row[i];
    for (; i < job.stride; ++i) to[i] = 0;
    if (job.weights == nullptr) continue;
    const auto factor = hn::Set(d, job.weights[first + k]);
    float* HWY_RESTRICT scaled = weighted + k * job.stride;
    for (i = 0; i < job.stride; i += kLanes)
      hn::StoreU(hn::Mul(factor, hn::LoadU(d, to + i)), d, scaled + i);
  }
}

// A panel of packed rows on its way into rows begin..end-1 of a.
struct Panel {
  const float* rows;
  const float* weighted;  // the same times their weights
  size_t count;
  size_t stride;  // of the panel and of a
};

// The rows begin..end-1 of a d x d matrix.
struct Target {
  float* a;
  size_t d;
  size_t begin, end;
};

// `first`: the target is written, not added to.
HWY_INLINE void AddPanel(const Panel& panel, const Target& target, bool first) {
  const size_t width = (target.d + kLanes - 1) / kLanes * kLanes;
  for (size_t i = target.begin; i < target.end; i += kTileRows) {
    const size_t from = i / kLanes * kLanes;  // the diagonal is somewhere in the first vector
    float* a = target.a + i * panel.stride + from;
    const size_t rows = target.end - i < kTileRows ? target.end - i : kTileRows;
    TileRow<false>({panel.weighted + i, panel.stride, panel.rows + from, panel.stride, panel.count,
                    first ? nullptr : a, a, panel.stride, rows},
                   width - from);
  }
}

void GramKernel(const GramJob& job) {
  const size_t panel_rows = PanelRows(job.stride);
  float* panel = job.scratch;
  float* weighted = job.weights == nullptr ? panel : panel + panel_rows * job.stride;
  size_t first = 0;
  do {
    const size_t left = job.count - first;
    const size_t count = left < panel_rows ? left : panel_rows;
    Pack(job, first, count, panel, weighted);
    AddPanel({panel, weighted, count, job.stride}, {job.a, job.d, job.begin, job.end}, first == 0);
    first += count;
  } while (first < job.count);
}

// Elements first..first+count-1 of the listed rows become rows of the panel.
HWY_INLINE void PackOuter(const OuterGramJob& job, size_t first, size_t count,
                          float* HWY_RESTRICT panel, float* HWY_RESTRICT weighted) {
  for (size_t j = 0; j < job.stride; j += kTransposed) {
    const float* rows[kTransposed];
    for (size_t c = 0; c < kTransposed; ++c) {
      const size_t column = j + c < job.count ? j + c : job.count - 1;  // beyond: any, unused
      rows[c] = job.rows + static_cast<size_t>(job.indices[column]) * job.d + first;
    }
    Transpose(rows, count, panel + j, job.stride);
  }
  const TileTag d;
  for (size_t k = 0; k < count; ++k) {
    const auto factor = hn::Set(d, job.weights[first + k]);
    for (size_t j = k * job.stride; j < (k + 1) * job.stride; j += kLanes)
      hn::StoreU(hn::Mul(factor, hn::LoadU(d, panel + j)), d, weighted + j);
  }
}

void OuterGramKernel(const OuterGramJob& job) {
  const size_t panel_rows = PanelRows(job.stride);
  float* weighted = job.scratch + panel_rows * job.stride;
  for (size_t first = 0; first < job.d; first += panel_rows) {
    const size_t count = job.d - first < panel_rows ? job.d - first : panel_rows;
    PackOuter(job, first, count, job.scratch, weighted);
    AddPanel({job.scratch, weighted, count, job.stride}, {job.a, job.count, 0, job.count},
             first == 0);
  }
}

// The packed users u.. against the packed items i..
HWY_INLINE void ScoreBlock(const BatchJob& job, size_t u, size_t i, const float* left,
                           const float* right) {
  const size_t num_users = job.num_users - u < kBatchUsers ? job.num_users - u : kBatchUsers;
  const size_t num_items = job.num_items - i < kBatchItems ? job.num_items - i : kBatchItems;
  float tile[kTileRows * kBatchItems];
  for (size_t first = 0; first < num_users; first += kTileRows) {
    TileRow<false>({left + first, kBatchUsers, right, kBatchItems, job.d, nullptr, tile,
                    kBatchItems, kTileRows},
                   kBatchItems);
    const size_t rows = num_users - first < kTileRows ? num_users - first : kTileRows;
    for (size_t r = 0; r < rows; ++r) {
      float* out = job.out + (u + first + r) * job.num_items + i;
      for (size_t c = 0; c < num_items; ++c) out[c] = tile[r * kBatchItems + c];
    }
  }
}

void BatchScoresKernel(const BatchJob& job) {
  float* left = job.scratch;
  float* right = job.scratch + job.d * kBatchUsers;
  for (size_t u = 0; u < job.num_users; u += kBatchUsers) {
    PackTransposed({job.users + u * job.d, job.d, job.num_users - u, job.d}, kBatchUsers, left);
    for (size_t i = 0; i < job.num_items; i += kBatchItems) {
      PackTransposed({job.items + i * job.d, job.d, job.num_items - i, job.d}, kBatchItems, right);
      ScoreBlock(job, u, i, left, right);
    }
  }
}

constexpr GramTable kGramTable = {GramKernel, OuterGramKernel, BatchScoresKernel};

}  // namespace marquee::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace marquee::kernels {
namespace {

constexpr size_t kStripRows = 64;

const GramTable& Active() {
  static const GramTable& table = GramTableOf(ActiveSimd());
  return table;
}

}  // namespace

const GramTable& GramTableOf(Simd level) { MARQUEE_SELECT_TABLE(level, kGramTable); }

size_t GramScratchFloats(size_t d, bool weighted) {
  const size_t stride = ConflictFreeStride(d);
  return PanelRows(stride) * stride * (weighted ? 2 : 1);
}

size_t BatchScratchFloats(size_t d) { return d * (kBatchUsers + kBatchItems); }

float* Scratch::Floats(size_t size) {
  if (floats_.size() < size) floats_ = AlignedFloats(size);
  return floats_.data();
}

void GramOfRows(const Matrix& rows, std::span<const int32_t> indices,
                std::span<const float> weights, SymmetricMatrix* a, Scratch& scratch) {
  MARQUEE_CHECK(weights.empty() || weights.size() == indices.size());
  a->Reshape(rows.columns());
  const bool weighted = !weights.empty();
  // Null would mean all rows.
  constexpr int32_t kNone = 0;
  Active().gram({rows.values().data(), rows.columns(), indices.empty() ? &kNone : indices.data(),
                 indices.size(), weighted ? weights.data() : nullptr, a->data(), a->stride(), 0,
                 a->size(), scratch.Floats(GramScratchFloats(rows.columns(), weighted))});
}

void OuterGramOfRows(const Matrix& rows, std::span<const int32_t> indices,
                     std::span<const float> weights, SymmetricMatrix* a, Scratch& scratch) {
  MARQUEE_CHECK(weights.size() == rows.columns() && !weights.empty());
  a->Reshape(indices.size());
  if (indices.empty()) return;
  Active().outer_gram({rows.values().data(), rows.columns(), indices.data(), indices.size(),
                       weights.data(), a->data(), a->stride(),
                       scratch.Floats(GramScratchFloats(indices.size(), true))});
}

SymmetricMatrix Gram(const Matrix& rows, ThreadPool& pool) {
  SymmetricMatrix gram(rows.columns());
  const size_t d = rows.columns();
  const auto strips = static_cast<int64_t>((d + kStripRows - 1) / kStripRows);
  pool.ParallelFor(strips, 1, [&](int64_t first, int64_t last, int) {
    Scratch scratch;
    const size_t begin = static_cast<size_t>(first) * kStripRows;
    const size_t end = std::min(static_cast<size_t>(last) * kStripRows, d);
    Active().gram({rows.values().data(), d, nullptr, rows.rows(), nullptr, gram.data(),
                   gram.stride(), begin, end, scratch.Floats(GramScratchFloats(d, false))});
  });
  return gram;
}

void BatchScores(const Matrix& users, const Matrix& items, std::span<float> scores,
                 Scratch& scratch) {
  MARQUEE_CHECK(users.columns() == items.columns());
  MARQUEE_CHECK(scores.size() == users.rows() * items.rows());
  Active().batch_scores({users.values().data(), users.rows(), items.values().data(), items.rows(),
                         users.columns(), scores.data(),
                         scratch.Floats(BatchScratchFloats(users.columns()))});
}

void MultiplyTransposed(Matrix* a, const Matrix& b, ThreadPool& pool) {
  const size_t d = a->columns();
  MARQUEE_CHECK(b.rows() == d && b.columns() == d);
  constexpr int64_t kRows = 256;
  struct Worker {
    Scratch before, packed;
  };
  std::vector<Worker> workers(static_cast<size_t>(pool.threads()));
  const auto turn = [&](int64_t begin, int64_t end, int worker) {
    auto& [before, packed] = workers[static_cast<size_t>(worker)];
    const auto count = static_cast<size_t>(end - begin);
    const std::span<float> rows = a->values().subspan(static_cast<size_t>(begin) * d, count * d);
    std::ranges::copy(rows, before.Floats(rows.size()));
    Active().batch_scores({before.Floats(rows.size()), count, b.values().data(), d, d, rows.data(),
                           packed.Floats(BatchScratchFloats(d))});
  };
  pool.ParallelFor(static_cast<int64_t>(a->rows()), kRows, turn);
}

}  // namespace marquee::kernels
#endif
