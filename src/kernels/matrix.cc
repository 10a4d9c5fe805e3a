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

std::unique_ptr<void, void (*)(void*)> AlignedBytes(size_t bytes) {
  if (bytes == 0) return {nullptr, std::free};
  const bool large = bytes > 2 * kHugePage;
  const size_t alignment = large ? kHugePage : kAlignment;
  if (bytes > SIZE_MAX - alignment) throw std::bad_alloc();
  const size_t whole = (bytes + alignment - 1) / alignment * alignment;
  std::unique_ptr<void, void (*)(void*)> data = {std::aligned_alloc(alignment, whole), std::free};
  if (data == nullptr) throw std::bad_alloc();
  if (large) AskForHugePages(data.get(), whole);
  std::memset(data.get(), 0, whole);
  return data;
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
