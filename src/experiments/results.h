// What an experiment has shown so far, from the event log.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/json.h"
#include "events/event_log.h"
#include "experiments/experiment.h"
#include "experiments/statistics.h"

namespace marquee {

struct ArmResult {
  std::string arm;
  int64_t lists = 0;
  int64_t items_shown = 0;
  Moments conversion;  // of users: 1 who liked something shown
  Moments positives;   // of users: liked things that were shown
};

struct ArmComparison {
  std::string arm;  // against the control
  Difference difference;
  // Whether the sequential test has decided, at alpha over the number of comparisons (Bonferroni).
  bool decided;
};

struct ExperimentResults {
  std::string experiment;
  std::vector<ArmResult> arms = {};  // interleaving: items_shown is what each contributed
  std::vector<ArmComparison> comparisons = {};  // interleaving: of credits a user, within the user
  double sample_ratio_p_value = 1;              // below .001: do not believe the rest
  int64_t users_in_several_arms = 0;            // left out of the above
};

// Takes events in the order of time. A like of an item counts once a user and item, for the arm
// in which the user was shown it, if it came within the window after that. What an override showed
// counts for nothing. Not thread-safe. Memory: about 100 bytes for each pair of a user and an item
// shown.
class ExperimentFold {
 public:
  // `experiment` must outlive it.
  ExperimentFold(const Experiment& experiment, double min_rating)
      : experiment_(experiment), min_rating_(min_rating) {}

  void Add(const Event& event);
  ExperimentResults Results() const;

 private:
  struct Shown {
    int64_t time_ms;
    int32_t arm;
    bool liked;
  };
  struct User {
    int32_t arm = -1;
    bool in_several = false;
    std::unordered_map<std::string, Shown> items;
  };
  void AddList(const Event& event);
  void AddLike(const Event& event);
  int32_t PlaceOf(std::string_view arm) const;

  const Experiment& experiment_;
  const double min_rating_;
  std::map<std::string, User, std::less<>> users_;
  std::vector<int64_t> lists_ = std::vector<int64_t>(experiment_.arms.size());
  std::vector<int64_t> items_shown_ = std::vector<int64_t>(experiment_.arms.size());
};

// The events of `log` from the experiment's start to its end, a window more. O(events) of that
// time.
ExperimentResults ReadResults(const EventLog& log, const Experiment& experiment, double min_rating,
                              int64_t now_ms);

// {"experiment", "kind", "metric", "alpha", "arms": [{"arm", "users", "lists", "items_shown",
// "conversion", "positives_per_user"}], "comparisons": [{"arm", "control", "difference",
// "interval", "p_value", "always_interval", "always_p_value", "decided"}], "sample_ratio_p_value",
// "users_in_several_arms"}; an interval that is not known is null.
Json ToJson(const Experiment& experiment, const ExperimentResults& results);

}  // namespace marquee
