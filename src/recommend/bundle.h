// All that answers need.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "interactions/interactions.h"
#include "models/model.h"
#include "recommend/catalog.h"

namespace marquee {

// Loaded together and swapped together; never changed. The item rows of model, interactions and
// catalog are the same.
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
  int64_t loaded_ms = 0;
  bool rated = true;       // values are ratings; else each is 1 and says that the item was met
  float min_rating = 3.5;  // ratings above it count as liked
  // What an event that shows liking counts as where it gives no rating: the mean rating of `liked`.
  float liked_value = 1;
};

}  // namespace marquee
