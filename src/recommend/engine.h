// The online engine: who asks, what they have seen, what they should see next and why. Knows no
// HTTP and no SQL.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "interactions/interactions.h"
#include "models/model.h"
#include "recommend/catalog.h"

namespace marquee {

// All that answers need, loaded together and swapped together; never changed. The item rows of
// model, interactions and catalog are the same.
struct ModelBundle {
  std::string name;  // "ials v3"
  std::shared_ptr<const Model> model;
  std::shared_ptr<const Model> popular;  // the fallback for users without history
  Interactions interactions;             // all that a user met: left out of the answers
  Interactions liked;                    // of these, what the model scores from; the same rows
  std::shared_ptr<const Catalog> catalog;
  int64_t loaded_ms = 0;
};

struct Recommended {
  int32_t item;  // row in the catalog
  float score;
  std::string reason;  // "because you rated The Matrix 5", "popular with everyone"
};

struct Recommendation {
  std::string user_id;
  std::string model;   // of the bundle that answered
  std::string source;  // the rung of the fallback ladder: "personal", "profile" or "popular"
  std::vector<Recommended> items;
  std::shared_ptr<const ModelBundle> bundle;  // whose catalog the rows are of
};

struct UserProfile {
  std::string user_id;
  int64_t num_interactions;
  double mean_value;
  int64_t first_s;
  int64_t last_s;
  std::vector<std::string> top_genres;  // at most 3, by share of interactions
};

// Thread-safe. Every call answers from one bundle, taken at its start.
//
// The fallback ladder: "personal", what the model makes of what the user liked; "profile", for a
// user without likes, what it makes of what else is known of the user; "popular", for an unknown
// user, when the model has nothing to say (all scores equal, or one not finite) or does not look at
// users.
class RecommendEngine {
 public:
  explicit RecommendEngine(std::shared_ptr<const ModelBundle> bundle);
  ~RecommendEngine();

  // REQUIRES: 1 <= k <= 1000. What the user met is left out, so fewer than k when there is no more.
  // An unknown user gets the popular list, marked as such. A fold-in and
  // O(items); a copy for what was asked of late.
  Recommendation Recommend(std::string_view user_id, int k) const;
  // Throws not_found for an unknown item. REQUIRES as above.
  Recommendation Similar(std::string_view item_id, int k) const;
  // Throws not_found for an unknown user.
  UserProfile User(std::string_view user_id) const;

  std::shared_ptr<const ModelBundle> bundle() const;
  // Requests under way finish with the bundle that they began with.
  void Swap(std::shared_ptr<const ModelBundle> bundle);

 private:
  struct Active;
  std::shared_ptr<const Active> active() const;

  mutable std::mutex mutex_;
  std::shared_ptr<const Active> active_;  // guarded by mutex_
};

}  // namespace marquee
