#include "models/nn/attention.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "kernels/neural.h"
#include "kernels/vector.h"

namespace marquee::nn {

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
    kernels::Gemm(head.Of(qkv, 0, d), kernels::Transposed(head.Of(qkv, 1, d)), head.weights,
                  GemmResult::kWrite, scratch);
    for (size_t i = 0; i < head.length; ++i) {
      const std::span<float> row = head.weights.Row(i), past = row.first(i + 1);
      for (float& logit : past) logit *= head.scale();
      kernels::Softmax(past);
      std::ranges::fill(row.subspan(i + 1), 0.0f);
    }
    kernels::Gemm(head.weights, head.Of(qkv, 2, d), head.Of(out, 0, d), GemmResult::kWrite,
                  scratch);
  });
}

void CausalAttention::Backward(const AttentionRows& rows, const ConstMatrixSpan& qkv,
                               const ConstMatrixSpan& d_out, const MatrixSpan& d_qkv,
                               Scratch& scratch) {
  using kernels::GemmResult;
  const size_t d = d_out.columns;
  ForEachHead(rows, d, [&](const Head& head) {
    const ConstMatrixSpan d_head = head.Of(d_out, 0, d);
    kernels::Gemm(kernels::Transposed(head.weights), d_head, head.Of(d_qkv, 2, d),
                  GemmResult::kWrite, scratch);
    const MatrixSpan slopes = slopes_buffer_.Make(head.length, head.length);
    kernels::Gemm(d_head, kernels::Transposed(head.Of(qkv, 2, d)), slopes, GemmResult::kWrite,
                  scratch);
    for (size_t i = 0; i < head.length; ++i) {
      const std::span<float> slope = slopes.Row(i);
      const std::span<const float> weight = head.weights.Row(i);
      const float mean = kernels::Dot(slope.first(i + 1), weight.first(i + 1));
      for (size_t j = 0; j < head.length; ++j)
        slope[j] = weight[j] * (slope[j] - mean) * head.scale();
    }
    kernels::Gemm(slopes, head.Of(qkv, 1, d), head.Of(d_qkv, 0, d), GemmResult::kWrite, scratch);
    kernels::Gemm(kernels::Transposed(slopes), head.Of(qkv, 0, d), head.Of(d_qkv, 1, d),
                  GemmResult::kWrite, scratch);
  });
}

}  // namespace marquee::nn
