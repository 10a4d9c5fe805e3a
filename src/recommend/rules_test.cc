#include "recommend/rules.h"

#include <gmock/gmock.h>

#include "base/clock.h"
#include "base/error_matchers.h"
#include "base/files.h"
#include "recommend/rule_plan.h"

namespace marquee {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Rules Parse(std::string_view toml) {
  const TempDir dir;
  WriteFileAtomic(dir.path() / "rules.toml", toml);
  return ReadRules(dir.path() / "rules.toml");
}

RulePlan PlanAt(std::string_view time, std::string_view toml) {
  static const Catalog catalog({{"1", "A", 1990, {"Action"}, 10, 3},
                                {"2", "B", 2000, {"Comedy"}, 20, 3},
                                {"3", "C", 0, {}, 30, 3}});
  return RulePlan(std::make_shared<Rules>(Parse(toml)), catalog, ParseUtc(time).value());
}

TEST(Rules, AnEmptyFileChangesNothing) {
  const RulePlan plan = PlanAt("2027-01-01", "");
  EXPECT_FALSE(plan.reorders());
  EXPECT_FALSE(plan.explores());
  EXPECT_THAT(plan.hidden(), IsEmpty());
  EXPECT_THAT(plan.warnings(), IsEmpty());
}

TEST(Rules, EveryRuleIsRead) {
  const Rules rules = Parse(R"(
diversity = 0.2
calibration = 0.3
[freshness]
boost = 0.4
half_life_years = 3
[blend]
recent = 0.5
[exploration]
share = 0.1
protect = 2
among = 50
prefer = "unknown"
seed = 7
[[hide]]
max_year = 1950
[[bury]]
genres = ["Horror"]
by = 0.6
[[pin]]
item = 1
place = 2
from = 2027-01-01
[[cap]]
genre = "Drama"
max = 3
[[list]]
name = "Staff"
items = ["1", 2]
places = [4]
[[insert]]
source = "new"
places = [5, 6]
)");
  EXPECT_EQ(rules.diversity, 0.2);
  EXPECT_EQ(rules.calibration, 0.3);
  EXPECT_EQ(rules.freshness, 0.4);
  EXPECT_EQ(rules.half_life_years, 3);
  ASSERT_EQ(rules.blend.size(), 1u);
  EXPECT_EQ(rules.blend[0].first, "recent");
  EXPECT_EQ(rules.blend[0].second, 0.5);
  EXPECT_EQ(rules.exploration.share, 0.1);
  EXPECT_EQ(rules.exploration.protect, 2);
  EXPECT_EQ(rules.exploration.among, 50);
  EXPECT_TRUE(rules.exploration.prefer_unknown);
  EXPECT_EQ(rules.exploration.seed, 7u);
  EXPECT_EQ(rules.hide.at(0).match.max_year, 1950);
  EXPECT_EQ(rules.bury.at(0).by, 0.6);
  EXPECT_EQ(rules.pins.at(0).item, "1");
  EXPECT_EQ(rules.pins.at(0).window.from_ms, ParseUtc("2027-01-01"));
  EXPECT_EQ(rules.caps.at(0).first, 10);
  EXPECT_THAT(rules.lists.at(0).items, ElementsAre("1", "2"));
  EXPECT_THAT(rules.inserts.at(0).places, ElementsAre(5, 6));
}

TEST(Rules, MistakesAreRefusedByName) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"divresity = 1", "unknown key 'divresity'; did you mean 'diversity'?"},
      {"diversity = 2", "diversity is 2: must be a number from 0 to 1"},
      {"[freshness]\nboots = 1", "unknown key 'freshness.boots'; did you mean 'boost'?"},
      {"[freshness]\nhalf_life_years = 0", "freshness.half_life_years is 0: must be a number"},
      {"[[pin]]\nitem = 1\nplace = 0", "pin 1.place is 0: must be a whole number from 1 to 100"},
      {"[[pin]]\nplace = 1", "'pin 1.item' is missing"},
      {"[pin]\nplace = 1", "must be tables: [[pin]]"},
      {"[[hide]]\nfrom = 2027-01-01", "hide 1 names no titles"},
      {"[[hide]]\nitems = [1]\nfrom = 'soon'", "hide 1.from is 'soon': must be a UTC time"},
      {"[[hide]]\nitems = [1]\nfrom = 2027-01-02\nuntil = 2027-01-01", "until is not after from"},
      {"[[insert]]\nsource = 'nwe'\nplaces = [1]", "source 'nwe' is unknown; did you mean 'new'?"},
      {"[exploration]\nprefer = 'all'", "exploration.prefer is 'all': must be 'any' or 'unknown'"},
      {"diversity = ", "line 1"},
  };
  for (const auto& one : cases) {
    const auto& [toml, message] = one;
    EXPECT_THAT([&one] { Parse(one.first); },
                ThrowsError(Code::kInvalidArgument, HasSubstr(message)))
        << toml;
  }
}

TEST(RulePlan, WhatTheCatalogueDoesNotKnowIsAWarning) {
  const RulePlan plan = PlanAt("2027-01-01", R"(
[[hide]]
items = ["1", "99"]
genres = ["Comdey"]
[[pin]]
item = "98"
place = 1
)");
  EXPECT_THAT(plan.warnings(), ElementsAre("hide 1: no item '99'",
                                           "hide 1: no genre 'Comdey'; did you mean 'Comedy'?",
                                           "pin 1: no item '98'"));
  EXPECT_THAT(plan.hidden(), ElementsAre(0));
  EXPECT_THAT(plan.slots(), IsEmpty());
}

TEST(RulePlan, MatchesByItemGenreAndYear) {
  EXPECT_THAT(PlanAt("2027-01-01", "[[hide]]\ngenres = ['comedy']").hidden(), ElementsAre(1));
  EXPECT_THAT(PlanAt("2027-01-01", "[[hide]]\nmax_year = 1995").hidden(), ElementsAre(0));
  EXPECT_THAT(PlanAt("2027-01-01", "[[hide]]\nitems = [3]\nmin_year = 1995").hidden(),
              ElementsAre(1, 2));
}

TEST(RulePlan, WindowsBeginAndEnd) {
  const std::string toml = "[[hide]]\nitems = [1]\nfrom = 2027-01-02\nuntil = 2027-01-03";
  const RulePlan before = PlanAt("2027-01-01", toml), during = PlanAt("2027-01-02", toml),
                 after = PlanAt("2027-01-03", toml);
  EXPECT_THAT(before.hidden(), IsEmpty());
  EXPECT_EQ(before.next_change_ms(), ParseUtc("2027-01-02"));
  EXPECT_THAT(during.hidden(), ElementsAre(0));
  EXPECT_EQ(during.next_change_ms(), ParseUtc("2027-01-03"));
  EXPECT_THAT(after.hidden(), IsEmpty());
  EXPECT_EQ(after.next_change_ms(), std::numeric_limits<int64_t>::max());
}

}  // namespace
}  // namespace marquee
