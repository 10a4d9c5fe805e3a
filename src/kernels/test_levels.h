// Shared by the kernel tests: every level, awkward sizes, and the error that rounding may leave.
#pragma once

#include <gmock/gmock.h>

#include <cmath>
#include <string>
#include <vector>

#include "base/random.h"
#include "kernels/simd.h"

namespace marquee::kernels {

inline std::vector<size_t> AwkwardSizes() {
  std::vector<size_t> sizes;
  for (size_t d = 1; d <= 33; ++d) sizes.push_back(d);
  for (const size_t d : {64, 100, 128, 192, 257}) sizes.push_back(d);
  return sizes;
}

inline std::vector<float> RandomFloats(size_t n, uint64_t seed) {
  Rng rng(seed);
  std::vector<float> values(n);
  for (float& value : values) value = static_cast<float>(rng.Normal());
  return values;
}

// A sum of n products, in any order, errs by at most n u / (1 - n u) times the sum of their
// magnitudes, u = 2^-24 (Higham, Accuracy and Stability of Numerical Algorithms, 3.1); one more u
// for the result's own rounding.
inline double SumTolerance(size_t n, double sum_of_magnitudes) {
  const double u = std::ldexp(1.0, -24);
  return static_cast<double>(n + 1) * u / (1 - static_cast<double>(n + 1) * u) * sum_of_magnitudes;
}

// Instantiate with INSTANTIATE_TEST_SUITE_P(Levels, X, ValuesIn(SupportedSimd()), LevelName).
class LevelTest : public testing::TestWithParam<Simd> {};

inline std::string LevelName(const testing::TestParamInfo<Simd>& info) {
  return std::string(SimdName(info.param));
}

}  // namespace marquee::kernels
