#include "tuning/search_space.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "base/error_matchers.h"
#include "base/text.h"

namespace marquee {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

const SearchSpace kSpace = {{"factors", 8, 512, true, true},
                            {"regularization", 1e-5, 10, true, false},
                            {"weight", -2, 2, false, false}};

// Best, 0, at factors 64, regularization .01, weight .5.
double Known(const std::vector<double>& point) {
  const double factors = std::log2(point[0] / 64), regularization = std::log10(point[1] / 0.01);
  const double weight = point[2] - 0.5;
  return -(factors * factors + regularization * regularization + 4 * weight * weight);
}

double BestOf(SearchKind kind, uint64_t seed, int trials) {
  std::vector<Observation> seen;
  double best = -INFINITY;
  for (int trial = 0; trial < trials; ++trial) {
    const std::vector<double> point = NextPoint(kSpace, kind, seen, seed, trial);
    seen.push_back({point, Known(point)});
    best = std::max(best, seen.back().value);
  }
  return best;
}

TEST(NextPoint, TpeFindsAKnownOptimumBetterThanRandom) {
  int wins = 0;
  double tpe_sum = 0, random_sum = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const double tpe = BestOf(SearchKind::kTpe, seed, 60);
    const double random = BestOf(SearchKind::kRandom, seed, 60);
    wins += tpe > random;
    tpe_sum += tpe;
    random_sum += random;
  }
  EXPECT_GE(wins, 15) << "of 20 seeds";
  EXPECT_GT(tpe_sum, random_sum / 3) << "a third of the distance to the optimum";
}

TEST(NextPoint, StaysInTheRangesAndRoundsWholeNumbers) {
  std::vector<Observation> seen;
  for (int trial = 0; trial < 60; ++trial) {
    const std::vector<double> point = NextPoint(kSpace, SearchKind::kTpe, seen, 3, trial);
    ASSERT_THAT(point, SizeIs(3));
    for (size_t at = 0; at < point.size(); ++at) {
      EXPECT_GE(point[at], kSpace[at].lo);
      EXPECT_LE(point[at], kSpace[at].hi);
    }
    EXPECT_EQ(point[0], std::round(point[0]));
    seen.push_back({point, Known(point)});
  }
}

TEST(NextPoint, IsTheSameForTheSameSeedAndObservations) {
  std::vector<Observation> seen;
  for (int trial = 0; trial < 15; ++trial) {
    const std::vector<double> point = NextPoint(kSpace, SearchKind::kTpe, seen, 9, trial);
    EXPECT_EQ(point, NextPoint(kSpace, SearchKind::kTpe, seen, 9, trial));
    EXPECT_NE(point, NextPoint(kSpace, SearchKind::kTpe, seen, 10, trial));
    seen.push_back({point, Known(point)});
  }
}

TEST(NextPoint, SpreadsEvenlyOnALogarithmicScale) {
  int below = 0;
  for (int trial = 0; trial < 1000; ++trial)
    below += NextPoint(kSpace, SearchKind::kRandom, {}, 1, trial)[1] < 0.01;
  EXPECT_NEAR(below, 500, 60) << ".01 is the middle of 1e-5 to 10";
}

TEST(BuildSearchSpace, TakesWhatTheTypeDeclaresWithoutWhatIsFixed) {
  const SearchSpace space = BuildSearchSpace(FindModelType("ials"), {{"factors", "64"}}, {});
  std::vector<std::string> keys;
  for (const SearchParameter& one : space) keys.push_back(one.key);
  EXPECT_THAT(keys, ElementsAre("regularization", "unobserved_weight"));
  EXPECT_TRUE(space[0].log);
}

TEST(BuildSearchSpace, EveryDeclaredRangeIsOneItsSettingTakes) {
  for (const ModelType& type : ModelTypes()) {
    for (const SettingSpec& spec : type.options) {
      if (!spec.search) continue;
      EXPECT_LT(spec.search->lo, spec.search->hi) << type.name << " " << spec.key;
      EXPECT_GE(spec.search->lo, spec.min) << type.name << " " << spec.key;
      EXPECT_LE(spec.search->hi, spec.max) << type.name << " " << spec.key;
      EXPECT_TRUE(!spec.search->log || spec.search->lo > 0) << type.name << " " << spec.key;
      EXPECT_TRUE(spec.type == SettingSpec::Type::kInt || spec.type == SettingSpec::Type::kNumber);
    }
  }
}

