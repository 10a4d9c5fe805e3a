// The layers of the neural models, forwards and backwards. Examples are rows. A backward function
// writes the gradient of its input and adds to those of its parameters. One thread; the same bits
// for the same input at one SIMD level.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"
#include "kernels/gemm.h"
#include "kernels/gram.h"
#include "models/nn/parameters.h"

namespace marquee::nn {

using kernels::ConstMatrixSpan;
using kernels::MatrixSpan;
using kernels::Scratch;

// y = x w + b, the same b to each row. O(rows inputs outputs).
struct Linear {
  ConstMatrixSpan weights;  // inputs x outputs
  std::span<const float> bias;
};
void LinearForward(const Linear& layer, const ConstMatrixSpan& x, const MatrixSpan& y,
                   Scratch& scratch);
struct LinearGradients {
  MatrixSpan x;  // without data: not wanted
  MatrixSpan weights;
  std::span<float> bias;
};
void LinearBackward(const Linear& layer, const ConstMatrixSpan& x, const ConstMatrixSpan& dy,
                    const LinearGradients& to, Scratch& scratch);

// y = gain (x - mean) / deviation + bias, mean and deviation of each row (Ba et al. 2016).
class LayerNorm {
 public:
  void Forward(std::span<const float> gain, std::span<const float> bias, const ConstMatrixSpan& x,
               const MatrixSpan& y);
  // REQUIRES: the last Forward was of that x. dx may be dy.
  void Backward(std::span<const float> gain, const ConstMatrixSpan& dy, const MatrixSpan& dx,
                std::span<float> d_gain, std::span<float> d_bias) const;

 private:
  Buffer buffer_;
  MatrixSpan normal_;  // x, normalized
  std::vector<float> inverse_deviation_;
};

// x becomes max(x, 0); back, dy becomes 0 where the output was.
void Relu(const MatrixSpan& x);
void ReluBackward(const ConstMatrixSpan& y, const MatrixSpan& dy);
// x becomes tanh(x); back, by the output.
void Tanh(const MatrixSpan& x);
void TanhBackward(const ConstMatrixSpan& y, const MatrixSpan& dy);

// Zeroes each number with probability `rate` and makes up for it in the others (Srivastava et al.
// 2014). Rate 0 does nothing.
class Dropout {
 public:
  void Forward(double rate, Rng& rng, const MatrixSpan& x);
  // The same numbers as in the last Forward.
  void Backward(const MatrixSpan& dx) const;

 private:
  void Apply(const MatrixSpan& x) const;

  std::vector<float> factors_;  // 0 or what makes up for it; none: all are kept
};

// Softmax cross-entropy of one row: logits become the gradient, weight (softmax - target); returns
// -weight log softmax[target]. REQUIRES: target within the logits.
double SoftmaxCrossEntropy(std::span<float> logits, size_t target, float weight);

// log(1 + exp(-x)) for a positive example, log(1 + exp(x)) for another, and its slope in x.
struct LogisticLoss {
  double loss;
  float slope;
};
LogisticLoss Logistic(float x, bool positive);

}  // namespace marquee::nn
