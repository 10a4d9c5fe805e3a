// The search for good settings of a model, by what a protocol says on its validation segment.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "base/cancel.h"
#include "base/json.h"
#include "base/progress.h"
#include "evaluation/evaluate.h"
#include "tuning/search_space.h"

namespace marquee {

struct TuneRequest {
  // Protocol, model, fixed settings, threads of all trials together; its segment is not looked at:
  // a search sees validation only.
  EvaluateRequest evaluate;
  SearchSpace space;
  SearchKind kind = SearchKind::kTpe;
  uint64_t seed = 1;   // of the search; the models have their own
  int trials = 40;     // in all, those of the journal among them; 1..100000
  double seconds = 0;  // no work after so long; 0: as long as it takes
  int parallel = 1;    // trials at a time, each with its share of the threads; 1..64
  std::string metric;  // "": the protocol's own, see DefaultMetric
  // Trials are first tried on this share of the users, and given up when that is worse than half of
  // the others; 0: never. For models that report no validation while they train.
  double screen = 0.3;
  std::filesystem::path journal;  // *.jsonl; trials of an earlier call are kept and counted
  // Told of each trial of this call when it is in the journal, as its line; none: nobody.
  std::function<void(const Json&)> on_trial = {};
};

struct TuneResult {
  int finished = 0;  // trials with a value
  int pruned = 0;    // given up early
  int failed = 0;    // refused by the model
  bool out_of_time = false;
  int best_trial = -1;
  double best_value = 0;  // of the metric, as the protocol reports it
  double best_stderr = 0;
  // {"model","protocol","segment","metric","value","stderr","settings":{...}}: fixed and found
  // settings of the best, what `--settings` takes.
  Json best;
};

// "rmse" for ratings, the NDCG at the protocol's usual length for rankings.
std::string DefaultMetric(const std::string& protocol);
// RMSE and MAE are better when they are lower, all others when they are higher.
bool LowerIsBetter(const std::string& metric);

// Runs trials until there are `request.trials`. Trials go in rounds of `parallel`; each round knows
// all trials of the rounds before, so the same request gives the same trials, also when it was
// ended and called again in between. A trial for which there is no memory beside others is repeated
// alone.
//
// Pruning, from the sixth trial on: where the model reports a validation metric, a trial ends at
// an epoch when its best so far is below the median of the others' best at that epoch (Golovin et
// al. 2017); else see TuneRequest::screen. Pruned trials count as trials, not as observations.
//
// Throws invalid_argument for a request out of range or an unknown metric; what Evaluate throws for
// data or a protocol that no setting can help; what TrialJournal throws; failed_precondition when
// no trial has a value; cancelled when `cancel` is requested: the journal then has all trials that
// ended.
TuneResult Tune(const Interactions& data, const TuneRequest& request, const CancelToken& cancel,
                Progress& progress);

}  // namespace marquee
