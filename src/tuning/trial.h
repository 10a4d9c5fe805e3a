// Internal: one trial of a search.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "tuning/tune.h"

namespace marquee {

// What a trial left, a line of the journal.
struct Trial {
  enum class State { kFinished, kPruned, kFailed };
  static constexpr double kNotAsked = std::numeric_limits<double>::quiet_NaN();

  int64_t number = 0;
  State state = State::kFailed;
  std::vector<double> point;
  double value = 0;  // of the metric
  double stderr_ = 0;
  double screen = kNotAsked;   // the same on a share of the users
  std::vector<double> epochs;  // the best validation up to each epoch, where the model reports it
  double seconds = 0;
  std::string error;  // of a failed one

  Json ToJson(const SearchSpace& space) const;
  // Throws data_loss for a line that no search over `space` wrote.
  static Trial FromJson(const Json& line, const SearchSpace& space);
};

// What the trials before say of where to give up: nothing before five of them got so far. Values:
// higher is better.
class Medians {
 public:
  Medians(std::span<const Trial> trials, bool lower_is_better);
  // True when `value`, the best of the first `epoch` epochs, is below the others' median.
  bool Prunes(int epoch, double value) const;
  // The same of the value on a share of the users.
  bool PrunesScreen(double value) const;
  // Some trial's model reported its validation.
  bool any_epochs() const { return !epochs_.empty(); }

 private:
  std::vector<std::vector<double>> epochs_;  // index = epoch - 1
  std::vector<double> screens_;
};

// What the trials of a round have in common.
struct TrialContext {
  const Interactions& data;
  const Interactions* screen_data;  // null: none
  const TuneRequest& request;       // with its metric
  const Medians& medians;
  std::function<bool()> stop;  // from any thread
};

// The protocol with those settings. What a model refuses is a failed trial; thrown are cancelled,
// once `stop` says so, resource_exhausted, and what no setting can help: TooFewUsers, not_found.
Trial RunTrial(const TrialContext& context, int threads, int64_t number,
               const std::vector<double>& point);

}  // namespace marquee
