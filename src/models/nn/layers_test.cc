#include "models/nn/layers.h"

#include <gmock/gmock.h>

#include <cmath>
#include <functional>

#include "models/nn/attention.h"
#include "models/nn/gradient_check.h"

namespace marquee::nn::layers_test {
namespace {

using testing::ElementsAre;
using testing::FloatNear;

TEST(Linear, AddsTheBiasToEachProduct) {
  const kernels::Matrix x = MatrixWith(2, 2, {1, 2, 3, 4}), w = MatrixWith(2, 1, {10, 100});
  const std::vector<float> bias = {5};
  kernels::Matrix y(2, 1);
  Scratch scratch;
  LinearForward({w, bias}, x, y, scratch);
  EXPECT_THAT(y.values(), ElementsAre(215, 435));
}

TEST(Linear, GradientsAreThoseOfFiniteDifferences) {
  kernels::Matrix x = RandomMatrix(5, 3, 1), w = RandomMatrix(3, 4, 2),
                  bias = RandomMatrix(1, 4, 3);
  const kernels::Matrix pull = RandomMatrix(5, 4, 4);
  Scratch scratch;
  const auto loss = [&] {
    kernels::Matrix y(5, 4);
    LinearForward({w, bias.Row(0)}, x, y, scratch);
    return Product(y, pull);
  };
  kernels::Matrix dx(5, 3), dw(3, 4), db(1, 4);
  LinearBackward({w, bias.Row(0)}, x, pull, {dx, dw, db.Row(0)}, scratch);
  ExpectGradient(loss, x, dx);
  ExpectGradient(loss, w, dw);
  ExpectGradient(loss, bias, db);
}

TEST(Linear, BackwardAddsToGradientsThatAreThere) {
  const kernels::Matrix x = MatrixWith(1, 1, {2}), w = MatrixWith(1, 1, {3});
  const kernels::Matrix dy = MatrixWith(1, 1, {1});
  const std::vector<float> bias = {0};
  kernels::Matrix dw = MatrixWith(1, 1, {100}), db = MatrixWith(1, 1, {50});
  Scratch scratch;
  LinearBackward({w, bias}, x, dy, {{}, dw, db.Row(0)}, scratch);
  EXPECT_THAT(dw.values(), ElementsAre(102));
  EXPECT_THAT(db.values(), ElementsAre(51));
}

TEST(LayerNorm, GivesMeanZeroAndDeviationOne) {
  const kernels::Matrix x = MatrixWith(1, 4, {1, 3, 1, 3});
  const std::vector<float> gain = {1, 1, 1, 2}, bias = {0, 0, 5, 0};
  kernels::Matrix y(1, 4);
  LayerNorm norm;
  norm.Forward(gain, bias, x, y);
  EXPECT_THAT(y.values(), ElementsAre(FloatNear(-1, 1e-5), FloatNear(1, 1e-5), FloatNear(4, 1e-5),
                                      FloatNear(2, 1e-5)));
}

TEST(LayerNorm, GradientsAreThoseOfFiniteDifferences) {
  kernels::Matrix x = RandomMatrix(3, 6, 1), gain = RandomMatrix(1, 6, 2);
  kernels::Matrix bias = RandomMatrix(1, 6, 3);
  const kernels::Matrix pull = RandomMatrix(3, 6, 4);
  LayerNorm norm;
  const auto loss = [&] {
    kernels::Matrix y(3, 6);
    norm.Forward(gain.Row(0), bias.Row(0), x, y);
    return Product(y, pull);
  };
  loss();
  kernels::Matrix dx(3, 6), d_gain(1, 6), d_bias(1, 6);
  norm.Backward(gain.Row(0), pull, dx, d_gain.Row(0), d_bias.Row(0));
  ExpectGradient(loss, x, dx);
  ExpectGradient(loss, gain, d_gain);
  ExpectGradient(loss, bias, d_bias);
}

TEST(Activations, GradientsAreThoseOfFiniteDifferences) {
  kernels::Matrix x = RandomMatrix(4, 5, 1);
  const kernels::Matrix pull = RandomMatrix(4, 5, 2);
  const auto activated = [&](void (*activate)(const MatrixSpan&)) {
    kernels::Matrix y = CopyOf(x);
    activate(y);
    return y;
  };
  kernels::Matrix slopes = CopyOf(pull);
  ReluBackward(activated(Relu), slopes);
  ExpectGradient([&] { return Product(activated(Relu), pull); }, x, slopes);
  slopes = CopyOf(pull);
  TanhBackward(activated(Tanh), slopes);
  ExpectGradient([&] { return Product(activated(Tanh), pull); }, x, slopes);
}

TEST(Dropout, ZeroesItsShareAndKeepsTheMean) {
  kernels::Matrix x(100, 100);
  std::ranges::fill(x.values(), 1.0f);
  Rng rng(1);
  Dropout dropout;
  dropout.Forward(0.3, rng, x);
  int zeros = 0;
  double sum = 0;
  for (const float value : x.values()) {
    zeros += value == 0;
    sum += value;
  }
  // Four standard deviations of a share of 10,000 draws.
  EXPECT_NEAR(zeros / 1e4, 0.3, 0.019);
  EXPECT_NEAR(sum / 1e4, 1, 0.027);
  kernels::Matrix slopes(100, 100);
  std::ranges::fill(slopes.values(), 1.0f);
  dropout.Backward(slopes);
  EXPECT_THAT(slopes.values(), testing::ElementsAreArray(x.values()));
}

TEST(Dropout, OfRateZeroDrawsNothing) {
  kernels::Matrix x = MatrixWith(1, 2, {1, 2});
  Rng rng(1), untouched(1);
  Dropout dropout;
  dropout.Forward(0, rng, x);
  dropout.Backward(x);
  EXPECT_THAT(x.values(), ElementsAre(1, 2));
  EXPECT_EQ(rng.Next(), untouched.Next());
}

TEST(SoftmaxCrossEntropy, IsTheWeightedNegativeLogShareAndItsGradient) {
  kernels::Matrix logits = MatrixWith(1, 3, {0.5f, -1, 2});
  const double total = std::exp(0.5) + std::exp(-1.0) + std::exp(2.0);
  kernels::Matrix slopes = CopyOf(logits);
  EXPECT_NEAR(SoftmaxCrossEntropy(slopes.Row(0), 1, 0.25f), 0.25 * (std::log(total) + 1), 1e-6);
  ExpectGradient(
      [&] {
        kernels::Matrix copy = CopyOf(logits);
        return SoftmaxCrossEntropy(copy.Row(0), 1, 0.25f);
      },
      logits, slopes);
}

TEST(Logistic, IsTheNegativeLogProbabilityAndItsSlope) {
  for (const bool positive : {false, true}) {
    for (const double x : {-90.0, -2.0, 0.0, 0.7, 90.0}) {
      const LogisticLoss at = Logistic(static_cast<float>(x), positive);
      const double probability = 1 / (1 + std::exp(positive ? -x : x));
      if (std::abs(x) < 50) {
        EXPECT_NEAR(at.loss, -std::log(probability), 1e-6);
      }
      EXPECT_TRUE(std::isfinite(at.loss));
      EXPECT_NEAR(at.slope, positive ? probability - 1 : 1 - probability, 1e-6);
    }
  }
}

// Sequences of three rows, of two, and of more than are multiplied at a time.
class Attention : public testing::TestWithParam<size_t> {
 protected:
  static constexpr size_t kWidth = 4, kRows = 75;
  const std::vector<size_t> begins_ = {0, 3, 5, 75};
  const AttentionRows rows_ = {begins_, GetParam()};
  kernels::Matrix qkv_ = RandomMatrix(kRows, 3 * kWidth, 1);
  Scratch scratch_;
  CausalAttention attention_;

