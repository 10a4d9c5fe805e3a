// Element-wise kernels of neural models in float32. All are thread-safe, and give the same bits for
// the same input at one SIMD level.
#pragma once

#include <cstdint>
#include <span>

namespace marquee::kernels {

// x becomes total softmax(x). Returns log sum exp of what it was. REQUIRES: x is not empty, and
// finite.
float Softmax(std::span<float> x, float total = 1);
// log sum exp x, of numbers as large as they may be. REQUIRES: x is not empty, and finite.
float LogSumExp(std::span<const float> x);
// x becomes tanh(x), within 4 units in the last place.
void Tanh(std::span<float> x);

// Adam (Kingma and Ba 2015) with decoupled weight decay (Loshchilov and Hutter 2019).
struct AdamOptions {
  double learning_rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.98;
  double epsilon = 1e-8;
  double weight_decay = 0;
};
// One step against `gradient`. `first` and `second` are the moments, zero before the first step.
// `step`: 1-based, how many with this one. REQUIRES: one size.
struct AdamState {
  std::span<float> first;
  std::span<float> second;
};
void AdamStep(const AdamOptions& options, int64_t step, std::span<const float> gradient,
              const AdamState& state, std::span<float> x);

}  // namespace marquee::kernels
