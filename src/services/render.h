// What people and programs are shown of the engine's answers, as JSON: the same over HTTP and in
// the terminal.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/json.h"
#include "recommend/engine.h"
#include "recommend/recommender.h"

namespace marquee {

// {"user_id", "model", "model_version", "rung", "rung_reason", "request_id", "items": [{"item_id",
// "title", "year", "genres", "score", "reason", "source", "propensity"}]}; year is null when
// unknown, user_id where nobody is, and request_id in the terminal. rung_reason is left out where
// there is none, a propensity that is 1 too. See Recommended for source. One line of text, as the
// two below.
std::string RenderRecommendation(const Recommendation& recommendation,
                                 std::string_view request_id = {});
// The same, and "experiment" and "arm" where there are such.
std::string RenderServed(const ServedList& served, std::string_view request_id);
// RenderRecommendation with "item_id" in place of "user_id" and without the rung.
std::string RenderSimilar(std::string_view item_id, const Recommendation& recommendation,
                          std::string_view request_id = {});
// {"item_id", "title", "year", "genres", "num_ratings", "mean_rating", "age_rating", "available"};
// mean_rating is null without ratings, age_rating where none is known.
Json RenderItem(const CatalogItem& item);
// {"query", "items": [RenderItem...], "next_cursor"}; an empty query is null: the items are the
// popular ones.
Json RenderItems(std::string_view query, const Catalog& catalog, std::span<const int32_t> rows,
                 const Json& next_cursor);
// {"user_id", "num_interactions", "mean_value", "first", "last", "top_genres"}; times are UTC text,
// null without interactions.
Json RenderUser(const UserProfile& user);

}  // namespace marquee
