// Results as text for people.
#pragma once

#include <string>

#include "base/json.h"
#include "recommend/engine.h"

namespace marquee::cli {

// "User 42 (personal, ials v3)" and a table of titles with reasons.
std::string RecommendationText(const Recommendation& recommendation);
// The comparison that the main job made: a row a model, the champion marked.
std::string ComparisonText(const Json& comparison, const std::string& champion_type);

}  // namespace marquee::cli
