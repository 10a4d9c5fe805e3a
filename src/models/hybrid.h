// hybrid: items as sums of what they are made of, learned from who met what (Kula 2015, "Metadata
// Embeddings for User and Item Cold-start Recommendations": LightFM). Ranks titles that nobody has
// met yet.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "kernels/matrix.h"
#include "models/definition.h"
#include "models/hybrid_features.h"
#include "models/item_space.h"
#include "models/model.h"
#include "models/user_features.h"

namespace marquee {

class ModelReader;
class ThreadPool;
struct HybridState;

enum class HybridLoss {
  kLogistic,  // of a positive and of a negative, each for itself
  kBpr,       // of their difference
  kWarp,      // hinge of a negative that is ranked too high, by how high the positive ranks
  kWarpKos,   // the same for the k-th best of some positives: the head of the list matters less
};
// "logistic", "bpr", "warp", "warp-kos". Throws invalid_argument for others.
HybridLoss HybridLossOf(std::string_view name);

// Each option says when to change it.
struct HybridOptions {
  int factors = 128;             // embedding length d, 1..4096; time grows with it
  int epochs = 15;               // passes over the data, with patience at most; 1..10000. warp is
                                 // at its best after 10 to 30
  int patience = 0;              // 0: runs all epochs, on all data. Else as many epochs without a
                                 // better held-out NDCG@10 end it: for data not seen before
  std::string loss = "warp";     // logistic, bpr, warp, warp-kos: warp for the top of the list
  std::string features = "all";  // or "ids": none but the item itself, no cold start; or "content":
                                 // genres and decade alone
  bool user_features = true;     // what is known of users shifts their vectors: for users with a
                                 // short history, or none
  std::string optimizer = "adagrad";  // or "adadelta": no rate to tune, more memory
  double learning_rate = 0.05;        // 1e-6..10; about 1 for adadelta
  double l2 = 0.001;  // weight decay for each sample, 0..100; raise it for small data
  // Holds folded users back, 1e-6..1e6; raise it for short histories, lower it to about 3 for the
  // loss bpr, whose scores are smaller.
  double fold_in_l2 = 12;
  double init_stddev = 0.1;  // of the first embeddings, times 1/sqrt(d); 1e-6..10
  // warp: negatives drawn until one ranks too high, 1..1000; more take longer and learn the very
  // top.
  int max_trials = 30;
  int kos_positives = 10;  // warp-kos: positives drawn, 1..1000
  int kos_k = 5;           // warp-kos: which of them, the best being 1; 1..1000
  uint64_t seed = 1;
  int threads = 1;
};

// The vector v_i and the bias b_i of an item are sums over its features: itself, if anybody met it,
// its genres and its decade. The score is b_i + u.v_i. In training a user is the sum of an
// embedding of its own, which is not kept, and of those of its features. Any history is folded into
// the items instead (see ItemSpace, which also says what an explanation means), around the sum of
// the features. Users have no bias, which ranks nothing. Somebody without history gets the biases,
// which follow popularity, and what the features add; an item without interactions is the sum of
// its genres and decade. Presence is the signal: values are ignored.
class HybridModel : public Model {
 public:
  static std::unique_ptr<HybridModel> Load(const ModelReader& reader,
                                           std::shared_ptr<const IdDictionary> items);

  std::string_view type() const override { return "hybrid"; }
  void Score(const SparseRow& history, std::span<float> scores) const override;
  std::vector<ScoredItem> SimilarItems(int32_t item, int k) const override;
  std::vector<ScoredItem> Explain(const SparseRow& history, int32_t item, int k) const override;
  std::unique_ptr<FoldedUser> Fold(const SparseRow& history) const override;
  bool uses_user_features() const override { return !user_features_.empty(); }
  std::unique_ptr<FoldedUser> FoldWith(const SparseRow& history,
                                       std::span<const std::string> features) const override;
  // Two epochs over `data` from the present features and the users that they fold to; new items and
  // new genres join.
  std::unique_ptr<Model> PartialFit(const Interactions& data, int threads,
                                    TrainObserver& observer) const override;
  void Save(ModelWriter& writer) const override;

  const ItemSpace& space() const { return space_; }

 private:
  friend std::unique_ptr<HybridModel> TrainHybrid(const Interactions&, const HybridOptions&,
                                                  TrainObserver&);
  // What is learned.
  struct Parts {
    HybridFeatures features;
    kernels::Matrix embeddings;  // a row a feature, bias last
    UserFeatureIndex user_features;
    kernels::Matrix user_embeddings;  // a row a user feature
  };
  HybridModel(std::shared_ptr<const IdDictionary> items, const HybridOptions& options, Parts parts);
  static Parts PartsOf(HybridFeatures features, UserFeatureIndex user_features,
                       const HybridState& state);
  void CarryOver(const HybridFeatures& to, const UserFeatureIndex& users_to,
                 HybridState* state) const;

  HybridOptions options_;
  HybridFeatures features_;
  kernels::Matrix embeddings_;
  UserFeatureIndex user_features_;
  kernels::Matrix user_embeddings_;
  ItemSpace space_;
};

// Cost: an epoch takes O(nnz (trials + features an item) d) time; memory about 16 (users + items) d
// bytes. Early stopping adds the folding of 1,000 users an epoch. Same data, options and SIMD
// level: same bytes, for any number of threads. Throws invalid_argument for empty data, an option
// out of range, or features=content where no item has any; cancelled.
std::unique_ptr<HybridModel> TrainHybrid(const Interactions& data, const HybridOptions& options,
                                         TrainObserver& observer);

const ModelDefinition& HybridDefinition();

}  // namespace marquee
