#include "models/ensemble.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>

#include "base/text.h"
#include "models/blend_weights.h"
#include "models/members.h"
#include "models/model_file.h"
#include "models/training.h"

namespace marquee {
namespace {

constexpr std::string_view kType = "ensemble";
constexpr int kCandidates = 500;
constexpr double kFusionOffset = 60;  // of reciprocal rank fusion, as published
constexpr int kWholeHistory = std::numeric_limits<int>::max();

// Reports each member's training as an epoch: of the fitting, the fit itself, of the end.
class Stages {
 public:
  Stages(TrainObserver& observer, size_t members)
      : observer_(observer), stages_(static_cast<int>(2 * members + 1)) {}
  void Done(double validation = std::numeric_limits<double>::quiet_NaN()) {
    observer_.OnEpoch({.epoch = ++stage_, .epochs = stages_, .validation = validation});
    ThrowIfStopped(observer_, kType);
  }

 private:
  TrainObserver& observer_;
  int stages_;
  int stage_ = 0;
};

std::vector<double> FitWeights(const Interactions& data, const EnsembleOptions& options,
                               TrainObserver& observer, Stages& stages) {
  const size_t n = options.members.size();
  const HeldOutUsers held_out = HoldOutUsers(data, options.fit_users, options.seed);
  const bool fits = !held_out.users.empty() && held_out.train.nnz() > 0 && n > 1;
  std::vector<std::unique_ptr<Model>> members;
  for (const TrainRequest& member : options.members) {
    if (fits) members.push_back(TrainMember(member, held_out.train, observer));
    stages.Done();
  }
  if (!fits) {
    stages.Done();
    return std::vector<double>(n, 1.0 / static_cast<double>(n));
  }
  const BlendSample sample = SampleBlend(held_out, members, kCandidates, options.threads);
  const std::vector<double> weights =
      FitBlend(sample, options.cutoff, options.threads, [&] { ThrowIfStopped(observer, kType); });
  stages.Done(BlendNdcg(sample, weights, options.cutoff, options.threads));
  return weights;
}

}  // namespace

std::unique_ptr<EnsembleModel> TrainEnsemble(const Interactions& data,
                                             const EnsembleOptions& options,
                                             TrainObserver& observer) {
  RequireRange("fit_users", options.fit_users, 10, 100000);
  RequireRange("cutoff", options.cutoff, 1, 1000);
  RequireInteractions(data, kType);
  ThrowIfStopped(observer, kType);
  Stages stages(observer, options.members.size());
  const std::vector<double> weights = FitWeights(data, options, observer, stages);
  std::vector<std::unique_ptr<Model>> members;
  std::vector<double> kept;
  for (size_t m = 0; m < weights.size(); ++m) {
    if (weights[m] > 0) {
      members.push_back(TrainMember(options.members[m], data, observer));
      kept.push_back(weights[m]);
    }
    stages.Done();
  }
  return std::make_unique<EnsembleModel>(data.shared_items(), std::move(members), std::move(kept));
}

EnsembleModel::EnsembleModel(std::shared_ptr<const IdDictionary> items,
                             std::vector<std::unique_ptr<Model>> members,
                             std::vector<double> weights)
    : Model(std::move(items)), members_(std::move(members)), weights_(std::move(weights)) {}

EnsembleUser::EnsembleUser(const EnsembleModel& model, const SparseRow& history,
                           std::span<const std::string> features)
    : scores_(static_cast<size_t>(model.items().size())) {
  for (size_t m = 0; m < model.members().size(); ++m) {
    std::vector<float> own(scores_.size());
    members_.push_back(model.members()[m]->FoldWith(history, features));
    members_.back()->Score(own);
    scales_.push_back(static_cast<float>(model.weights()[m] * BlendScale(own)));
    for (size_t i = 0; i < own.size(); ++i) {
      own[i] *= scales_.back();
      scores_[i] += own[i];
    }
    member_scores_.push_back(std::move(own));
  }
}

void EnsembleUser::Score(std::span<float> scores) const {
  std::copy(scores_.begin(), scores_.end(), scores.begin());
}

std::vector<std::vector<ScoredItem>> EnsembleUser::Explain(std::span<const int32_t> items,
                                                           int k) const {
  std::vector<std::map<int32_t, float>> sums(items.size());
  for (size_t m = 0; m < members_.size(); ++m) {
    if (scales_[m] == 0) continue;
    const auto explanations = members_[m]->Explain(items, kWholeHistory);
    for (size_t i = 0; i < explanations.size(); ++i) {
      for (const ScoredItem& part : explanations[i]) sums[i][part.item] += scales_[m] * part.score;
    }
  }
  std::vector<std::vector<ScoredItem>> result;
  for (const std::map<int32_t, float>& sum : sums) {
    std::vector<ScoredItem> parts;
    for (const auto& [item, score] : sum) parts.push_back({item, score});
    result.push_back(Largest(std::move(parts), k));
  }
  return result;
}

void EnsembleModel::Score(const SparseRow& history, std::span<float> scores) const {
  EnsembleUser(*this, history).Score(scores);
}

std::vector<ScoredItem> EnsembleModel::SimilarItems(int32_t item, int k) const {
  std::vector<float> fused(static_cast<size_t>(items().size()));
  for (size_t m = 0; m < members_.size(); ++m) {
    double rank = 0;
    for (const ScoredItem& near : members_[m]->SimilarItems(item, kCandidates)) {
      fused[static_cast<size_t>(near.item)] +=
          static_cast<float>(weights_[m] / (kFusionOffset + ++rank));
    }
  }
  std::vector<ScoredItem> similar;
  for (int32_t other = 0; other < items().size(); ++other) {
    if (fused[static_cast<size_t>(other)] > 0)
      similar.push_back({other, fused[static_cast<size_t>(other)]});
  }
  return Largest(std::move(similar), k);
}

std::vector<ScoredItem> EnsembleModel::Explain(const SparseRow& history, int32_t item,
                                               int k) const {
  return EnsembleUser(*this, history).Explain({&item, 1}, k)[0];
}

std::unique_ptr<FoldedUser> EnsembleModel::Fold(const SparseRow& history) const {
  return std::make_unique<EnsembleUser>(*this, history);
}

bool EnsembleModel::uses_user_features() const {
  return std::any_of(members_.begin(), members_.end(),
                     [](const auto& member) { return member->uses_user_features(); });
}

std::unique_ptr<FoldedUser> EnsembleModel::FoldWith(const SparseRow& history,
                                                    std::span<const std::string> features) const {
  return std::make_unique<EnsembleUser>(*this, history, features);
}

std::unique_ptr<Model> EnsembleModel::PartialFit(const Interactions& data, int threads,
                                                 TrainObserver& observer) const {
  std::vector<std::unique_ptr<Model>> members;
  for (const std::unique_ptr<Model>& member : members_) {
    members.push_back(member->PartialFit(data, threads, observer));
    if (!members.back()) return nullptr;
  }
  return std::make_unique<EnsembleModel>(data.shared_items(), std::move(members), weights_);
}

void EnsembleModel::Save(ModelWriter& writer) const {
  Json names = Json::MakeArray();
  for (const std::unique_ptr<Model>& member : members_) names.Append(member->type());
  writer.SetSettings(Json::MakeObject({{"members", std::move(names)}}));
  writer.Add("blend", weights_, {static_cast<int64_t>(weights_.size())});
  SaveMembers(writer, members_);
}

std::unique_ptr<EnsembleModel> EnsembleModel::Load(const ModelReader& reader,
                                                   std::shared_ptr<const IdDictionary> items) {
  std::vector<std::unique_ptr<Model>> members = LoadMembers(reader, items);
  const std::span<const double> weights =
      reader.Doubles("blend", {static_cast<int64_t>(members.size())});
  if (!std::all_of(weights.begin(), weights.end(), [](double w) { return w > 0 && w <= 1; }))
    reader.Refuse("a weight is not in (0, 1]");
  return std::make_unique<EnsembleModel>(std::move(items), std::move(members),
                                         std::vector<double>(weights.begin(), weights.end()));
}

namespace {

std::vector<SettingSpec> Settings() {
  using Type = SettingSpec::Type;
  const EnsembleOptions defaults;
  return {{"members", Type::kText, "ials,ease,bpr,hybrid",
           "the models blended; settings of theirs as ials.factors=64"},
          {"fit_users",
           Type::kInt,
           StrCat(defaults.fit_users),
           "users held out to fit the weights, at most a tenth; more: steadier weights",
           10,
           100000,
           {},
           SearchRange{200, 2000, true}},
          {"cutoff",
           Type::kInt,
           StrCat(defaults.cutoff),
           "the weights maximize NDCG at this length; lower it for short lists",
           1,
           1000,
           {},
           SearchRange{10, 200, true}}};
}

std::unique_ptr<Model> TrainFrom(const TrainInput& in) {
  return TrainEnsemble(in.data,
                       {.members = ParseMembers("members", in),
                        .fit_users = in.Int("fit_users"),
                        .cutoff = in.Int("cutoff"),
                        .seed = in.seed(),
                        .threads = in.threads},
                       in.observer);
}

}  // namespace

const ModelDefinition& EnsembleDefinition() {
  static const ModelDefinition definition = {
      .name = "ensemble",
      .doc = "several models, weighted by how well they do together on users held out",
      .settings = Settings(),
      .train = TrainFrom,
      .load = LoadAs<EnsembleModel>,
      .has_members = true};
  return definition;
}

}  // namespace marquee
