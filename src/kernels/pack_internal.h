// Internal: rows laid side by side for the register tile. Once a target.
#if defined(MARQUEE_KERNELS_PACK_INTERNAL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef MARQUEE_KERNELS_PACK_INTERNAL_H_
#undef MARQUEE_KERNELS_PACK_INTERNAL_H_
#else
#define MARQUEE_KERNELS_PACK_INTERNAL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>

HWY_BEFORE_NAMESPACE();
namespace marquee::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr size_t kTransposed = 16;  // rows at a time: a cache line of what is written

// to[k * stride + c] = rows[c][k] for k < count: kTransposed columns.
HWY_INLINE void Transpose(const float* const* rows, size_t count, float* HWY_RESTRICT to,
                          size_t stride) {
  size_t k = 0;
#if HWY_TARGET != HWY_SCALAR
  const hn::Full128<float> d;
  for (; k + 4 <= count; k += 4) {
    for (size_t c = 0; c < kTransposed; c += 4) {
      const auto row0 = hn::LoadU(d, rows[c] + k), row1 = hn::LoadU(d, rows[c + 1] + k);
      const auto row2 = hn::LoadU(d, rows[c + 2] + k), row3 = hn::LoadU(d, rows[c + 3] + k);
      const auto low01 = hn::InterleaveLower(d, row0, row1);
      const auto low23 = hn::InterleaveLower(d, row2, row3);
      const auto high01 = hn::InterleaveUpper(d, row0, row1);
      const auto high23 = hn::InterleaveUpper(d, row2, row3);
      float* target = to + k * stride + c;
      hn::StoreU(hn::ConcatLowerLower(d, low23, low01), d, target);
      hn::StoreU(hn::ConcatUpperUpper(d, low23, low01), d, target + stride);
      hn::StoreU(hn::ConcatLowerLower(d, high23, high01), d, target + 2 * stride);
      hn::StoreU(hn::ConcatUpperUpper(d, high23, high01), d, target + 3 * stride);
    }
  }
#endif
  for (; k < count; ++k) {
    for (size_t c = 0; c < kTransposed; ++c) to[k * stride + c] = rows[c][k];
  }
}

// Rows `stride` floats apart, of which the first `depth` floats count.
struct PackRows {
  const float* rows;
  size_t stride;
  size_t count;  // at least one
  size_t depth;
};

// to[k * width + r] = row r's element k; beyond the rows, up to `width`, any values. REQUIRES:
// width is a multiple of kTransposed.
HWY_INLINE void PackTransposed(const PackRows& from, size_t width, float* to) {
  for (size_t r = 0; r < width; r += kTransposed) {
    const float* block[kTransposed];
    for (size_t c = 0; c < kTransposed; ++c)
      block[c] = from.rows + (r + c < from.count ? r + c : from.count - 1) * from.stride;
    Transpose(block, from.depth, to + r, width);
  }
}

}  // namespace marquee::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
