// ensemble: several models in one, their scores added with weights that were fitted on users none
// of them had seen.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "models/definition.h"
#include "models/model.h"
#include "models/registry.h"

namespace marquee {

class ModelReader;

struct EnsembleOptions {
  std::vector<TrainRequest> members;  // at least one, of different types without members
  // Held out to fit the weights, at most a tenth of all. More: steadier weights, and members that
  // see less while they are fitted. 10..100000.
  int fit_users = 2000;
  // The NDCG that the weights maximize looks at so many items: the length of the lists to show when
  // that is known, else long, which tells more of each user. 1..1000.
  int cutoff = 100;
  uint64_t seed = 1;
  int threads = 1;
};

// score(u, i) = sum_m w_m s_m(u, i) / sd_m(u), where sd_m(u) is the standard deviation of the
// member's scores over all items for that user: a z-score whose mean, which moves no item past
// another, is left out, so that scores stay sums of what past items add. A member whose scores are
// all equal says nothing and adds nothing.
//
// Weights are not negative and sum to 1. Members that got the weight 0 are not kept.
// Scoring costs what the members cost, and O(items) each.
class EnsembleModel : public Model {
 public:
  // REQUIRES: as many weights as members, all of one dictionary.
  EnsembleModel(std::shared_ptr<const IdDictionary> items,
                std::vector<std::unique_ptr<Model>> members, std::vector<double> weights);
  static std::unique_ptr<EnsembleModel> Load(const ModelReader& reader,
                                             std::shared_ptr<const IdDictionary> items);

  std::string_view type() const override { return "ensemble"; }
  void Score(const SparseRow& history, std::span<float> scores) const override;
  // Reciprocal rank fusion of the members' lists (Cormack et al. 2009) by the same weights.
  std::vector<ScoredItem> SimilarItems(int32_t item, int k) const override;
  // The members' explanations, added as their scores are. What a member without explanations adds
  // belongs to no past item.
  std::vector<ScoredItem> Explain(const SparseRow& history, int32_t item, int k) const override;
  // Folds in all members once.
  std::unique_ptr<FoldedUser> Fold(const SparseRow& history) const override;
  bool uses_user_features() const override;
  std::unique_ptr<FoldedUser> FoldWith(const SparseRow& history,
                                       std::span<const std::string> features) const override;
  // The members with their old weights; null when one of them has no such step.
  std::unique_ptr<Model> PartialFit(const Interactions& data, int threads,
                                    TrainObserver& observer) const override;
  void Save(ModelWriter& writer) const override;

  const std::vector<std::unique_ptr<Model>>& members() const { return members_; }
  const std::vector<double>& weights() const { return weights_; }

 private:
  std::vector<std::unique_ptr<Model>> members_;
  std::vector<double> weights_;
};

// All members of an ensemble folded in.
class EnsembleUser : public FoldedUser {
 public:
  EnsembleUser(const EnsembleModel& model, const SparseRow& history,
               std::span<const std::string> features = {});

  void Score(std::span<float> scores) const override;
  std::vector<std::vector<ScoredItem>> Explain(std::span<const int32_t> items,
                                               int k) const override;
  // Their weighted sum.
  std::span<const float> scores() const { return scores_; }
  // What member `m` adds to it, for all items.
  std::span<const float> member_scores(size_t m) const { return member_scores_[m]; }

 private:
  std::vector<std::unique_ptr<FoldedUser>> members_;
  std::vector<float> scales_;  // weight over standard deviation
  std::vector<std::vector<float>> member_scores_;
  std::vector<float> scores_;
};

// Trains the members on all but the held-out users (HoldOutUsers), searches the weights that
// maximize those users' mean NDCG, then trains the members anew on all data. Where nobody can be
// held out, all weights are equal.
//
// The search moves weight between pairs of members, in steps of .2 down to .0125, as long as that
// helps; it looks at the 500 best items of each member for each user. Cost: two trainings of each
// member, and O(fit_users members^3) short sorts. Same data, options and threads: same bytes.
// Throws invalid_argument for an option out of range, and what the members throw.
std::unique_ptr<EnsembleModel> TrainEnsemble(const Interactions& data,
                                             const EnsembleOptions& options,
                                             TrainObserver& observer);

const ModelDefinition& EnsembleDefinition();

}  // namespace marquee
