#include "kernels/neural.h"

#include <gmock/gmock.h>

#include <numeric>

#include "kernels/tables.h"
#include "kernels/test_levels.h"

namespace marquee::kernels::neural_test {
namespace {

class NeuralLevels : public LevelTest {
 protected:
  const NeuralTable& table_ = NeuralTableOf(GetParam());
};
INSTANTIATE_TEST_SUITE_P(Levels, NeuralLevels, testing::ValuesIn(SupportedSimd()), LevelName);

double ExactLogSumExp(const std::vector<float>& x) {
  const double most = *std::max_element(x.begin(), x.end());
  double sum = 0;
  for (const float value : x) sum += std::exp(value - most);
  return most + std::log(sum);
}

TEST_P(NeuralLevels, SoftmaxAgreesWithDoublePrecision) {
  for (const size_t n : AwkwardSizes()) {
    // Far from zero: without the shift by the largest, exp would leave float32.
    std::vector<float> x = RandomFloats(n, n);
    for (float& value : x) value = 100 + 5 * value;
    const double expected = ExactLogSumExp(x);
    EXPECT_NEAR(table_.log_sum_exp(x.data(), n), expected, 1e-6 * std::abs(expected)) << n;
    std::vector<float> shares = x;
    EXPECT_NEAR(table_.softmax(shares.data(), n, 0.25f), expected, 1e-6 * std::abs(expected)) << n;
    for (size_t i = 0; i < n; ++i) {
      const double share = 0.25 * std::exp(x[i] - expected);
      ASSERT_NEAR(shares[i], share, 2e-5 * share + 1e-30) << i << " of " << n;
    }
  }
}

TEST_P(NeuralLevels, TanhAgreesWithDoublePrecision) {
  for (const size_t n : AwkwardSizes()) {
    std::vector<float> x = RandomFloats(n, n);
    x[0] = 50;
    std::vector<float> y = x;
    table_.tanh(y.data(), n);
    for (size_t i = 0; i < n; ++i)
      ASSERT_NEAR(y[i], std::tanh(static_cast<double>(x[i])), 4 * std::ldexp(1.0, -24)) << x[i];
  }
}

TEST_P(NeuralLevels, AdamFollowsItsFormula) {
  for (const size_t n : AwkwardSizes()) {
    const std::vector<float> gradient = RandomFloats(n, n), start = RandomFloats(n, n + 1);
    std::vector<float> first = RandomFloats(n, n + 2), second(n, 0.5f), x = start;
    const std::vector<float> old_first = first;
    table_.adam({.rate = 0.1f,
                 .beta1 = 0.9f,
                 .beta2 = 0.98f,
                 .epsilon = 1e-3f,
                 .decay = 0.01f,
                 .gradient = gradient.data(),
                 .first = first.data(),
                 .second = second.data(),
                 .x = x.data(),
                 .n = n});
    for (size_t i = 0; i < n; ++i) {
      const double g = gradient[i], m = 0.9 * old_first[i] + 0.1 * g, v = 0.98 * 0.5 + 0.02 * g * g;
      ASSERT_NEAR(first[i], m, 1e-6);
      ASSERT_NEAR(second[i], v, 1e-6);
      ASSERT_NEAR(x[i], 0.99 * start[i] - 0.1 * m / (std::sqrt(v) + 1e-3), 1e-5);
    }
  }
}

// Bias correction makes the first step as long as the learning rate, whatever the gradient.
TEST(AdamStep, TheFirstStepHasTheLengthOfTheLearningRate) {
  std::vector<float> x = {1, 1}, first(2), second(2);
  const std::vector<float> gradient = {1e-3f, -40};
  AdamStep({.learning_rate = 0.01}, 1, gradient, {first, second}, x);
  EXPECT_NEAR(x[0], 0.99, 1e-5);
  EXPECT_NEAR(x[1], 1.01, 1e-5);
}

TEST(AdamStep, FindsTheMinimumOfAParabola) {
  std::vector<float> x = {5}, first(1), second(1);
  for (int step = 1; step <= 2000; ++step) {
    const std::vector<float> gradient = {2 * (x[0] - 3)};
    AdamStep({.learning_rate = 0.01}, step, gradient, {first, second}, x);
  }
  EXPECT_NEAR(x[0], 3, 1e-3);
}

}  // namespace
}  // namespace marquee::kernels::neural_test
