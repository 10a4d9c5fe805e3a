#include "recommend/recommender.h"

#include <utility>
#include <vector>

#include "base/hash.h"
#include "events/shown_list.h"
#include "experiments/interleave.h"

namespace marquee {
namespace {

// Each item with what found it.
ShownItems ShownOf(const Recommendation& list) {
  std::vector<std::string> sources;
  for (const Recommended& item : list.items) sources.emplace_back(item.source);
  return ShownItemsOf(ItemIdsOf(list), sources);
}

}  // namespace

// Experiments and the engines of their arms: swapped together.
struct Recommender::Stage {
  std::shared_ptr<const Experiments> experiments;
  std::map<std::string, std::unique_ptr<RecommendEngine>, std::less<>> engines;
};

Recommender::Recommender(const RecommendEngine& champion, BackgroundAppender* shown,
                         const Clock& clock)
    : champion_(champion), shown_(shown), clock_(clock) {
  SetExperiments(std::make_shared<Experiments>(), {});
}

Recommender::~Recommender() = default;

void Recommender::SetExperiments(std::shared_ptr<const Experiments> experiments,
                                 const Variants& variants) {
  auto stage = std::make_shared<Stage>();
  stage->experiments = std::move(experiments);
  for (const auto& [name, bundle] : variants) {
    stage->engines[name] = std::make_unique<RecommendEngine>(bundle, champion_);
  }
  const std::lock_guard lock(mutex_);
  stage_ = std::move(stage);
}

std::shared_ptr<const Experiments> Recommender::experiments() const {
  const std::lock_guard lock(mutex_);
  return stage_->experiments;
}

void Recommender::SetShadow(std::shared_ptr<Shadow> shadow) {
  const std::lock_guard lock(mutex_);
  shadow_.swap(shadow);  // the old one ends when its last request has
}

std::shared_ptr<Shadow> Recommender::shadow() const {
  const std::lock_guard lock(mutex_);
  return shadow_;
}

void Recommender::FollowRules() {
  const std::lock_guard following(follow_mutex_);
  std::shared_ptr<const Stage> stage;
  {
    const std::lock_guard lock(mutex_);
    stage = stage_;
  }
  for (const auto& [name, engine] : stage->engines) engine->FollowRules(champion_);
}

ServedList Recommender::Recommend(RecommendQuery query, std::string_view experiment) const {
  std::shared_ptr<const Stage> stage;
  std::shared_ptr<Shadow> shadow;
  {
    const std::lock_guard lock(mutex_);
    stage = stage_;
    shadow = shadow_;
  }
  const bool overridden = !experiment.empty();
  std::optional<Assignment> assignment;
  if (overridden) {
    assignment = stage->experiments->Override(experiment);
  } else if (!query.user_id.empty()) {
    assignment = stage->experiments->Assign(query.user_id, clock_.NowMs());
  }
  ServedList served;
  std::vector<std::string> arms;
  if (!assignment) {
    served.list = champion_.Recommend(query);
  } else if (assignment->arm != nullptr) {
    served.list = Ask(*stage, *assignment->arm, query);
    served.arm = assignment->arm->name;
  } else {
    served.list = Interleave(*stage, *assignment->experiment, query, &arms);
  }
  if (assignment) served.experiment = assignment->experiment->name;
  if (shadow && !overridden) shadow->Offer(query, served.list);
  if (shown_ == nullptr || query.user_id.empty() || served.list.items.empty()) return served;
  // What an operator asked for by name is no exposure of the experiment.
  const ShownList told{.request_id = query.request_id,
                       .model = served.list.bundle->name,
                       .rung = served.list.rung,
                       .experiment = overridden ? "" : served.experiment,
                       .arm = overridden ? "" : served.arm,
                       .first_rank = query.skip + 1};
  if (arms.empty()) {
    const ShownItems& items = served.list.items.Shown([&] { return ShownOf(served.list); });
    shown_->Add(ImpressionsOf(told, items, query.user_id, clock_.NowMs()));
  } else {
    const ShownItems items = ShownItemsOf(ItemIdsOf(served.list), arms);
    shown_->Add(ImpressionsOf(told, items, query.user_id, clock_.NowMs()));
  }
  return served;
}

const RecommendEngine& Recommender::EngineOf(const Stage& stage, const Arm& arm) const {
  return arm.model.empty() ? champion_ : *stage.engines.at(arm.model);
}

Recommendation Recommender::Ask(const Stage& stage, const Arm& arm, RecommendQuery query) const {
  if (arm.diversity) query.diversity = *arm.diversity;
  return EngineOf(stage, arm).Recommend(query);
}

// Items of the control's catalogue, which is the one that is answered from; `arms` gets whose pick
// each was.
Recommendation Recommender::Interleave(const Stage& stage, const Experiment& experiment,
                                       const RecommendQuery& query,
                                       std::vector<std::string>* arms) const {
  RecommendQuery whole = query;  // pages are of one list
  whole.skip = 0;
  whole.k = query.skip + query.k;
  std::vector<Recommendation> lists;
  std::vector<std::vector<std::string>> ids;
  for (const Arm& arm : experiment.arms) {
    lists.push_back(Ask(stage, arm, whole));
    ids.push_back(ItemIdsOf(lists.back()));
  }
  // By user and not by request, so that the next page goes on with the same list.
  const uint64_t seed = Fnv1a(query.user_id);
  Recommendation merged = lists[0];
  std::vector<Recommended> items;
  const Catalog& catalog = *merged.bundle->catalog;
  int place = 0;
  for (const Interleaved& pick : TeamDraft(ids, whole.k, seed)) {
    const auto list = static_cast<size_t>(pick.list);
    const auto at = static_cast<size_t>(pick.place);
    const std::optional<int32_t> row = catalog.Find(ids[list][at]);
    if (!row || place++ < query.skip) continue;
    items.push_back(lists[list].items[at]);
    items.back().item = *row;
    arms->push_back(experiment.arms[list].name);
  }
  merged.items = std::move(items);
  return merged;
}

}  // namespace marquee
