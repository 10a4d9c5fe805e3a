// From scores to the list that is shown: candidates, rules, exploration, pages.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "recommend/catalog.h"
#include "recommend/query.h"
#include "recommend/rule_plan.h"

namespace marquee {

struct Listed {
  int32_t item;
  float score;              // of ArrangeRequest::scores, wherever it was found
  std::string_view source;  // "": the scores; else the name of a source, which never goes away
  std::string_view reason;  // of the plan; "" where the source says all
  float propensity = 1;     // the probability of this item at this place, given those before
};

struct ArrangeRequest {
  const Catalog& catalog;
  const RulePlan& plan;
  const RecommendQuery& query;
  std::span<const int32_t> left_out;  // rows that may not be shown, ascending
  std::span<const float> scores;      // by row
  std::span<const int32_t> liked;     // what calibration keeps to; may be empty
  // The scores of a source of RuleSources, by row, 0 where it has nothing to say; empty when it has
  // nothing at all. Called at most once a source.
  std::function<std::vector<float>(std::string_view source)> score_source;
};

// The items of a query, best first, without the first `skip`: docs/rules.md has the formulas. With
// neither rules nor diversity it is TopK of the scores. Else the best 400 are candidates for the
// first 100 places, and what is left follows by relevance, so pages are of one list; an answer that
// begins at `skip` 0 explores where the plan does and the query has a request id, which with the
// user's id and the plan's seed decides every draw. O(items), and for each of the places
// O(candidates x genres).
std::vector<Listed> Arrange(const ArrangeRequest& request);

}  // namespace marquee
