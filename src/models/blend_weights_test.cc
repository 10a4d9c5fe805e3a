#include "models/blend_weights.h"

#include <gmock/gmock.h>

#include <cmath>

#include "base/random.h"

namespace marquee::blend_weights_test {
namespace {

using testing::ElementsAre;

const auto kGoOn = [] {};

// One target among candidates; each member scores it higher for a share of the users only.
BlendSample Sample(double first_right, double second_right) {
  Rng rng(5);
  BlendSample sample{.members = 2, .users = {}};
  for (int u = 0; u < 400; ++u) {
    BlendSample::User user{.scores = {}, .is_target = {}, .targets = 1};
    const bool first = rng.Uniform() < first_right, second = rng.Uniform() < second_right;
    for (int c = 0; c < 20; ++c) {
      const float bonus = c == 7 ? 2 : 0;
      user.scores.push_back(static_cast<float>(rng.Normal()) + (first ? bonus : 0));
      user.scores.push_back(static_cast<float>(rng.Normal()) + (second ? bonus : 0));
      user.is_target.push_back(c == 7);
    }
    sample.users.push_back(std::move(user));
  }
  return sample;
}

TEST(BlendScale, IsOneOverTheStandardDeviation) {
  EXPECT_NEAR(BlendScale(std::vector<float>{1, 3, 1, 3}), 1, 1e-6);
  EXPECT_NEAR(BlendScale(std::vector<float>{10, 50, 10, 50}), 0.05, 1e-6);
}

TEST(BlendScale, ScoresThatAreAllEqualSayNothing) {
  EXPECT_EQ(BlendScale(std::vector<float>{0, 0, 0}), 0);
  EXPECT_EQ(BlendScale(std::vector<float>{0.1f, 0.1f, 0.1f}), 0);
}

TEST(BlendNdcg, CountsTargetsThatNobodyFound) {
  BlendSample sample{.members = 1, .users = {}};
  sample.users.push_back({.scores = {3, 2, 1}, .is_target = {false, true, false}, .targets = 2});
  const double ideal = 1 + 1 / std::log2(3.0);
  EXPECT_NEAR(BlendNdcg(sample, std::vector<double>{1}, 10, 1), 1 / std::log2(3.0) / ideal, 1e-9);
  EXPECT_EQ(BlendNdcg(sample, std::vector<double>{1}, 1, 1), 0) << "the target is second";
}

TEST(BlendNdcg, OfEqualScoresTheTargetRanksBehind) {
  BlendSample sample{.members = 1, .users = {}};
  sample.users.push_back({.scores = {1, 1}, .is_target = {true, false}, .targets = 1});
  EXPECT_NEAR(BlendNdcg(sample, std::vector<double>{1}, 10, 1), 1 / std::log2(3.0), 1e-9);
}

TEST(FitBlend, BeatsBothMembersWhereTheyKnowDifferentThings) {
  const BlendSample sample = Sample(0.7, 0.7);
  const std::vector<double> weights = FitBlend(sample, 10, 2, kGoOn);
  EXPECT_NEAR(weights[0] + weights[1], 1, 1e-12);
  const double blend = BlendNdcg(sample, weights, 10, 1);
  EXPECT_GT(blend, 1.05 * BlendNdcg(sample, std::vector<double>{1, 0}, 10, 1));
  EXPECT_GT(blend, 1.05 * BlendNdcg(sample, std::vector<double>{0, 1}, 10, 1));
}

TEST(FitBlend, LeavesOutAMemberThatHarms) {
  BlendSample sample = Sample(1, 0);
  for (BlendSample::User& user : sample.users) {
    for (size_t c = 0; c < user.is_target.size(); ++c) {
      user.scores[2 * c] = user.is_target[c] ? 0.1f : 0.0f;
      user.scores[2 * c + 1] = user.is_target[c] ? -9.0f : 9.0f;
    }
  }
  EXPECT_THAT(FitBlend(sample, 10, 1, kGoOn), ElementsAre(1, 0));
}

TEST(FitBlend, IsEqualWhereNobodyWasHeldOut) {
  EXPECT_THAT(FitBlend({.members = 4, .users = {}}, 10, 1, kGoOn), ElementsAre(.25, .25, .25, .25));
}

TEST(FitBlend, IsTheSameForAnyNumberOfThreads) {
  const BlendSample sample = Sample(0.6, 0.4);
  EXPECT_EQ(FitBlend(sample, 10, 1, kGoOn), FitBlend(sample, 10, 3, kGoOn));
}

}  // namespace
}  // namespace marquee::blend_weights_test
