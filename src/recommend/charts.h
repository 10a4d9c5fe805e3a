// Lists that are the same for everybody: popular, rising, new.
#pragma once

#include "recommend/activity.h"
#include "recommend/engine.h"
#include "recommend/query.h"

namespace marquee {

struct ChartQuery {
  int days = 0;  // the window, days of UTC, of which the newest interaction is of the last
  int k = 10;
  int skip = 0;
  ItemFilter filter = {};
};

// Each gives fewer than k where there are no more, leaves out what is not available, and throws
// invalid_argument for an unknown genre. What was loaded counts up to its newest interaction, and
// what was logged from then on, so that events which were loaded since count once. O(items + live).

// By how often a title was met: all the time (0 days), or in the window. Rung "popular".
Recommendation PopularChart(const RecommendEngine& engine, const ChartQuery& query);

// By how far the n interactions in the window exceed the e that the title's share of all those
// before lets expect: the 5 % quantile of n/e under a Gamma(10, 10) prior, which draws titles with
// little evidence to 1 (DuMouchel 1999, "Bayesian data mining in large frequency tables", the
// empirical Bayes EB05 with one component; the quantile by Wilson and Hilferty 1931). So three
// clicks on an unknown title stand at 0.7, and 40 where 10 were to be expected at 2. Only titles
// that were met in the window. REQUIRES: days > 0. Rung "trending".
Recommendation TrendingChart(const RecommendEngine& engine, const ChartQuery& query);

// By the year of release, or that in which it was added over the API when it is later; then by the
// time of addition; then popular ones first. Titles of unknown year are left out. Rung "new".
Recommendation NewChart(const RecommendEngine& engine, const ChartQuery& query);

// The score of TrendingChart.
double TrendingScore(double n, double e);

}  // namespace marquee
