// Why an item is shown, in words for people.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "models/model.h"
#include "recommend/bundle.h"
#include "recommend/user_history.h"

namespace marquee {

// The title, or the id where there is none.
const std::string& TitleOf(const ModelBundle& bundle, int32_t item);

std::string PopularReason();
// Of a source of the rules: "new", "trending", ...
std::string SourceReason(std::string_view source);
// For somebody known by features alone.
std::string ProfileReason();
// By the liked item that adds most to the score: "because you rated The Matrix 5". A model that
// explains nothing does not look at the user: PopularReason.
std::string HistoryReason(const ModelBundle& bundle, const UserHistory& history,
                          const std::vector<ScoredItem>& explanation);
// "fits your taste for Animation, Comedy": of the item's genres, those that are liked.
std::string TasteReason(const ModelBundle& bundle, const std::map<std::string, double>& tastes,
                        int32_t item);

}  // namespace marquee
