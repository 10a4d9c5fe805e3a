#include "kernels/neural.h"

#include <cmath>

#include "base/check.h"
#include "kernels/tables.h"
#include "kernels/targets_internal.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/neural.cc"
// In this order: the targets, then what is included once a target.
// clang-format off
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <hwy/contrib/math/math-inl.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace marquee::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;

HWY_INLINE float Largest(const float* HWY_RESTRICT x, size_t n) {
  const D d;
  size_t i = 0;
  float largest = x[0];
  if (n >= hn::Lanes(d)) {
    auto most = hn::LoadU(d, x);
    for (i = hn::Lanes(d); i + hn::Lanes(d) <= n; i += hn::Lanes(d))
      most = hn::Max(most, hn::LoadU(d, x + i));
    largest = hn::GetLane(hn::MaxOfLanes(d, most));
  }
  for (; i < n; ++i) largest = x[i] > largest ? x[i] : largest;
  return largest;
}

// exp of each minus the largest, kept in `out` unless it is null; their sum.
HWY_INLINE float ExpSum(const float* x, size_t n, float largest, float* out) {
  const D d;
  const size_t lanes = hn::Lanes(d);
  const auto shift = hn::Set(d, largest);
  auto sums = hn::Zero(d);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const auto value = hn::Exp(d, hn::Sub(hn::LoadU(d, x + i), shift));
    if (out != nullptr) hn::StoreU(value, d, out + i);
    sums = hn::Add(sums, value);
  }
  float sum = hn::GetLane(hn::SumOfLanes(d, sums));
  for (; i < n; ++i) {
    const float value = std::exp(x[i] - largest);
    if (out != nullptr) out[i] = value;
    sum += value;
  }
  return sum;
}

float SoftmaxKernel(float* x, size_t n, float total) {
  const D d;
  const float largest = Largest(x, n);
  const float sum = ExpSum(x, n, largest, x);
  const auto scale = hn::Set(d, total / sum);
  size_t i = 0;
  for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d))
    hn::StoreU(hn::Mul(scale, hn::LoadU(d, x + i)), d, x + i);
  for (; i < n; ++i) x[i] *= total / sum;
  return largest + std::log(sum);
}

float LogSumExpKernel(const float* x, size_t n) {
  const float largest = Largest(x, n);
  return largest + std::log(ExpSum(x, n, largest, nullptr));
}

void TanhKernel(float* x, size_t n) {
  const D d;
  size_t i = 0;
  for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d))
    hn::StoreU(hn::Tanh(d, hn::LoadU(d, x + i)), d, x + i);
  for (; i < n; ++i) x[i] = std::tanh(x[i]);
}

void AdamKernel(const AdamJob& job) {
  const D d;
  const auto beta1 = hn::Set(d, job.beta1), rest1 = hn::Set(d, 1 - job.beta1);
  const auto beta2 = hn::Set(d, job.beta2), rest2 = hn::Set(d, 1 - job.beta2);
  const auto rate = hn::Set(d, job.rate), epsilon = hn::Set(d, job.epsilon);
  const auto keep = hn::Set(d, 1 - job.decay);
  size_t i = 0;
  for (; i + hn::Lanes(d) <= job.n; i += hn::Lanes(d)) {
    const auto gradient = hn::LoadU(d, job.gradient + i);
    const auto first = hn::MulAdd(rest1, gradient, hn::Mul(beta1, hn::LoadU(d, job.first + i)));
    const auto second = hn::MulAdd(hn::Mul(rest2, gradient), gradient,
                                   hn::Mul(beta2, hn::LoadU(d, job.second + i)));
    hn::StoreU(first, d, job.first + i);
    hn::StoreU(second, d, job.second + i);
    const auto step = hn::Div(first, hn::Add(hn::Sqrt(second), epsilon));
    hn::StoreU(hn::NegMulAdd(rate, step, hn::Mul(keep, hn::LoadU(d, job.x + i))), d, job.x + i);
  }
  for (; i < job.n; ++i) {
    const float gradient = job.gradient[i];
    job.first[i] = job.beta1 * job.first[i] + (1 - job.beta1) * gradient;
    job.second[i] = job.beta2 * job.second[i] + (1 - job.beta2) * gradient * gradient;
    job.x[i] = (1 - job.decay) * job.x[i] -
               job.rate * job.first[i] / (std::sqrt(job.second[i]) + job.epsilon);
  }
}

constexpr NeuralTable kNeuralTable = {SoftmaxKernel, LogSumExpKernel, TanhKernel, AdamKernel};

}  // namespace marquee::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace marquee::kernels {
namespace {

const NeuralTable& Active() {
  static const NeuralTable& table = NeuralTableOf(ActiveSimd());
  return table;
}

}  // namespace

const NeuralTable& NeuralTableOf(Simd level) { MARQUEE_SELECT_TABLE(level, kNeuralTable); }

float Softmax(std::span<float> x, float total) {
  MARQUEE_CHECK(!x.empty());
  return Active().softmax(x.data(), x.size(), total);
}

float LogSumExp(std::span<const float> x) {
  MARQUEE_CHECK(!x.empty());
  return Active().log_sum_exp(x.data(), x.size());
}

void Tanh(std::span<float> x) { Active().tanh(x.data(), x.size()); }

void AdamStep(const AdamOptions& options, int64_t step, std::span<const float> gradient,
              const AdamState& state, std::span<float> x) {
  MARQUEE_CHECK(gradient.size() == x.size() && step >= 1);
  MARQUEE_CHECK(state.first.size() == x.size() && state.second.size() == x.size());
  // x -= rate (m / c1) / (sqrt(v / c2) + e)  =  x -= rate sqrt(c2) / c1  m / (sqrt(v) + e sqrt(c2))
  const auto age = static_cast<double>(step);
  const double c1 = 1 - std::pow(options.beta1, age);
  const double root2 = std::sqrt(1 - std::pow(options.beta2, age));
  Active().adam({.rate = static_cast<float>(options.learning_rate * root2 / c1),
                 .beta1 = static_cast<float>(options.beta1),
                 .beta2 = static_cast<float>(options.beta2),
                 .epsilon = static_cast<float>(options.epsilon * root2),
                 .decay = static_cast<float>(options.learning_rate * options.weight_decay),
                 .gradient = gradient.data(),
                 .first = state.first.data(),
                 .second = state.second.data(),
                 .x = x.data(),
                 .n = x.size()});
}

}  // namespace marquee::kernels
#endif
