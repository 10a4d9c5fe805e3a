// For tests: small matrices, and gradients compared with finite differences.
#pragma once

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <span>

#include "base/random.h"
#include "kernels/gemm.h"

namespace marquee::nn {

inline kernels::Matrix MatrixWith(size_t rows, size_t columns,
                                  std::initializer_list<float> values) {
  kernels::Matrix matrix(rows, columns);
  std::ranges::copy(values, matrix.values().begin());
  return matrix;
}

inline kernels::Matrix RandomMatrix(size_t rows, size_t columns, uint64_t seed) {
  Rng rng(seed);
  kernels::Matrix matrix(rows, columns);
  for (float& value : matrix.values()) value = static_cast<float>(rng.Normal());
  return matrix;
}

inline kernels::Matrix CopyOf(const kernels::Matrix& from) {
  kernels::Matrix copy(from.rows(), from.columns());
  std::ranges::copy(from.values(), copy.values().begin());
  return copy;
}

// The sum of the products of their elements: a loss whose gradient in x is y.
inline double Product(const kernels::Matrix& x, const kernels::Matrix& y) {
  double sum = 0;
  for (size_t i = 0; i < x.values().size(); ++i)
    sum += static_cast<double>(x.values()[i]) * y.values()[i];
  return sum;
}

// `gradient` is that of loss() in `at`, by differences of fourth order. Rounding of float32 leaves
// an error of about 1e-7 |loss| / step, curvature one of step^4: both below 1e-3 here.
inline void ExpectGradient(const std::function<double()>& loss, std::span<float> at,
                           std::span<const float> gradient) {
  constexpr float kStep = 4e-3f;
  ASSERT_EQ(at.size(), gradient.size());
  for (size_t i = 0; i < at.size(); ++i) {
    const float before = at[i];
    const auto loss_at = [&](float steps) {
      at[i] = before + steps * kStep;
      return loss();
    };
    const double near = loss_at(1) - loss_at(-1), far = loss_at(2) - loss_at(-2);
    at[i] = before;
    const double slope = (8 * near - far) / (12 * static_cast<double>(kStep));
    ASSERT_NEAR(gradient[i], slope, 1e-3 * std::max(1.0, std::abs(slope))) << "element " << i;
  }
}

inline void ExpectGradient(const std::function<double()>& loss, kernels::Matrix& at,
                           const kernels::Matrix& gradient) {
  ExpectGradient(loss, at.values(), gradient.values());
}

}  // namespace marquee::nn
