#include "recommend/arrange.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>

namespace marquee {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<int32_t> Rows(const std::vector<Listed>& list) {
  std::vector<int32_t> rows;
  for (const Listed& listed : list) rows.push_back(listed.item);
  return rows;
}

std::vector<std::string> Sources(const std::vector<Listed>& list) {
  std::vector<std::string> sources;
  for (const Listed& listed : list) sources.emplace_back(listed.source);
  return sources;
}

// What a list outlives neither: the plan is let go of.
struct Arranger {
  const Catalog& catalog;
  RulePlan plan;
  std::vector<float> scores;
  std::vector<int32_t> left_out = {};
  std::vector<int32_t> liked = {};

  std::vector<Listed> operator()(const RecommendQuery& query) const {
    return Arrange({.catalog = catalog,
                    .plan = plan,
                    .query = query,
                    .left_out = left_out,
                    .scores = scores,
                    .liked = liked,
                    .score_source = [&](std::string_view source) {
                      std::vector<float> found(scores.size(), 0);
                      if (source == "new") found[5] = 1;
                      if (source == "trending") found[3] = 4, found[4] = 2;
                      return found;
                    }});
  }
};

std::vector<Listed> Arranged(const Catalog& catalog, const Rules& rules,
                             const std::vector<float>& scores, const RecommendQuery& query,
                             const std::vector<int32_t>& left_out = {},
                             const std::vector<int32_t>& liked = {}) {
  const RulePlan plan(std::make_shared<Rules>(rules), catalog, 0);
  std::vector<Listed> list = Arranger{catalog, plan, scores, left_out, liked}(query);
  for (Listed& listed : list) listed.reason = {};  // of the plan, which ends here
  return list;
}

class ArrangeTest : public testing::Test {
 protected:
  std::vector<Listed> List(const RecommendQuery& query, const Rules& rules = {},
                           const std::vector<int32_t>& left_out = {},
                           const std::vector<int32_t>& liked = {}) const {
    return Arranged(films_, rules, scores_, query, left_out, liked);
  }
  // Relevance is 1, .8, .6, .4, .2, 0.
  const std::vector<float> scores_ = {6, 5, 4, 3, 2, 1};
  const Catalog films_{{{"a", "A", 1990, {"Action"}, 10, 3},
                        {"b", "B", 1995, {"Action", "Sci-Fi"}, 20, 3},
                        {"c", "C", 2000, {"Comedy"}, 30, 3},
                        {"d", "D", 0, {"Comedy", "Romance"}, 5, 3},
                        {"e", "E", 2005, {}, 40, 3},
                        {"f", "F", 2010, {"Action"}, 1000, 3}}};
};

TEST_F(ArrangeTest, WithoutRulesAListIsTheOrderOfScores) {
  const std::vector<Listed> list = List({.k = 3});
  EXPECT_THAT(Rows(list), ElementsAre(0, 1, 2));
  EXPECT_THAT(Sources(list), testing::Each(""));
  EXPECT_EQ(list[1].score, 5);
}

TEST_F(ArrangeTest, APinStandsAtItsPlaceAndNowhereElse) {
  const Rules rules{.pins = {{"f", 2, {}}, {"a", 3, {}}}};
  EXPECT_THAT(Rows(List({.k = 5}, rules)), ElementsAre(1, 5, 0, 2, 3));
  EXPECT_THAT(Sources(List({.k = 3}, rules)), ElementsAre("", "pinned", "pinned"));
  EXPECT_THAT(Rows(List({.k = 2}, rules, {5})), ElementsAre(1, 2)) << "it may not be shown";
  EXPECT_THAT(Rows(List({.k = 2, .skip = 1}, rules)), ElementsAre(5, 0));
}

TEST_F(ArrangeTest, FreshnessLiftsByHalfLives) {
  // F is of the newest year and gains 0.5, E is one half-life older: .2 + .25.
  const Rules rules{.freshness = 0.5, .half_life_years = 5};
  EXPECT_THAT(Rows(List({.k = 6}, rules)), ElementsAre(0, 1, 2, 5, 4, 3));
}

TEST_F(ArrangeTest, WhatIsBuriedSinksByItsShareOfRelevance) {
  const Rules rules{.bury = {{{.genres = {"action"}}, {}, 0.5}}};
  EXPECT_THAT(Rows(List({.k = 6}, rules)), ElementsAre(2, 0, 3, 1, 4, 5));
}

TEST_F(ArrangeTest, ACapHoldsAmongItsFirstPlacesAndGivesWayAtTheEnd) {
  const Rules rules{.caps = {{"Action", 1, 3}}};
  EXPECT_THAT(Rows(List({.k = 6}, rules)), ElementsAre(0, 2, 3, 1, 4, 5));
  const Rules none{.caps = {{"Action", 0, 3}}};
  EXPECT_THAT(Rows(List({.k = 3}, none, {2, 3, 4})), ElementsAre(0, 1, 5));
}

TEST_F(ArrangeTest, CalibrationKeepsTheGenresOfTheHistory) {
  // Half of what was liked is Comedy: one Action, then C before the better B.
  const Rules rules{.calibration = 0.7};
  EXPECT_THAT(Rows(List({.k = 2}, rules, {}, {0, 2})), ElementsAre(0, 2));
  EXPECT_THAT(Rows(List({.k = 2}, rules)), ElementsAre(0, 1)) << "no history";
}

TEST_F(ArrangeTest, ListsAndSourcesTakeTheirPlaces) {
  const Rules rules{.lists = {{"Staff", {"a", "e", "f"}, {2, 3}, {}}},
                    .inserts = {{RuleSources()[2], {3, 4}}}};  // trending: 3, 4; place 3 is taken
  const std::vector<Listed> list = List({.k = 5}, rules);
  EXPECT_THAT(Rows(list), ElementsAre(0, 4, 5, 3, 1));
  EXPECT_THAT(Sources(list), ElementsAre("", "editorial", "editorial", "trending", ""));
}

TEST_F(ArrangeTest, ABlendAddsTheSourcesByWeight) {
  const Rules rules{.blend = {{RuleSources()[2], 1}}};
  // Trending adds 1 to D and .5 to E.
  const std::vector<Listed> list = List({.k = 6}, rules);
  EXPECT_THAT(Rows(list), ElementsAre(3, 0, 1, 4, 2, 5));
  EXPECT_THAT(Sources(list), ElementsAre("trending", "", "", "trending", "", ""));
}

TEST_F(ArrangeTest, NothingIsDrawnInProtectedPlacesOnLaterPagesOrWithoutARequestId) {
  const Rules rules{.exploration = {.share = 1, .protect = 2}};
  for (int i = 0; i < 20; ++i) {
    const std::string id = std::to_string(i);
    const std::vector<Listed> list = List({.k = 6, .request_id = id}, rules);
    EXPECT_THAT(Rows({list.begin(), list.begin() + 2}), ElementsAre(0, 1));
    EXPECT_EQ(list[0].propensity, 1);
    EXPECT_EQ(std::set<int32_t>({list[0].item, list[1].item, list[2].item, list[3].item,
                                 list[4].item, list[5].item})
                  .size(),
              6u);
    EXPECT_THAT(Rows(List({.k = 3, .skip = 3, .request_id = id}, rules)), ElementsAre(3, 4, 5));
  }
  EXPECT_THAT(Rows(List({.k = 6}, rules)), ElementsAre(0, 1, 2, 3, 4, 5));
}

TEST_F(ArrangeTest, ARequestIdDecidesTheDraws) {
  const Rules rules{.exploration = {.share = 0.5, .protect = 0}};
  std::set<std::vector<int32_t>> lists;
  for (int i = 0; i < 20; ++i) {
    const RecommendQuery query{.k = 6, .request_id = std::to_string(i)};
    EXPECT_EQ(Rows(List(query, rules)), Rows(List(query, rules)));
    lists.insert(Rows(List(query, rules)));
  }
  EXPECT_GT(lists.size(), 5u);
}

// What off-policy evaluation rests on: an item stands at a place as often as its propensity says.
TEST_F(ArrangeTest, PropensitiesAreTheFrequenciesOfTheFirstPlace) {
  constexpr int kDraws = 20'000;
  for (const bool prefer_unknown : {false, true}) {
    const Rules rules{
        .exploration = {.share = 0.4, .protect = 0, .among = 4, .prefer_unknown = prefer_unknown}};
    const RulePlan plan(std::make_shared<Rules>(rules), films_, 0);
    const Arranger arrange{films_, plan, scores_};
    std::map<int32_t, int> counts;
    std::map<int32_t, float> propensities;
    for (int i = 0; i < kDraws; ++i) {
      const Listed first = arrange({.k = 1, .request_id = std::to_string(i)}).front();
      ++counts[first.item];
      propensities[first.item] = first.propensity;
      EXPECT_EQ(first.source, first.item == 0 ? "" : "exploration");
    }
    double sum = 0;
    for (const auto& [item, propensity] : propensities) {
      sum += propensity;
      const double bound = 5 * std::sqrt(propensity * (1 - propensity) / kDraws);
      EXPECT_NEAR(counts[item] / double{kDraws}, propensity, bound) << item;
    }
    EXPECT_EQ(propensities.size(), 4u);
    EXPECT_NEAR(sum, 1, 1e-5);
    if (prefer_unknown) {
      EXPECT_GT(propensities[3], propensities[2]) << "5 ratings, 30 ratings";
    }
  }
}

TEST_F(ArrangeTest, PagesAreOfOneList) {
  EXPECT_THAT(Rows(List({.k = 2})), ElementsAre(0, 1));
  EXPECT_THAT(Rows(List({.k = 2, .skip = 2})), ElementsAre(2, 3));
  EXPECT_THAT(Rows(List({.k = 9, .skip = 5})), ElementsAre(5));
  EXPECT_THAT(Rows(List({.k = 2, .skip = 9})), IsEmpty());
}

TEST_F(ArrangeTest, DiversityTakesAnotherGenreBeforeTheNextBest) {
  // Relevance is 1, .8, .6, .4, .2, 0; after A, B is like it by 1/2 and C by nothing.
  EXPECT_THAT(Rows(List({.k = 3, .diversity = 0.5})), ElementsAre(0, 2, 1));
  EXPECT_THAT(Rows(List({.k = 3, .diversity = 0.01})), ElementsAre(0, 1, 2));
  EXPECT_THAT(Rows(List({.k = 2, .diversity = 0.5}, {}, {2})), ElementsAre(0, 3));
  // Pages of a spread list are of one list, too.
  EXPECT_THAT(Rows(List({.k = 1, .skip = 1, .diversity = 0.5})), ElementsAre(2));
}

TEST(Arrange, PagesOfASpreadListAreOfOneListHoweverLongTheyAre) {
  std::vector<CatalogItem> items;
  std::vector<float> scores;
  for (int i = 0; i < 1500; ++i) {
    items.push_back({"i" + std::to_string(i), "", 2000, {"g" + std::to_string(i / 50)}, 1, 3});
    scores.push_back(static_cast<float>(2000 - i));
  }
  const Catalog catalog(std::move(items));
  const std::vector<int32_t> whole =
      Rows(Arranged(catalog, {}, scores, {.k = 1000, .diversity = 0.7}));
  EXPECT_FALSE(std::ranges::is_sorted(whole));
  EXPECT_EQ(std::set(whole.begin(), whole.end()).size(), 1000);
  std::vector<int32_t> paged;
  for (const int size : {1, 20, 379, 300, 300}) {
    const RecommendQuery page{.k = size, .skip = static_cast<int>(paged.size()), .diversity = 0.7};
    for (const int32_t row : Rows(Arranged(catalog, {}, scores, page))) paged.push_back(row);
  }
  EXPECT_EQ(paged, whole);
}

TEST_F(ArrangeTest, DiversityGivesEveryItemOnce) {
  EXPECT_THAT(Rows(List({.k = 10, .diversity = 1})),
              testing::UnorderedElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(List({.k = 3, .diversity = 1}, {}, {0, 1, 2, 3, 4, 5}), IsEmpty());
}

}  // namespace
}  // namespace marquee
