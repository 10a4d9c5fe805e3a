// Gram matrices and batched scores in float32: the hot loops of matrix factorization.
#pragma once

#include <cstdint>
#include <span>

#include "base/thread_pool.h"
#include "kernels/matrix.h"

namespace marquee::kernels {

// Memory that calls of one thread may share, so that hot loops need not allocate.
class Scratch {
 public:
  // At least `size` floats, with any values.
  float* Floats(size_t size);

 private:
  AlignedFloats floats_;
};

// *a, made d x d, = sum_k weights[k] rows.Row(indices[k]) rows.Row(indices[k])^T; no weights:
// all 1. One thread; O(indices d^2). REQUIRES: indices within rows, sizes that fit.
void GramOfRows(const Matrix& rows, std::span<const int32_t> indices,
                std::span<const float> weights, SymmetricMatrix* a, Scratch& scratch);

// *a, made indices x indices: a[i][j] = sum_k weights[k] rows.Row(indices[i])[k]
// rows.Row(indices[j])[k]. One thread; O(indices^2 d). REQUIRES: one weight a column.
void OuterGramOfRows(const Matrix& rows, std::span<const int32_t> indices,
                     std::span<const float> weights, SymmetricMatrix* a, Scratch& scratch);

// rows^T rows. The same bits for any number of threads. O(rows d^2).
SymmetricMatrix Gram(const Matrix& rows, ThreadPool& pool);

// scores[u * items.rows() + i] = users.Row(u) . items.Row(i), several times as fast as Scores user
// by user. One thread.
void BatchScores(const Matrix& users, const Matrix& items, std::span<float> scores,
                 Scratch& scratch);

// *a becomes *a b^T, in place: 256 rows a thread beside it. The same bits for any number of
// threads. REQUIRES: b is square, and fits.
void MultiplyTransposed(Matrix* a, const Matrix& b, ThreadPool& pool);

}  // namespace marquee::kernels