  kernels::Matrix Out() {
    kernels::Matrix out(kRows, kWidth);
    attention_.Forward(rows_, qkv_, out, scratch_);
    return out;
  }
};
INSTANTIATE_TEST_SUITE_P(Heads, Attention, testing::Values(1, 2, 4));

TEST_P(Attention, IsTheWeightedMeanOfTheValuesSoFar) {
  const kernels::Matrix out = Out();
  const size_t size = kWidth / GetParam();
  for (size_t s = 0; s < 3; ++s) {
    for (size_t row = begins_[s]; row < begins_[s + 1]; ++row) {
      for (size_t column = 0; column < kWidth; ++column) {
        const size_t head = column / size * size;
        double total = 0, sum = 0;
        for (size_t past = begins_[s]; past <= row; ++past) {
          double product = 0;
          for (size_t c = head; c < head + size; ++c)
            product += qkv_.Row(row)[c] * qkv_.Row(past)[kWidth + c];
          const double weight = std::exp(product / std::sqrt(static_cast<double>(size)));
          total += weight;
          sum += weight * qkv_.Row(past)[2 * kWidth + column];
        }
        EXPECT_NEAR(out.Row(row)[column], sum / total, 1e-5) << row << "," << column;
      }
    }
  }
}

TEST_P(Attention, GradientsAreThoseOfFiniteDifferences) {
  const kernels::Matrix pull = RandomMatrix(kRows, kWidth, 2);
  Out();
  kernels::Matrix d_qkv(kRows, 3 * kWidth);
  attention_.Backward(rows_, qkv_, pull, d_qkv, scratch_);
  ExpectGradient([&] { return Product(Out(), pull); }, qkv_, d_qkv);
}

}  // namespace
}  // namespace marquee::nn::layers_test