TEST(BuildSearchSpace, EveryTypeWithNumbersToSetDeclaresARangeAroundItsDefaults) {
  for (const ModelType& type : ModelTypes()) {
    bool any = false, numbers = false;
    for (const SettingSpec& spec : type.options) {
      numbers |= spec.type == SettingSpec::Type::kInt || spec.type == SettingSpec::Type::kNumber;
      if (!spec.search) continue;
      any = true;
      const double fallback = ParseDouble(spec.fallback).value();
      // 0 often means "without", which no logarithmic scale reaches.
      if (fallback == 0 && spec.search->log) continue;
      EXPECT_GE(fallback, spec.search->lo) << type.name << " " << spec.key;
      EXPECT_LE(fallback, spec.search->hi) << type.name << " " << spec.key;
    }
    EXPECT_EQ(any, numbers) << type.name;
  }
}

TEST(BuildSearchSpace, RangesChangeAndCompleteIt) {
  const SearchSpace space = BuildSearchSpace(FindModelType("ease"), {}, {"l2=100:200"});
  EXPECT_THAT(space, ElementsAre(SearchParameter{"l2", 100, 200, false, false}));
  EXPECT_THAT(BuildSearchSpace(FindModelType("most-popular"), {}, {"window_days=1:365:log"}),
              ElementsAre(SearchParameter{"window_days", 1, 365, true, true}));
  EXPECT_THAT(BuildSearchSpace(FindModelType("bayesian-fm"), {{"rank", "8"}, {"day_bins", "0"}},
                               {"sweeps=20:200:log"}),
              ElementsAre(SearchParameter{"sweeps", 20, 200, true, true}));
}

TEST(BuildSearchSpace, WhatIsNoRangeIsRefused) {
  const auto range = [](const char* text) {
    return [text] { BuildSearchSpace(FindModelType("ease"), {}, {text}); };
  };
  EXPECT_THAT(range("l2"), ThrowsError(Code::kInvalidArgument, HasSubstr("there is no '='")));
  EXPECT_THAT(range("l2=5"), ThrowsError(Code::kInvalidArgument, HasSubstr("this is no range")));
  EXPECT_THAT(range("l2=5:3"), ThrowsError(Code::kInvalidArgument, HasSubstr("the lower one")));
  EXPECT_THAT(range("l3=5:6"), ThrowsError(Code::kInvalidArgument, HasSubstr("setting 'l3'")));
  EXPECT_THAT(range("l2=0:6"), ThrowsError(Code::kInvalidArgument, HasSubstr("l2 must be 0.001")));
  EXPECT_THAT(
      [] {
        BuildSearchSpace(FindModelType("most-popular"), {{"window_days", "7"}}, {});
      },
      ThrowsError(Code::kInvalidArgument, HasSubstr("there is nothing to search")));
  EXPECT_THAT(
      [] {
        BuildSearchSpace(FindModelType("ease"), {{"l2", "7"}}, {"l2=5:9"});
      },
      ThrowsError(Code::kInvalidArgument, HasSubstr("--set gives it a value")));
}

TEST(SettingsOf, WritesNumbersThatReadBackTheSame) {
  const auto settings = SettingsOf(kSpace, std::vector<double>{64, 0.1 + 0.2, -1});
  EXPECT_EQ(settings.at("factors"), "64");
  EXPECT_EQ(std::stod(settings.at("regularization")), 0.1 + 0.2);
}

TEST(ParseSearchKind, RefusesOthersByName) {
  EXPECT_EQ(ParseSearchKind("tpe"), SearchKind::kTpe);
  EXPECT_THAT([] { ParseSearchKind("grid"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("must be random or tpe")));
}

}  // namespace
}  // namespace marquee
