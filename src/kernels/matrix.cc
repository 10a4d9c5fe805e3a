#include "kernels/matrix.h"

#include <sys/mman.h>

#include <cstring>
#include <new>

#include "base/check.h"

namespace marquee::kernels {
namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kLine = kAlignment / sizeof(float);
constexpr size_t kHugePage = size_t{2} << 20;

// Rows gathered from everywhere in a large matrix would each miss the table of small pages.
void AskForHugePages([[maybe_unused]] void* data, [[maybe_unused]] size_t bytes) {
#ifdef MADV_HUGEPAGE
  madvise(data, bytes, MADV_HUGEPAGE);
#endif
}

}  // namespace

AlignedFloats::AlignedFloats(size_t size) : size_(size) {
  if (size == 0) return;
  const bool large = size > 2 * kHugePage / sizeof(float);
  const size_t alignment = large ? kHugePage : kAlignment;
  if (size > (SIZE_MAX - alignment) / sizeof(float)) throw std::bad_alloc();
  const size_t bytes = (size * sizeof(float) + alignment - 1) / alignment * alignment;
  data_.reset(static_cast<float*>(std::aligned_alloc(alignment, bytes)));
  if (data_ == nullptr) throw std::bad_alloc();
  if (large) AskForHugePages(data_.get(), bytes);
  std::memset(data_.get(), 0, bytes);
}

SymmetricMatrix::SymmetricMatrix(size_t d)
    : d_(d), stride_(ConflictFreeStride(d)), data_(d * stride_) {}

void SymmetricMatrix::Reshape(size_t d) {
  d_ = d;
  stride_ = ConflictFreeStride(d);
  if (data_.size() < d_ * stride_) data_ = AlignedFloats(d_ * stride_);
}

void SymmetricMatrix::AddToDiagonal(std::span<const float> values) {
  MARQUEE_CHECK(values.size() == d_);
  for (size_t i = 0; i < d_; ++i) At(i, i) += values[i];
}

size_t ConflictFreeStride(size_t columns) { return ((columns + kLine - 1) / kLine | 1) * kLine; }

}  // namespace marquee::kernels
