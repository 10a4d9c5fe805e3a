#include "models/nn/layers.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "kernels/neural.h"
#include "kernels/vector.h"

namespace marquee::nn {
namespace {

constexpr float kNormEpsilon = 1e-6f;
constexpr int kDropoutBits = 16;

// Sums over the rows, added to `sum`.
void AddRowsTo(const ConstMatrixSpan& x, std::span<float> sum) {
  for (size_t row = 0; row < x.rows; ++row) kernels::Axpy(1, x.Row(row), sum);
}

}  // namespace

void LinearForward(const Linear& layer, const ConstMatrixSpan& x, const MatrixSpan& y,
                   Scratch& scratch) {
  for (size_t row = 0; row < y.rows; ++row) std::ranges::copy(layer.bias, y.Row(row).begin());
  kernels::Gemm(x, layer.weights, y, kernels::GemmResult::kAdd, scratch);
}

void LinearBackward(const Linear& layer, const ConstMatrixSpan& x, const ConstMatrixSpan& dy,
                    const LinearGradients& to, Scratch& scratch) {
  using kernels::GemmResult;
  kernels::Gemm(kernels::Transposed(x), dy, to.weights, GemmResult::kAdd, scratch);
  AddRowsTo(dy, to.bias);
  if (to.x.data == nullptr) return;
  kernels::Gemm(dy, kernels::Transposed(layer.weights), to.x, GemmResult::kWrite, scratch);
}

void LayerNorm::Forward(std::span<const float> gain, std::span<const float> bias,
                        const ConstMatrixSpan& x, const MatrixSpan& y) {
  const size_t d = x.columns;
  const std::vector<float> mean_of(d, 1 / static_cast<float>(d));
  normal_ = buffer_.Make(x.rows, d);
  inverse_deviation_.resize(x.rows);
  for (size_t row = 0; row < x.rows; ++row) {
    const std::span<const float> from = x.Row(row);
    const std::span<float> normal = normal_.Row(row), to = y.Row(row);
    const float mean = kernels::Dot(from, mean_of);
    for (size_t i = 0; i < d; ++i) normal[i] = from[i] - mean;
    const float variance = kernels::Dot(normal, normal) / static_cast<float>(d);
    const float inverse = 1 / std::sqrt(variance + kNormEpsilon);
    inverse_deviation_[row] = inverse;
    for (size_t i = 0; i < d; ++i) {
      normal[i] *= inverse;
      to[i] = gain[i] * normal[i] + bias[i];
    }
  }
}

void LayerNorm::Backward(std::span<const float> gain, const ConstMatrixSpan& dy,
                         const MatrixSpan& dx, std::span<float> d_gain,
                         std::span<float> d_bias) const {
  const size_t d = dy.columns;
  MARQUEE_CHECK(dy.rows == normal_.rows && d == normal_.columns);
  const std::vector<float> mean_of(d, 1 / static_cast<float>(d));
  std::vector<float> scaled(d);
  for (size_t row = 0; row < dy.rows; ++row) {
    const std::span<const float> from = dy.Row(row);
    const std::span<const float> normal = normal_.Row(row);
    for (size_t i = 0; i < d; ++i) {
      d_gain[i] += from[i] * normal[i];
      d_bias[i] += from[i];
      scaled[i] = from[i] * gain[i];
    }
    const float mean = kernels::Dot(scaled, mean_of);
    const float along = kernels::Dot(scaled, normal) / static_cast<float>(d);
    const std::span<float> to = dx.Row(row);
    for (size_t i = 0; i < d; ++i)
      to[i] = inverse_deviation_[row] * (scaled[i] - mean - normal[i] * along);
  }
}

void Relu(const MatrixSpan& x) {
  for (size_t row = 0; row < x.rows; ++row) {
    for (float& value : x.Row(row)) value = std::max(value, 0.0f);
  }
}

void ReluBackward(const ConstMatrixSpan& y, const MatrixSpan& dy) {
  for (size_t row = 0; row < y.rows; ++row) {
    const std::span<const float> out = y.Row(row);
    const std::span<float> slope = dy.Row(row);
    for (size_t i = 0; i < out.size(); ++i) slope[i] = out[i] > 0 ? slope[i] : 0.0f;
  }
}

void Tanh(const MatrixSpan& x) {
  for (size_t row = 0; row < x.rows; ++row) kernels::Tanh(x.Row(row));
}

void TanhBackward(const ConstMatrixSpan& y, const MatrixSpan& dy) {
  for (size_t row = 0; row < y.rows; ++row) {
    const std::span<const float> out = y.Row(row);
    const std::span<float> slope = dy.Row(row);
    for (size_t i = 0; i < out.size(); ++i) slope[i] *= 1 - out[i] * out[i];
  }
}

void Dropout::Forward(double rate, Rng& rng, const MatrixSpan& x) {
  factors_.clear();
  if (rate <= 0) return;
  const auto scale = static_cast<float>(1 / (1 - rate));
  const auto dropped = static_cast<uint64_t>(std::lround(std::ldexp(rate, kDropoutBits)));
  const size_t n = x.rows * x.columns;
  factors_.resize(n);
  constexpr uint64_t kMask = (uint64_t{1} << kDropoutBits) - 1;
  for (size_t i = 0; i < n;) {
    uint64_t bits = rng.Next();
    for (int draw = 0; draw < 64 / kDropoutBits && i < n; ++draw, ++i, bits >>= kDropoutBits)
      factors_[i] = (bits & kMask) >= dropped ? scale : 0.0f;
  }
  Apply(x);
}

void Dropout::Backward(const MatrixSpan& dx) const { Apply(dx); }

void Dropout::Apply(const MatrixSpan& x) const {
  if (factors_.empty()) return;
  MARQUEE_CHECK(factors_.size() == x.rows * x.columns);
  for (size_t row = 0; row < x.rows; ++row) {
    float* values = x.data + row * x.stride;
    const float* factors = factors_.data() + row * x.columns;
    for (size_t i = 0; i < x.columns; ++i) values[i] *= factors[i];
  }
}

double SoftmaxCrossEntropy(std::span<float> logits, size_t target, float weight) {
  const double own = logits[target];
  const double total = kernels::Softmax(logits, weight);
  logits[target] -= weight;
  return weight * (total - own);
}

LogisticLoss Logistic(float x, bool positive) {
  const double margin = positive ? x : -x;
  const double loss =
      margin > 0 ? std::log1p(std::exp(-margin)) : std::log1p(std::exp(margin)) - margin;
  const double slope = -1 / (1 + std::exp(margin));
  return {loss, static_cast<float>(positive ? slope : -slope)};
}

}  // namespace marquee::nn
