#include "models/epoch_loop.h"

#include <memory>

#include "models/training.h"

namespace marquee {
namespace {

constexpr int32_t kMeasuredUsers = 1000;

}  // namespace

EpochData::EpochData(const Interactions& data, const EpochPlan& plan) : data_(data) {
  if (plan.patience == 0) return;
  held_out_ = plan.held_out_share > 0
                  ? HoldOutShare(data, kMeasuredUsers, plan.held_out_share, plan.seed)
                  : HoldOutNewest(data, kMeasuredUsers, plan.seed);
  if (held_out_->targets.empty() || held_out_->train.nnz() == 0) held_out_.reset();
}

ScoreFunction ScorerOf(ItemSpace space) {
  auto shared = std::make_shared<const ItemSpace>(std::move(space));
  return [shared](int32_t, const SparseRow& history, std::span<float> scores) {
    shared->Score(shared->Fold(history.columns), scores);
  };
}

void RunEpochs(const EpochPlan& plan, const EpochData& data, const EpochSteps& steps,
               TrainObserver& observer) {
  EarlyStopping stopping(plan.patience);
  for (int epoch = 1; epoch <= plan.epochs; ++epoch) {
    ThrowIfStopped(observer, plan.model_type);
    steps.run(epoch);
    if (!data.held_out()) {
      observer.OnEpoch({.epoch = epoch, .epochs = plan.epochs});
      continue;
    }
    const double ndcg = HeldOutNdcg(*data.held_out(), steps.scorer(), plan.threads);
    if (stopping.Improves(ndcg)) steps.keep();
    const bool last = stopping.gives_up();
    observer.OnEpoch({.epoch = epoch, .epochs = last ? epoch : plan.epochs, .validation = ndcg});
    if (last) break;
  }
  if (!data.held_out()) steps.keep();
}

}  // namespace marquee
