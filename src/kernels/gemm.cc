#include "kernels/gemm.h"

#include <algorithm>

#include "base/check.h"
#include "kernels/tables.h"
#include "kernels/targets_internal.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/gemm.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/pack_internal.h"
#include "kernels/tile_internal.h"

#ifndef MARQUEE_KERNELS_GEMM_SIZES_
#define MARQUEE_KERNELS_GEMM_SIZES_
namespace marquee::kernels {

constexpr size_t kGemmRows = 64;    // of a, packed together
constexpr size_t kGemmPanel = 48;   // columns of b side by side: a multiple of every tile's width
constexpr size_t kGemmPanels = 10;  // packed together, in the second-level cache
constexpr size_t kGemmDepth = 192;  // a panel of that depth stays near the first-level cache

}  // namespace marquee::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace marquee::kernels::HWY_NAMESPACE {

// Rows first..first+count-1 of what has `depth` columns from `from` on: to[k * width + r].
struct PackJob {
  const float* data;
  size_t row_step;
  size_t depth_step;
  size_t count;  // at most width
  size_t depth;
};

HWY_INLINE void PackOperand(const PackJob& job, size_t width, float* HWY_RESTRICT to) {
  if (job.depth_step == 1) {
    PackTransposed({job.data, job.row_step, job.count, job.depth}, width, to);
    return;
  }
  for (size_t k = 0; k < job.depth; ++k) {
    const float* HWY_RESTRICT from = job.data + k * job.depth_step;
    float* HWY_RESTRICT row = to + k * width;
    for (size_t r = 0; r < job.count; ++r) row[r] = from[r];
    for (size_t r = job.count; r < width; ++r) row[r] = 0;
  }
}

// A part of c and the packed operands that make it.
struct PartJob {
  const float* left;   // kGemmRows a row
  const float* right;  // kGemmPanel a row
  size_t depth;
  float* c;
  size_t stride;
  size_t rows, columns;
  bool add;
};

HWY_INLINE void MultiplyPart(const PartJob& job) {
  float edge[kTileRows * kGemmPanel];
  for (size_t i = 0; i < job.rows; i += kTileRows) {
    const size_t rows = job.rows - i < kTileRows ? job.rows - i : kTileRows;
    float* c = job.c + i * job.stride;
    if (job.columns % kLanes == 0) {
      TileRow<false>({job.left + i, kGemmRows, job.right, kGemmPanel, job.depth,
                      job.add ? c : nullptr, c, job.stride, rows},
                     job.columns);
      continue;
    }
    const size_t width = (job.columns + kLanes - 1) / kLanes * kLanes;
    TileRow<false>({job.left + i, kGemmRows, job.right, kGemmPanel, job.depth, nullptr, edge,
                    kGemmPanel, rows},
                   width);
    for (size_t r = 0; r < rows; ++r) {
      for (size_t j = 0; j < job.columns; ++j) {
        float& value = c[r * job.stride + j];
        value = (job.add ? value : 0.0f) + edge[r * kGemmPanel + j];
      }
    }
  }
}

// Columns j.. of b, depth p.., which are packed, against all of a.
HWY_INLINE void MultiplyBlock(const GemmJob& job, size_t j, size_t p, const float* right) {
  float* left = job.scratch;
  const size_t depth = job.k - p < kGemmDepth ? job.k - p : kGemmDepth;
  const size_t end = j + kGemmPanels * kGemmPanel < job.n ? j + kGemmPanels * kGemmPanel : job.n;
  for (size_t i = 0; i < job.m; i += kGemmRows) {
    const size_t rows = job.m - i < kGemmRows ? job.m - i : kGemmRows;
    PackOperand({job.a.data + i * job.a.row_step + p * job.a.column_step, job.a.row_step,
                 job.a.column_step, rows, depth},
                kGemmRows, left);
    for (size_t column = j; column < end; column += kGemmPanel) {
      const size_t columns = end - column < kGemmPanel ? end - column : kGemmPanel;
      MultiplyPart({left, right + (column - j) * depth, depth, job.c + i * job.stride + column,
                    job.stride, rows, columns, job.add || p > 0});
    }
  }
}

void GemmKernel(const GemmJob& job) {
  float* right = job.scratch + kGemmRows * kGemmDepth;
  for (size_t j = 0; j < job.n; j += kGemmPanels * kGemmPanel) {
    for (size_t p = 0; p < job.k; p += kGemmDepth) {
      const size_t depth = job.k - p < kGemmDepth ? job.k - p : kGemmDepth;
      for (size_t panel = 0; panel < kGemmPanels; ++panel) {
        const size_t column = j + panel * kGemmPanel;
        if (column >= job.n) break;
        const size_t columns = job.n - column < kGemmPanel ? job.n - column : kGemmPanel;
        PackOperand({job.b.data + column * job.b.column_step + p * job.b.row_step,
                     job.b.column_step, job.b.row_step, columns, depth},
                    kGemmPanel, right + panel * kGemmPanel * depth);
      }
      MultiplyBlock(job, j, p, right);
    }
  }
}

constexpr GemmTable kGemmTable = {GemmKernel};

}  // namespace marquee::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace marquee::kernels {
namespace {

const GemmTable& Active() {
  static const GemmTable& table = GemmTableOf(ActiveSimd());
  return table;
}

GemmJob::Operand StepsOf(const GemmOperand& operand) {
  const ConstMatrixSpan& m = operand.matrix;
  return {m.data, operand.transposed ? 1 : m.stride, operand.transposed ? m.stride : 1};
}

}  // namespace

const GemmTable& GemmTableOf(Simd level) { MARQUEE_SELECT_TABLE(level, kGemmTable); }

size_t GemmScratchFloats() { return kGemmDepth * (kGemmRows + kGemmPanels * kGemmPanel); }

void Gemm(const GemmOperand& a, const GemmOperand& b, const MatrixSpan& c, GemmResult result,
          Scratch& scratch) {
  MARQUEE_CHECK(a.columns() == b.rows() && c.rows == a.rows() && c.columns == b.columns());
  if (c.rows == 0 || c.columns == 0) return;
  if (a.columns() == 0) {
    if (result == GemmResult::kAdd) return;
    for (size_t row = 0; row < c.rows; ++row) std::ranges::fill(c.Row(row), 0.0f);
    return;
  }
  Active().gemm({StepsOf(a), StepsOf(b), c.rows, c.columns, a.columns(), c.data, c.stride,
                 result == GemmResult::kAdd, scratch.Floats(GemmScratchFloats())});
}

}  // namespace marquee::kernels
#endif
