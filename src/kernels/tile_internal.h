// Internal: the register tile under Gram matrices, batched scores and Cholesky. Once a target.
#if defined(MARQUEE_KERNELS_TILE_INTERNAL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef MARQUEE_KERNELS_TILE_INTERNAL_H_
#undef MARQUEE_KERNELS_TILE_INTERNAL_H_
#else
#define MARQUEE_KERNELS_TILE_INTERNAL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>

#ifndef MARQUEE_UNROLL
#ifdef __clang__
#define MARQUEE_UNROLL _Pragma("unroll")
#else
#define MARQUEE_UNROLL _Pragma("GCC unroll 16")
#endif
#endif

HWY_BEFORE_NAMESPACE();
namespace marquee::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using TileTag = hn::ScalableTag<float>;
constexpr size_t kLanes = hn::MaxLanes(TileTag());

// Rows and registers a row: as many sums as the registers hold beside what feeds them.
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_NEON
constexpr size_t kTileRows = 8;
#else
constexpr size_t kTileRows = 4;
#endif
constexpr size_t kTileVectors = HWY_TARGET == HWY_SCALAR ? 1 : 3;

// left: a column block of kTileRows floats in each of `depth` rows; right: the same of vectors.
// target[r][c] = base[r][c] (0 when null) +- sum_k left[k][r] * right[k][c]; the first `rows` rows
// of it are stored.
struct TileJob {
  const float* left;
  size_t left_stride;
  const float* right;
  size_t right_stride;
  size_t depth;
  const float* base;
  float* target;
  size_t target_stride;  // of base too
  size_t rows;
};

template <size_t kVectors, bool kSubtract>
HWY_NOINLINE void Tile(const TileJob& job) {
  const TileTag d;
  hn::Vec<TileTag> sums[kTileRows][kVectors];
  MARQUEE_UNROLL
  for (size_t r = 0; r < kTileRows; ++r) {
    MARQUEE_UNROLL
    for (size_t v = 0; v < kVectors; ++v) sums[r][v] = hn::Zero(d);
  }
  const float* HWY_RESTRICT left = job.left;
  const float* HWY_RESTRICT right = job.right;
  for (size_t k = job.depth; k != 0; --k, left += job.left_stride, right += job.right_stride) {
    hn::Vec<TileTag> columns[kVectors];
    MARQUEE_UNROLL
    for (size_t v = 0; v < kVectors; ++v) columns[v] = hn::LoadU(d, right + v * kLanes);
    MARQUEE_UNROLL
    for (size_t r = 0; r < kTileRows; ++r) {
      const auto factor = hn::Set(d, left[r]);
      MARQUEE_UNROLL
      for (size_t v = 0; v < kVectors; ++v) {
        sums[r][v] = kSubtract ? hn::NegMulAdd(factor, columns[v], sums[r][v])
                               : hn::MulAdd(factor, columns[v], sums[r][v]);
      }
    }
  }
  MARQUEE_UNROLL
  for (size_t r = 0; r < kTileRows; ++r) {
    if (r == job.rows) break;
    MARQUEE_UNROLL
    for (size_t v = 0; v < kVectors; ++v) {
      const size_t at = r * job.target_stride + v * kLanes;
      const auto start = job.base == nullptr ? hn::Zero(d) : hn::LoadU(d, job.base + at);
      hn::StoreU(hn::Add(start, sums[r][v]), d, job.target + at);
    }
  }
}

// Tiles over `width` floats from where the job points, a multiple of kLanes.
template <bool kSubtract>
HWY_INLINE void TileRow(TileJob job, size_t width) {
  size_t vectors = width / kLanes;
  for (; vectors >= kTileVectors; vectors -= kTileVectors) {
    Tile<kTileVectors, kSubtract>(job);
    job.right += kTileVectors * kLanes;
    job.target += kTileVectors * kLanes;
    if (job.base != nullptr) job.base += kTileVectors * kLanes;
  }
  if constexpr (kTileVectors > 1) {
    if (vectors == 1) Tile<1, kSubtract>(job);
    if (vectors == 2) Tile<2, kSubtract>(job);
  }
}

}  // namespace marquee::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
