// Controlled experiments on what people are shown: what is compared, and who is in which arm.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace marquee {

// One of the things compared.
struct Arm {
  std::string name;
  double weight = 1;                // its share of the people, against the other arms'
  std::string model = {};           // "ease" or "ease v3"; empty: the champion
  std::optional<double> diversity;  // in place of what the request says
};

struct Experiment {
  enum class Kind {
    kSplit,         // each user is in one arm
    kInterleaving,  // each user sees one list, drawn in turn from those of all arms
  };
  enum class Metric {
    kConversion,  // share of users that liked something they were shown
    kPositives,   // liked things a user
  };

  std::string name;
  Kind kind = Kind::kSplit;
  Metric metric = Metric::kConversion;
  double share = 1;       // of all users, in the order of the file
  std::vector<Arm> arms;  // at least two; the first is the control
  int64_t start_ms = 0;
  int64_t end_ms = std::numeric_limits<int64_t>::max();
  double window_hours = 24;      // how long after it was shown a like of an item counts
  double expected_effect = .05;  // of the metric: the size that the sequential test is tuned to
  double alpha = .05;            // the chance of a false alarm that is accepted

  bool running(int64_t now_ms) const { return start_ms <= now_ms && now_ms < end_ms; }
  // Throws not_found, naming the arms.
  const Arm& ArmNamed(std::string_view arm) const;
};

// What a request is part of. Points into the Experiments it came from.
struct Assignment {
  const Experiment* experiment = nullptr;
  const Arm* arm = nullptr;  // null: interleaving
};

// All experiments of a home. Immutable, thread-safe.
class Experiments {
 public:
  Experiments() = default;
  // {"experiment": [{"name", "kind": "split" | "interleaving", "metric": "conversion" |
  // "positives", "share", "arms": [{"name", "weight", "model", "diversity"}], "start", "end" (UTC
  // text or dates), "window_hours", "expected_effect", "alpha"}]}. Throws invalid_argument that
  // names the experiment, the field and its value.
  static Experiments FromJson(const Json& json);

  // The experiment that a user is in at a time: of those that run, in the order of the file, the
  // first whose share takes the user. Shares and arms are drawn by a hash of user and experiment:
  // the same in every process, today and tomorrow, and independent between experiments. Nobody
  // changes arm while the file keeps name, weights and the shares of this and of earlier ones.
  std::optional<Assignment> Assign(std::string_view user_id, int64_t now_ms) const;
  // "experiment:arm", whoever asks; "experiment" alone for interleaving. Throws not_found or
  // invalid_argument.
  Assignment Override(std::string_view text) const;
  // Throws not_found, naming what there is.
  const Experiment& Named(std::string_view name) const;
  const std::vector<Experiment>& all() const { return all_; }

 private:
  std::vector<Experiment> all_;
};

}  // namespace marquee
