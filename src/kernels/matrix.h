// Dense float32 matrices as the kernels want them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <span>

namespace marquee::kernels {

// Memory of so many bytes at an address that is a multiple of 64, zero at first; large ones on huge
// pages where the system has them.
std::unique_ptr<void, void (*)(void*)> AlignedBytes(size_t bytes);

// Numbers in such memory. Movable, not copyable.
template <typename T>
class AlignedArray {
 public:
  AlignedArray() = default;
  explicit AlignedArray(size_t size);

  T* data() { return static_cast<T*>(data_.get()); }
  const T* data() const { return static_cast<const T*>(data_.get()); }
  size_t size() const { return size_; }
  std::span<T> span() { return {data(), size_}; }
  std::span<const T> span() const { return {data(), size_}; }

 private:
  std::unique_ptr<void, void (*)(void*)> data_ = {nullptr, std::free};
  size_t size_ = 0;
};

template <typename T>
AlignedArray<T>::AlignedArray(size_t size) : size_(size) {
  if (size > SIZE_MAX / sizeof(T)) throw std::bad_alloc();
  data_ = AlignedBytes(size * sizeof(T));
}

using AlignedFloats = AlignedArray<float>;

// Row-major, rows one after another. Movable, not copyable.
class Matrix {
 public:
  Matrix() = default;
  Matrix(size_t rows, size_t columns) : rows_(rows), columns_(columns), data_(rows * columns) {}

  size_t rows() const { return rows_; }
  size_t columns() const { return columns_; }
  std::span<float> Row(size_t row) { return data_.span().subspan(row * columns_, columns_); }
  std::span<const float> Row(size_t row) const {
    return data_.span().subspan(row * columns_, columns_);
  }
  std::span<float> values() { return data_.span(); }
  std::span<const float> values() const { return data_.span(); }

 private:
  size_t rows_ = 0;
  size_t columns_ = 0;
  AlignedFloats data_;
};

// A symmetric d x d matrix, or the triangular factor of one. Only the upper triangle (column >=
// row) has a meaning; the rest is scratch. Movable, not copyable.
class SymmetricMatrix {
 public:
  SymmetricMatrix() = default;
  explicit SymmetricMatrix(size_t d);

  // Makes it d x d with any values; memory once taken is kept.
  void Reshape(size_t d);

  size_t size() const { return d_; }
  // Floats from one row to the next.
  size_t stride() const { return stride_; }
  float* data() { return data_.data(); }
  const float* data() const { return data_.data(); }
  // REQUIRES: row <= column < size().
  float& At(size_t row, size_t column) { return data_.data()[row * stride_ + column]; }
  float At(size_t row, size_t column) const { return data_.data()[row * stride_ + column]; }
  // REQUIRES: size() values.
  void AddToDiagonal(std::span<const float> values);

 private:
  size_t d_ = 0;
  size_t stride_ = 0;
  AlignedFloats data_;
};

// `columns` rounded up to whole cache lines, and to an odd number of them: rows at that distance do
// not compete for the same part of the cache.
size_t ConflictFreeStride(size_t columns);

}  // namespace marquee::kernels
