// One request on its way down the fallback ladder.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "recommend/answer_cache.h"
#include "recommend/arrange.h"
#include "recommend/bundle.h"
#include "recommend/model_guard.h"
#include "recommend/query.h"
#include "recommend/rule_plan.h"
#include "recommend/shelves.h"
#include "recommend/user_history.h"

namespace marquee {

// All that an answer is made of. Owned by the model's rung too, which goes on when it is late.
struct Ask {
  // `live`: what was done, the session included; `liked_before`: see known.
  Ask(std::shared_ptr<const ModelBundle> asked_bundle, std::shared_ptr<const Shelves> asked_shelves,
      std::shared_ptr<const RulePlan> asked_plan, RecommendQuery asked,
      std::span<const LiveEntry> live, bool liked_before);

  std::shared_ptr<const ModelBundle> bundle;
  std::shared_ptr<const Shelves> shelves;
  std::shared_ptr<const RulePlan> plan;
  RecommendQuery query;
  UserHistory history;
  bool known;                     // the user liked something before this session
  std::vector<int32_t> left_out;  // rows that may not be shown, ascending
};

// The answer of the first rung that has something to show, with the reason why none above it
// answers. `model_ms`: how long the model may take, for the reason; `deadline`: until when.
CachedAnswer Descend(const std::shared_ptr<const Ask>& ask, ModelGuard& guard, int model_ms,
                     ModelGuard::Clock::time_point deadline);

}  // namespace marquee
