// The epochs of a training by stochastic gradients: progress, early stopping, the best one kept.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "models/early_stopping.h"
#include "models/item_space.h"
#include "models/model.h"

namespace marquee {

struct EpochPlan {
  std::string_view model_type;
  int epochs;    // at most
  int patience;  // epochs without a better held-out NDCG until it stops; 0: runs all of them
  uint64_t seed;
  int threads;
  // 0: what is held out is the newest interaction of a user; else this share of them, at random:
  // for models that know no order.
  double held_out_share = 0;
};

// What the epochs learn from, and what they are measured on.
class EpochData {
 public:
  // With patience, holds the newest interaction, or a share, of up to 1,000 users out; without, or
  // where nobody can spare one, all of `data` is to learn from.
  EpochData(const Interactions& data, const EpochPlan& plan);
  const Interactions& train() const { return held_out_ ? held_out_->train : data_; }
  const std::optional<HeldOut>& held_out() const { return held_out_; }

 private:
  Interactions data_;
  std::optional<HeldOut> held_out_;
};

struct EpochSteps {
  std::function<void(int epoch)> run;     // 1-based
  std::function<ScoreFunction()> scorer;  // what would be served now; called once an epoch
  std::function<void()> keep;             // the present state is the best so far
};

// Scores by folding each history into the space.
ScoreFunction ScorerOf(ItemSpace space);

// Runs epochs until the plan's end or its patience is over. Keeps at least once. The last report
// names as many epochs as were run. Throws cancelled.
void RunEpochs(const EpochPlan& plan, const EpochData& data, const EpochSteps& steps,
               TrainObserver& observer);

}  // namespace marquee
