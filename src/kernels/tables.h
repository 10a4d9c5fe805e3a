// Internal: the kernels of one level, as the tests and the public functions call them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/simd.h"

namespace marquee::kernels {

// sum += sum_k weights[k] rows[indices[k]]
struct AddRowsJob {
  const float* rows;  // row r starts at rows + r * d
  size_t d;
  const int32_t* indices;  // null: rows 0..count-1
  size_t count;
  const float* weights;  // null: all 1
  float* sum;
};

// sum += sum_k (offset + factor (row_k . x)) row_k, row_k = scale rows[indices[k]]
struct ProjectJob {
  const uint16_t* rows;  // float16; row r starts at rows + r * d
  float scale;
  size_t d;
  const int32_t* indices;
  size_t count;
  const float* x;
  float offset;
  float factor;
  float* sum;
};

// x += rate g, g = scale direction - l2 x; with squares: += g^2 first, and the rate over their
// root.
struct AscendJob {
  float rate;
  float scale;
  const float* direction;
  float l2;
  float* x;
  float* squares;  // null: none
  size_t n;
};

struct VectorTable {
  size_t lanes;  // floats in a register
  float (*dot)(const float* x, const float* y, size_t n);
  void (*axpy)(float factor, const float* x, float* y, size_t n);
  void (*scores)(const float* rows, size_t num_rows, size_t d, const float* x, float* out);
  // out[k] = rows[indices[k]] . x
  void (*scores_of)(const float* rows, const int32_t* indices, size_t count, size_t d,
                    const float* x, float* out);
  void (*add_rows)(const AddRowsJob& job);
  void (*add_projections)(const ProjectJob& job);
  // halves[i] = values[i] * factor as float16.
  void (*to_half)(const float* values, size_t n, float factor, uint16_t* halves);
  void (*ascend)(const AscendJob& job);
  bool (*has_nan)(const float* x, size_t n);
  // The first index in begin..end-1 with x[index] > threshold, or end.
  size_t (*first_above)(const float* x, size_t begin, size_t end, float threshold);
};

struct GramJob {
  const float* rows;  // row r starts at rows + r * d
  size_t d;
  const int32_t* indices;  // null: rows 0..count-1
  size_t count;
  const float* weights;  // null: all 1
  float* a;
  size_t stride;      // a multiple of 16, at least d
  size_t begin, end;  // rows of `a` to compute; begin a multiple of 16
  float* scratch;     // GramScratchFloats(d, weights != null)
};

// a[i][j] = sum_k weights[k] rows[indices[i]][k] rows[indices[j]][k]
struct OuterGramJob {
  const float* rows;
  size_t d;
  const int32_t* indices;
  size_t count;
  const float* weights;
  float* a;
  size_t stride;   // a multiple of 16, at least count
  float* scratch;  // GramScratchFloats(count, true)
};

// out[u * num_items + i] = users[u] . items[i]
struct BatchJob {
  const float* users;
  size_t num_users;
  const float* items;
  size_t num_items;
  size_t d;  // of both
  float* out;
  float* scratch;  // BatchScratchFloats(d)
};

// c = a b, or += a b: m x k times k x n.
struct GemmJob {
  // Element (i, j) of an operand stands at data + i * row_step + j * column_step; one step is 1.
  struct Operand {
    const float* data;
    size_t row_step;
    size_t column_step;
  };
  Operand a;
  Operand b;
  size_t m, n, k;  // all at least 1
  float* c;        // row-major
  size_t stride;   // of c
  bool add;
  float* scratch;  // GemmScratchFloats()
};

struct GemmTable {
  void (*gemm)(const GemmJob& job);
};

struct AdamJob {
  float rate;  // of the step, corrected for the age of the moments
  float beta1, beta2;
  float epsilon;
  float decay;  // of x, times the rate
  const float* gradient;
  float* first;
  float* second;
  float* x;
  size_t n;
};

struct NeuralTable {
  float (*softmax)(float* x, size_t n, float total);
  float (*log_sum_exp)(const float* x, size_t n);
  void (*tanh)(float* x, size_t n);
  void (*adam)(const AdamJob& job);
};

// Rows of bytes, `stride` apart, a multiple of 64; beyond what counts they and x are 0.
struct CoarseJob {
  const int8_t* rows;
  size_t stride;
  size_t count;
  const int8_t* x;      // `stride` of them
  const int32_t* sums;  // of the bytes of each row
};

struct SearchTable {
  // out[r] = row r . x
  void (*products)(const CoarseJob& job, int32_t* out);
};

struct GramTable {
  void (*gram)(const GramJob& job);
  void (*outer_gram)(const OuterGramJob& job);
  void (*batch_scores)(const BatchJob& job);
};

struct CholeskyTable {
  bool (*factor)(float* a, size_t d, size_t stride);
  void (*solve)(const float* u, size_t d, size_t stride, float* x);
};

// REQUIRES: a supported level.
const VectorTable& VectorTableOf(Simd level);
const GramTable& GramTableOf(Simd level);
const CholeskyTable& CholeskyTableOf(Simd level);
const GemmTable& GemmTableOf(Simd level);
const NeuralTable& NeuralTableOf(Simd level);
// The quickest form of a level, which may use what not every processor of the level has; and the
// one that all have.
const SearchTable& SearchTableOf(Simd level);
const SearchTable& PortableSearchTableOf(Simd level);

size_t GramScratchFloats(size_t d, bool weighted);
size_t BatchScratchFloats(size_t d);
size_t GemmScratchFloats();

}  // namespace marquee::kernels
