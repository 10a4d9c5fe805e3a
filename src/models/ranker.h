// ranker: the best candidates of other models, put in order by boosted trees over what those models
// and the items' and the user's features say of them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "models/definition.h"
#include "models/ensemble.h"
#include "models/model.h"
#include "models/registry.h"
#include "models/trees.h"

namespace marquee {

class ModelReader;

struct RankerOptions {
  std::vector<TrainRequest> members;  // at least one, of different types without members
  // The best of each member are put in order; more cost time and change little at the
  // head. 5..1000.
  int candidates = 100;
  // Users are held out in so many parts, and members are trained once for each part: more parts,
  // members that are nearer to the final ones. 2..20.
  int folds = 3;
  int fit_users = 10000;  // users to learn the order from, at most; 10..1000000
  TreeOptions trees;      // with its seed
  int threads = 1;
};

// What is known of items beside the members' scores.
struct RankerItems {
  std::vector<float> popularity;       // log(1 + interactions)
  std::vector<float> trend;            // log(1 + those of the newest tenth of the time)
  std::vector<float> years;            // 0: unknown
  std::vector<int64_t> genre_offsets;  // where each item's genres begin; items + 1 of them
  std::vector<int32_t> genres;

  explicit RankerItems(const Interactions& data);
  RankerItems() = default;
};

// Of each member the best items that are not in the history are candidates. Their features: each
// member's scaled score (see EnsembleModel) and rank, the mean of those scores, popularity, trend,
// year, distance to the mean year of the history, share of the history that has a genre of the
// item, and the length and mean popularity of the history. Candidates stand above all other items,
// in the order of LambdaMART trees that were trained on users held out; the others follow in the
// order of the members' mean score.
class RankerModel : public Model {
 public:
  RankerModel(std::shared_ptr<const IdDictionary> items,
              std::vector<std::unique_ptr<Model>> members, RankerItems features, TreeRanker trees,
              int candidates);

  static std::unique_ptr<RankerModel> Load(const ModelReader& reader,
                                           std::shared_ptr<const IdDictionary> items);

  std::string_view type() const override { return "ranker"; }
  // All equal without history. Cost: the members', O(items), and O(candidates trees depth).
  void Score(const SparseRow& history, std::span<float> scores) const override;
  // Reciprocal rank fusion of the members' lists.
  std::vector<ScoredItem> SimilarItems(int32_t item, int k) const override;
  // The members' explanations, added as in their mean score; what the trees change is shared evenly
  // by the history.
  std::vector<ScoredItem> Explain(const SparseRow& history, int32_t item, int k) const override;
  // Folds in all members once.
  std::unique_ptr<FoldedUser> Fold(const SparseRow& history) const override;
  bool uses_user_features() const override { return first_.uses_user_features(); }
  std::unique_ptr<FoldedUser> FoldWith(const SparseRow& history,
                                       std::span<const std::string> features) const override;
  void Save(ModelWriter& writer) const override;

 private:
  friend class RankerUser;

  EnsembleModel first_;  // all members with one weight
  RankerItems features_;
  TreeRanker trees_;
  int candidates_;
};

// Trains the members `folds` + 1 times. Same data, options and threads: same bytes. Throws
// invalid_argument for an option out of range, and what the members throw.
std::unique_ptr<RankerModel> TrainRanker(const Interactions& data, const RankerOptions& options,
                                         TrainObserver& observer);

const ModelDefinition& RankerDefinition();

}  // namespace marquee
