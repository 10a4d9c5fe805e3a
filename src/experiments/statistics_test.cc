#include "experiments/statistics.h"

#include <gmock/gmock.h>

#include <array>
#include <cmath>

#include "base/random.h"

namespace marquee {
namespace {

constexpr double kAlpha = .05;
constexpr double kEffect = .1;

TEST(Statistics, MomentsAreThoseOfTheDefinition) {
  Moments moments;
  for (const double value : {1.0, 2.0, 4.0}) moments.Add(value);
  EXPECT_EQ(moments.count(), 3);
  EXPECT_DOUBLE_EQ(moments.mean(), 7.0 / 3);
  EXPECT_DOUBLE_EQ(moments.mean_variance(), 7.0 / 3 / 3);  // variance 7/3 over 3 values
}

TEST(Statistics, OneLookIsTheNormalTest) {
  const Difference difference = MakeDifference(1.959963985, 1, kEffect, kAlpha);
  EXPECT_NEAR(difference.p_value, .05, 1e-9);
  EXPECT_NEAR(difference.fixed.low, 0, 1e-9);
  EXPECT_NEAR(difference.fixed.high, 2 * 1.959963985, 1e-9);
}

TEST(Statistics, ManyLooksCostWidthAndIntervalAndPValueAgree) {
  const Difference difference = MakeDifference(.3, .01, kEffect, kAlpha);
  EXPECT_LT(difference.always.low, difference.fixed.low);
  EXPECT_GT(difference.always_p_value, difference.p_value);
  const double reach = difference.always.high - difference.value;
  EXPECT_NEAR(MakeDifference(reach, .01, kEffect, kAlpha).always_p_value, kAlpha, 1e-12);
}

TEST(Statistics, WithoutVarianceNothingIsKnown) {
  const Difference difference = MakeDifference(1, 0, kEffect, kAlpha);
  EXPECT_EQ(difference.p_value, 1);
  EXPECT_EQ(difference.always_p_value, 1);
  EXPECT_TRUE(std::isinf(difference.fixed.low));
}

struct Alarms {
  int fixed = 0;
  int always = 0;
};

// How many of 500 experiments alarm at some of 40 looks.
Alarms Peek(double effect) {
  Alarms alarms;
  Rng rng(7);
  for (int run = 0; run < 500; ++run) {
    Moments control;
    Moments treated;
    bool fixed = false;
    bool always = false;
    for (int look = 0; look < 40; ++look) {
      for (int i = 0; i < 50; ++i) {
        control.Add(rng.Uniform() < .3 ? 1 : 0);
        treated.Add(rng.Uniform() < .3 + effect ? 1 : 0);
      }
      const Difference difference =
          MakeDifference(treated.mean() - control.mean(),
                         treated.mean_variance() + control.mean_variance(), kEffect, kAlpha);
      fixed = fixed || difference.p_value < kAlpha;
      always = always || difference.always_p_value < kAlpha;
    }
    alarms.fixed += fixed ? 1 : 0;
    alarms.always += always ? 1 : 0;
  }
  return alarms;
}

TEST(Statistics, LookingOftenFoolsTheFixedTestAndNotTheSequentialOne) {
  const Alarms alarms = Peek(0);
  EXPECT_GT(alarms.fixed, 100);  // more than 20 %, at a promised 5 %
  EXPECT_LE(alarms.always, 25);  // 5 %
}

TEST(Statistics, ATrueDifferenceIsFound) { EXPECT_GT(Peek(.1).always, 450); }

TEST(Statistics, SampleRatio) {
  const std::array<double, 2> even = {1, 1};
  EXPECT_DOUBLE_EQ(SampleRatioPValue(std::array<int64_t, 2>{5000, 5000}, even), 1);
  EXPECT_NEAR(SampleRatioPValue(std::array<int64_t, 2>{5000, 5300}, even), .00312, 5e-5);
  EXPECT_DOUBLE_EQ(
      SampleRatioPValue(std::array<int64_t, 2>{1000, 3000}, std::array<double, 2>{1, 3}), 1);
  EXPECT_EQ(SampleRatioPValue(std::array<int64_t, 2>{0, 0}, even), 1);
}

}  // namespace
}  // namespace marquee
