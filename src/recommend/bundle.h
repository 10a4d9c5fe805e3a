// All that answers need.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "interactions/interactions.h"
#include "models/model.h"
#include "recommend/activity.h"
#include "recommend/catalog.h"

namespace marquee {

// Loaded together and swapped together; never changed. The item rows of model, interactions and
// catalog are the same; models and catalog may have more behind them (Overlay).
struct ModelBundle {
  std::string name;     // "ials v3"
  int64_t version = 0;  // 3
  std::shared_ptr<const Model> model;
  std::shared_ptr<const Model> popular;  // the fallback for users without history
  // Models beside it, of the same items, that rules can ask by their type.
  std::vector<std::shared_ptr<const Model>> beside;
  Interactions interactions;  // all that a user met: left out of the answers
  Interactions liked;         // of these, what the model scores from; the same rows
  std::shared_ptr<const Catalog> catalog;
  std::shared_ptr<const LoadedActivity> activity;  // of `interactions`; may be null: none
  std::string data = {};  // names the versions of the tables that it is made of
  int64_t loaded_ms = 0;
  bool rated = true;       // values are ratings; else each is 1 and says that the item was met
  float min_rating = 3.5;  // ratings above it count as liked
  // What an event that shows liking counts as where it gives no rating: the mean rating of `liked`.
  float liked_value = 1;
  // What Overlay lays over it; null: nothing.
  std::shared_ptr<const std::map<std::string, std::vector<std::string>, std::less<>>>
      stated_features;                              // by user id, before those of `interactions`
  std::shared_ptr<const std::vector<bool>> erased;  // by user row: as if they had never been

  // The row of a user of `interactions` who was not erased.
  std::optional<int32_t> FindUser(std::string_view user_id) const {
    const std::optional<int32_t> row = interactions.users().Find(user_id);
    if (!row || !erased || !(*erased)[static_cast<size_t>(*row)]) return row;
    return std::nullopt;
  }
};

}  // namespace marquee
