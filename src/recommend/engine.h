// The online engine: who asks, what they have seen, what they should see next and why. Knows no
// HTTP and no SQL.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "recommend/bundle.h"
#include "recommend/live_users.h"
#include "recommend/model_guard.h"
#include "recommend/overlay.h"
#include "recommend/query.h"
#include "recommend/ranked_items.h"
#include "recommend/rules.h"
#include "recommend/user_history.h"

namespace marquee {

struct CachedAnswer;
class RulePlan;

struct Recommendation {
  std::string user_id;
  std::string rung;  // of the fallback ladder: "personal", "session", "content", ...
  RankedItems items;
  std::shared_ptr<const ModelBundle> bundle;  // whose catalog the rows are of
  std::string rung_reason = {};               // why it is not "personal"; else empty
};

// The ids of the items of a list, in its order.
std::vector<std::string> ItemIdsOf(const Recommendation& list);

// The rules that hold, and what is wrong with their file.
struct RulesState {
  int64_t loaded_ms = 0;              // when they were taken up; 0: there are none
  std::string error = {};             // why a later version of the file was refused
  std::vector<std::string> warnings;  // names in them that the catalogue does not know
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
// "segment", what is popular with users of the same features or favourite genre; "popular", when
// nothing is known or the model does not look at users. A model that is late, throws or gives
// scores from which no ranking can be read is passed over, and the answer says so: it comes within
// the deadline, but see ModelGuard.
class RecommendEngine {
 public:
  // `max_live_entries`: see LiveUsers. `deadline_ms`: of each answer; 0: none.
  explicit RecommendEngine(std::shared_ptr<const ModelBundle> bundle, int max_live_entries = 500,
                           int deadline_ms = 0);
  // Another one for the same people, with the rules that `like` has now: what one observes, the
  // other knows.
  RecommendEngine(std::shared_ptr<const ModelBundle> bundle, const RecommendEngine& like);
  ~RecommendEngine();

  // What the user met is left out, so fewer than k when there is no more. An unknown user is no
  // error. Throws invalid_argument for an unknown genre. A fold-in and O(items); a look-up for what
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

  // What is answered from: the base with the overlay laid over it.
  std::shared_ptr<const ModelBundle> bundle() const;
  // As it was given.
  std::shared_ptr<const ModelBundle> base() const;
  // Another base, with the same overlay. Requests under way finish with the bundle that they began
  // with.
  void Swap(std::shared_ptr<const ModelBundle> base);
  // Requests from now on follow the changes of titles and people in it. O(titles + interactions).
  void SetOverlay(std::shared_ptr<const Overlay> overlay);
  // Answers a few users, so that the model is in memory and known to be in time.
  void WarmUp() const;

  // Requests from now on follow these rules, as they hold at `now_ms`. O(items x rules).
  void SetRules(std::shared_ptr<const Rules> rules, int64_t now_ms);
  // Follows the clock: rules begin and end. Cheap when none does.
  void UpdateRules(int64_t now_ms);
  // Takes over the rules and the overlay of another engine, when they are not the same already. One
  // thread at a time.
  void FollowRules(const RecommendEngine& other);
  // Says in rules_state() why new rules were refused; the old ones hold.
  void RefuseRules(std::string error);
  RulesState rules_state() const;

 private:
  struct Active;
  std::shared_ptr<const Active> active() const;
  CachedAnswer Answer(const Active& current, const RecommendQuery& query,
                      std::span<const LiveEntry> entries) const;
  void Activate(std::shared_ptr<const Active> next);
  void ActivateBase();

  RecommendEngine(std::shared_ptr<const ModelBundle> bundle, std::shared_ptr<LiveUsers> live,
                  int deadline_ms);

  const int deadline_ms_;
  const std::shared_ptr<LiveUsers> live_;
  mutable ModelGuard guard_;
  mutable std::mutex change_mutex_;  // held by one change at a time
  // Guarded by change_mutex_: the bundle, what is laid over it, the rules, and the moment they are
  // worked out for.
  std::shared_ptr<const ModelBundle> base_;
  std::shared_ptr<const Overlay> overlay_ = std::make_shared<Overlay>();
  std::shared_ptr<const Rules> rules_ = std::make_shared<Rules>();
  int64_t rules_ms_ = 0;
  std::shared_ptr<const RulePlan> followed_;  // what FollowRules took over last; of its one caller
  RulesState rules_state_;                    // guarded by mutex_, without warnings
  mutable std::mutex mutex_;
  std::shared_ptr<const Active> active_;  // guarded by mutex_
};

}  // namespace marquee
