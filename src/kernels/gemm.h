// Products of dense matrices in float32: the hot loop of the neural models.
#pragma once

#include <cstddef>
#include <span>

#include "kernels/gram.h"
#include "kernels/matrix.h"

namespace marquee::kernels {

// A row-major matrix, or a rectangle within one, that somebody else owns.
struct ConstMatrixSpan {
  const float* data = nullptr;
  size_t rows = 0;
  size_t columns = 0;
  size_t stride = 0;  // floats from one row to the next

  ConstMatrixSpan() = default;
  ConstMatrixSpan(const float* at, size_t num_rows, size_t num_columns, size_t row_stride)
      : data(at), rows(num_rows), columns(num_columns), stride(row_stride) {}
  ConstMatrixSpan(const Matrix& matrix)
      : ConstMatrixSpan(matrix.values().data(), matrix.rows(), matrix.columns(), matrix.columns()) {
  }

  std::span<const float> Row(size_t row) const { return {data + row * stride, columns}; }
  // REQUIRES: within the matrix.
  ConstMatrixSpan Rows(size_t first, size_t count) const {
    return {data + first * stride, count, columns, stride};
  }
  ConstMatrixSpan Columns(size_t first, size_t count) const {
    return {data + first, rows, count, stride};
  }
};

// The same to be written to.
struct MatrixSpan {
  float* data = nullptr;
  size_t rows = 0;
  size_t columns = 0;
  size_t stride = 0;

  MatrixSpan() = default;
  MatrixSpan(float* at, size_t num_rows, size_t num_columns, size_t row_stride)
      : data(at), rows(num_rows), columns(num_columns), stride(row_stride) {}
  MatrixSpan(Matrix& matrix)
      : MatrixSpan(matrix.values().data(), matrix.rows(), matrix.columns(), matrix.columns()) {}
  operator ConstMatrixSpan() const { return {data, rows, columns, stride}; }

  std::span<float> Row(size_t row) const { return {data + row * stride, columns}; }
  MatrixSpan Rows(size_t first, size_t count) const {
    return {data + first * stride, count, columns, stride};
  }
  MatrixSpan Columns(size_t first, size_t count) const {
    return {data + first, rows, count, stride};
  }
};

// A factor of a product: a matrix, or its transpose.
struct GemmOperand {
  ConstMatrixSpan matrix;
  bool transposed = false;

  GemmOperand(const ConstMatrixSpan& m, bool flip = false) : matrix(m), transposed(flip) {}
  GemmOperand(const MatrixSpan& m) : matrix(m) {}
  GemmOperand(const Matrix& m) : matrix(m) {}

  size_t rows() const { return transposed ? matrix.columns : matrix.rows; }
  size_t columns() const { return transposed ? matrix.rows : matrix.columns; }
};

inline GemmOperand Transposed(const ConstMatrixSpan& matrix) { return {matrix, true}; }

enum class GemmResult { kWrite, kAdd };

// c = a b, or c += a b. One thread; the same bits for the same input at one SIMD level, and for a
// part of the rows or columns of c as for all of it. O(m n k). REQUIRES: the sizes fit; c is no
// part of a or b.
void Gemm(const GemmOperand& a, const GemmOperand& b, const MatrixSpan& c, GemmResult result,
          Scratch& scratch);

}  // namespace marquee::kernels
