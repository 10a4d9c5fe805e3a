// The online engine: who asks, what they have seen, what they should see next and why. Knows no
// HTTP and no SQL.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "recommend/bundle.h"
#include "recommend/live_users.h"
#include "recommend/query.h"
#include "recommend/user_history.h"

namespace marquee {

struct Recommended {
  int32_t item;  // row in the catalog
  float score;
  std::string reason;  // "because you rated The Matrix 5", "popular with everyone"
};

struct Recommendation {
  std::string user_id;
  std::string rung;  // of the fallback ladder: "personal", "session", "content", ...
  std::vector<Recommended> items;
  std::shared_ptr<const ModelBundle> bundle;  // whose catalog the rows are of
};

struct UserProfile {
  std::string user_id;
  int64_t num_interactions;
  double mean_value;  // of the ratings; 1 where nothing was rated
  int64_t first_s;
  int64_t last_s;
  std::vector<std::string> top_genres;  // at most 3, by share of interactions
};

// Thread-safe. Every call answers from one bundle, taken at its start, and from all events observed
// by then: the very next answer follows an event.
//
// The fallback ladder: "personal", what the model makes of what the user liked, of the session too;
// "session", the same for somebody of whom no likes are known; "content", what fits the tastes that
// the query states; "profile", what the model makes of what else is known of a user without likes;
// "popular", when nothing is known, or the model has nothing to say (all scores equal, or one not
// finite) or does not look at users.
class RecommendEngine {
 public:
  // `max_live_entries`: see LiveUsers.
  explicit RecommendEngine(std::shared_ptr<const ModelBundle> bundle, int max_live_entries = 500);
  // Another one for the same people: what one observes, the other knows.
  RecommendEngine(std::shared_ptr<const ModelBundle> bundle, std::shared_ptr<LiveUsers> live);
  ~RecommendEngine();

  // What the user met is left out, so fewer than k when there is no more. An unknown user is no
  // error. Throws invalid_argument for an unknown genre. A fold-in and O(items); a copy for what
  // was asked of late.
  Recommendation Recommend(const RecommendQuery& query) const;
  Recommendation Recommend(std::string_view user_id, int k) const {
    return Recommend({.user_id = std::string(user_id), .k = k});
  }
  // Throws not_found for an unknown item. REQUIRES: 1 <= k <= 1000.
  Recommendation Similar(std::string_view item_id, int k) const;
  // Throws not_found for an unknown user.
  UserProfile User(std::string_view user_id) const;

  // What a user did, once it is in the log: see LiveUsers::Observe.
  void Observe(const Event& event) { live_->Observe(event); }
  // Drops the events of a user; the bundle still holds what was loaded.
  void Forget(std::string_view user_id) { live_->Forget(user_id); }
  const LiveUsers& live() const { return *live_; }
  std::shared_ptr<LiveUsers> shared_live() const { return live_; }

  std::shared_ptr<const ModelBundle> bundle() const;
  // Requests under way finish with the bundle that they began with.
  void Swap(std::shared_ptr<const ModelBundle> bundle);

 private:
  struct Active;
  std::shared_ptr<const Active> active() const;

  const std::shared_ptr<LiveUsers> live_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Active> active_;  // guarded by mutex_
};

}  // namespace marquee
