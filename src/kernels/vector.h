// Vector kernels in float32. Pointers need no alignment; sizes may be anything, 0 too. All are
// thread-safe, and give the same bits for the same input at one SIMD level.
#pragma once

#include <cstdint>
#include <span>

#include "base/thread_pool.h"
#include "kernels/matrix.h"

namespace marquee::kernels {

// REQUIRES: one size.
float Dot(std::span<const float> x, std::span<const float> y);
// y += factor * x. REQUIRES: one size.
void Axpy(float factor, std::span<const float> x, std::span<float> y);

// scores[r] = rows.Row(r) . x. REQUIRES: the sizes fit.
void Scores(const Matrix& rows, std::span<const float> x, std::span<float> scores);

// scores[k] = rows.Row(indices[k]) . x. REQUIRES: indices within rows, sizes that fit.
void ScoresOf(const Matrix& rows, std::span<const int32_t> indices, std::span<const float> x,
              std::span<float> scores);

// sum += weights[k] rows.Row(indices[k]), k ascending; no weights: all 1. REQUIRES: indices within
// rows, sizes that fit.
void AddRows(const Matrix& rows, std::span<const int32_t> indices, std::span<float> sum,
             std::span<const float> weights = {});

// A copy of a matrix in half the memory, for loops that wait for it: each value to within 1/1024,
// as float16 (IEEE 754) times one scale. Values below 1e-9 of the largest lose bits. Movable, not
// copyable.
class HalfMatrix {
 public:
  // The same for any number of threads. O(rows columns). REQUIRES: finite values.
  HalfMatrix(const Matrix& matrix, ThreadPool& pool);

  size_t rows() const { return rows_; }
  size_t columns() const { return columns_; }
  float scale() const { return scale_; }  // a power of two
  const uint16_t* data() const { return data_.data(); }

 private:
  size_t rows_;
  size_t columns_;
  float scale_ = 1;
  AlignedArray<uint16_t> data_;
};

// sum += sum_k (offset + factor (row_k . x)) row_k over row_k = rows.Row(indices[k]): with offset 0
// and factor 1 the product R^T R x of the listed rows R, each read once. Sums are of float32.
// O(indices d). REQUIRES: indices within rows, sizes that fit; sum is not x.
struct Projection {
  float offset;
  float factor;
};
void AddProjections(const HalfMatrix& rows, std::span<const int32_t> indices,
                    std::span<const float> x, const Projection& weight, std::span<float> sum);

// One step up a gradient g = scale * direction - l2 * x. Without squares x += rate * g. With them,
// Adagrad (Duchi et al. 2011): squares += g^2, then x += rate * g / sqrt(squares). REQUIRES: one
// size, squares empty or positive.
struct Ascent {
  float rate;
  float scale;
  float l2;
};
void Ascend(const Ascent& step, std::span<const float> direction, std::span<float> x,
            std::span<float> squares = {});

bool HasNan(std::span<const float> x);

}  // namespace marquee::kernels
