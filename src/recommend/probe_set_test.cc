#include "recommend/probe_set.h"

#include <gmock/gmock.h>

#include <chrono>
#include <cmath>
#include <thread>

#include "recommend/test_bundle.h"

namespace marquee {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::shared_ptr<ModelBundle> Scripted(
    std::vector<float> scores, std::function<void()> before = [] {}) {
  auto bundle = MakeBundle("most-popular");
  bundle->model =
      std::make_shared<ScriptedModel>(bundle->interactions.shared_items(), std::move(scores),
                                      std::vector<ScoredItem>{}, std::move(before));
  return bundle;
}

std::vector<float> Ramp(float step) {
  std::vector<float> scores;
  for (int i = 0; i < kItems; ++i) scores.push_back(step * static_cast<float>(i));
  return scores;
}

TEST(Probe, AModelAgreesWithItself) {
  const auto bundle = MakeBundle("ials");
  const ProbeReport report = Probe(*bundle, bundle.get(), {.users = 10, .k = 5});
  EXPECT_TRUE(report.passed());
  EXPECT_EQ(report.users, 10);
  EXPECT_EQ(report.overlap, 1);
  EXPECT_GE(report.p95_ms, report.median_ms);
}

TEST(Probe, ListsTurnedAroundShareLittle) {
  const auto one = Scripted(Ramp(1));
  const auto other = Scripted(Ramp(-1));
  const ProbeReport report = Probe(*other, one.get(), {.users = 10, .k = 5, .min_overlap = .5});
  EXPECT_LT(report.overlap, .2);
  EXPECT_THAT(report.problems, ElementsAre(HasSubstr("must be at least 0.5")));
}

TEST(Probe, ScoresThatRankNothingAreRefused) {
  std::vector<float> broken = Ramp(1);
  broken[3] = NAN;
  EXPECT_THAT(Probe(*Scripted(broken), nullptr, {.users = 10}).problems,
              ElementsAre(HasSubstr("not finite for 10 of 10 users")));
  EXPECT_THAT(Probe(*Scripted(Ramp(0)), nullptr, {.users = 10}).problems,
              ElementsAre(HasSubstr("the same score for every title for 10 of 10 users")));
}

TEST(Probe, ASlowModelIsRefused) {
  const auto slow = Scripted(Ramp(1), [] {
    const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(3);
    while (std::chrono::steady_clock::now() < until) std::this_thread::yield();
  });
  EXPECT_THAT(Probe(*slow, nullptr, {.users = 3, .max_ms = 1}).problems,
              ElementsAre(HasSubstr("must be at most 1")));
}

}  // namespace
}  // namespace marquee
