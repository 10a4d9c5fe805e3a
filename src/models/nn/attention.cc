#include "models/nn/attention.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "kernels/neural.h"
#include "kernels/vector.h"

namespace marquee::nn {

namespace {

// Rows at a time: what they attend to ends with them, so that less is multiplied in vain.
constexpr size_t kStripRows = 64;

template <typename Body>
void ForStrips(size_t length, const Body& body) {
  for (size_t first = 0; first < length; first += kStripRows)
    body(first, std::min(kStripRows, length - first));
}

}  // namespace

struct CausalAttention::Head {
  size_t begin;   // first row
  size_t length;  // rows
  size_t column;  // first column of the head
  size_t size;    // columns of the head
  MatrixSpan weights;

  MatrixSpan Of(const MatrixSpan& m, size_t block, size_t d) const {
    return m.Rows(begin, length).Columns(block * d + column, size);
  }
  ConstMatrixSpan Of(const ConstMatrixSpan& m, size_t block, size_t d) const {
    return m.Rows(begin, length).Columns(block * d + column, size);
  }
  float scale() const { return 1 / std::sqrt(static_cast<float>(size)); }
};

template <typename Body>
void CausalAttention::ForEachHead(const AttentionRows& rows, size_t width, const Body& body) {
  float* weights = weights_;
  for (size_t s = 0; s + 1 < rows.begins.size(); ++s) {
    const size_t begin = rows.begins[s], n = rows.begins[s + 1] - begin;
    for (size_t head = 0; head < rows.heads; ++head) {
      const size_t size = width / rows.heads;
      body(Head{begin, n, head * size, size, MatrixSpan(weights, n, n, n)});
      weights += n * n;
    }
  }
}

void CausalAttention::Forward(const AttentionRows& rows, const ConstMatrixSpan& qkv,
                              const MatrixSpan& out, Scratch& scratch) {
  using kernels::GemmResult;
  const size_t d = out.columns;
  MARQUEE_CHECK(qkv.columns == 3 * d && d % rows.heads == 0);
  size_t squares = 0;
  for (size_t s = 0; s + 1 < rows.begins.size(); ++s) {
    const size_t n = rows.begins[s + 1] - rows.begins[s];
    squares += n * n;
  }
  weights_ = weights_buffer_.Make(rows.heads, squares).data;
  ForEachHead(rows, d, [&](const Head& head) {
    const ConstMatrixSpan queries = head.Of(qkv, 0, d), keys = head.Of(qkv, 1, d);
    ForStrips(head.length, [&](size_t first, size_t count) {
      const size_t past = first + count;
      const MatrixSpan weights = head.weights.Rows(first, count).Columns(0, past);
      kernels::Gemm(queries.Rows(first, count), kernels::Transposed(keys.Rows(0, past)), weights,
                    GemmResult::kWrite, scratch);
      for (size_t i = 0; i < count; ++i) {
        const std::span<float> row = weights.Row(i), own = row.first(first + i + 1);
        for (float& logit : own) logit *= head.scale();
        kernels::Softmax(own);
        std::ranges::fill(row.subspan(own.size()), 0.0f);
      }
      kernels::Gemm(weights, head.Of(qkv, 2, d).Rows(0, past),
                    head.Of(out, 0, d).Rows(first, count), GemmResult::kWrite, scratch);
    });
  });
}

void CausalAttention::Backward(const AttentionRows& rows, const ConstMatrixSpan& qkv,
                               const ConstMatrixSpan& d_out, const MatrixSpan& d_qkv,
                               Scratch& scratch) {
  using kernels::GemmResult;
  const size_t d = d_out.columns;
  ForEachHead(rows, d, [&](const Head& head) {
    const ConstMatrixSpan d_head = head.Of(d_out, 0, d);
    const MatrixSpan d_keys = head.Of(d_qkv, 1, d), d_values = head.Of(d_qkv, 2, d);
    for (size_t i = 0; i < head.length; ++i) {
      std::ranges::fill(d_keys.Row(i), 0.0f);
      std::ranges::fill(d_values.Row(i), 0.0f);
    }
    ForStrips(head.length, [&](size_t first, size_t count) {
      const size_t past = first + count;
      const ConstMatrixSpan weights = head.weights.Rows(first, count).Columns(0, past);
      const ConstMatrixSpan d_strip = d_head.Rows(first, count);
      kernels::Gemm(kernels::Transposed(weights), d_strip, d_values.Rows(0, past), GemmResult::kAdd,
                    scratch);
      const MatrixSpan slopes = slopes_buffer_.Make(count, past);
      kernels::Gemm(d_strip, kernels::Transposed(head.Of(qkv, 2, d).Rows(0, past)), slopes,
                    GemmResult::kWrite, scratch);
      for (size_t i = 0; i < count; ++i) {
        const std::span<float> slope = slopes.Row(i);
        const std::span<const float> weight = weights.Row(i);
        const size_t own = first + i + 1;
        const float mean = kernels::Dot(slope.first(own), weight.first(own));
        for (size_t j = 0; j < past; ++j) slope[j] = weight[j] * (slope[j] - mean) * head.scale();
      }
      kernels::Gemm(slopes, head.Of(qkv, 1, d).Rows(0, past),
                    head.Of(d_qkv, 0, d).Rows(first, count), GemmResult::kWrite, scratch);
      kernels::Gemm(kernels::Transposed(slopes), head.Of(qkv, 0, d).Rows(first, count),
                    d_keys.Rows(0, past), GemmResult::kAdd, scratch);
    });
  });
}

}  // namespace marquee::nn
