// Answers as people get them: from the arm of the experiment that they are in, told to the event
// log, and compared with what a shadow would have shown.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "events/background_appender.h"
#include "experiments/experiment.h"
#include "recommend/engine.h"
#include "recommend/shadow.h"

namespace marquee {

// A list, and the arm that made it; both empty outside of experiments, the arm for an interleaved
// list.
struct ServedList {
  Recommendation list;
  std::string experiment = {};
  std::string arm = {};
};

// Thread-safe.
class Recommender {
 public:
  // Bundles by the names that arms give.
  using Variants = std::map<std::string, std::shared_ptr<const ModelBundle>, std::less<>>;

  // `champion` answers where no arm says otherwise. `shown` gets an impression of every list that a
  // known person is shown; null: none. What is passed in must outlive it.
  Recommender(const RecommendEngine& champion, BackgroundAppender* shown, const Clock& clock);
  ~Recommender();

  // `experiment`: "experiment:arm", in place of the arm that the user is in; empty: that one.
  // Throws what RecommendEngine::Recommend throws, and what Experiments::Override throws.
  ServedList Recommend(RecommendQuery query, std::string_view experiment = {}) const;
  // Arms follow the rules and the overlay of the champion: called a few times a second.
  void FollowRules();

  // Requests from now on. REQUIRES: every model that an arm names is in `variants`.
  void SetExperiments(std::shared_ptr<const Experiments> experiments, const Variants& variants);
  std::shared_ptr<const Experiments> experiments() const;
  // Null: none.
  void SetShadow(std::shared_ptr<Shadow> shadow);
  std::shared_ptr<Shadow> shadow() const;

 private:
  struct Stage;
  const RecommendEngine& EngineOf(const Stage& stage, const Arm& arm) const;
  Recommendation Ask(const Stage& stage, const Arm& arm, RecommendQuery query) const;
  Recommendation Interleave(const Stage& stage, const Experiment& experiment,
                            const RecommendQuery& query, std::vector<std::string>* arms) const;

  std::mutex follow_mutex_;  // held by one caller of FollowRules at a time
  const RecommendEngine& champion_;
  BackgroundAppender* const shown_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Stage> stage_;  // guarded by mutex_, as is shadow_
  std::shared_ptr<Shadow> shadow_;
};

}  // namespace marquee
