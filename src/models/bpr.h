// bpr: matrix factorization that learns to rank pairs (Rendle et al. 2009, "BPR: Bayesian
// Personalized Ranking from Implicit Feedback").
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "kernels/matrix.h"
#include "models/definition.h"
#include "models/item_space.h"
#include "models/model.h"

namespace marquee {

class ModelReader;

// Each option says when to change it.
struct BprOptions {
  int factors = 128;            // embedding length d, 1..4096; time grows with it
  int epochs = 60;              // passes over the data, with patience at most; 1..10000
  int patience = 0;             // 0: runs all epochs, on all data. Else as many epochs without a
                                // better held-out NDCG@10 end it: for data not seen before. Folding
                                // the users to be measured costs more than the epoch itself
  double learning_rate = 0.15;  // 1e-6..10; lower it when the first epochs are the best
  double l2 = 0.01;             // weight decay of each step, 0..100; raise it for small data
  double fold_in_l2 = 3;        // holds folded users back, 1e-6..1e6; raise it for short histories
  double init_stddev = 0.1;     // of the first factors, times 1/sqrt(d); 1e-6..10
  std::string negatives = "uniform";  // or "popularity": harder ones, for the long tail
  std::string optimizer = "adagrad";  // or "sgd": half the memory, wants its rate tuned
  uint64_t seed = 1;
  int threads = 1;
};

// Maximizes  sum log sigma(s_ui - s_uj) - l2/2 (|u|^2 + |v_i|^2 + |v_j|^2 + b_i^2 + b_j^2)  over
// pairs of an item i that user u met and one j that u did not, s_ui = b_i + u.v_i. Presence is the
// signal: values are ignored. Users are not kept: any history is folded into the item factors, see
// ItemSpace, which also says what an explanation means. An item without interactions has a zero
// vector and bias. Somebody without history gets the biases, which follow popularity.
class BprModel : public Model {
 public:
  static std::unique_ptr<BprModel> Load(const ModelReader& reader,
                                        std::shared_ptr<const IdDictionary> items);

  std::string_view type() const override { return "bpr"; }
  void Score(const SparseRow& history, std::span<float> scores) const override;
  std::vector<ScoredItem> SimilarItems(int32_t item, int k) const override;
  std::vector<ScoredItem> Explain(const SparseRow& history, int32_t item, int k) const override;
  std::unique_ptr<FoldedUser> Fold(const SparseRow& history) const override;
  // Two epochs over `data` from the present item factors and the users that they fold to.
  std::unique_ptr<Model> PartialFit(const Interactions& data, int threads,
                                    TrainObserver& observer) const override;
  void Save(ModelWriter& writer) const override;

  const ItemSpace& space() const { return space_; }

 private:
  friend std::unique_ptr<BprModel> TrainBpr(const Interactions&, const BprOptions&, TrainObserver&);
  BprModel(std::shared_ptr<const IdDictionary> items, const BprOptions& options, ItemSpace space,
           kernels::Matrix squares);

  BprOptions options_;
  ItemSpace space_;
  kernels::Matrix squares_;  // Adagrad's, of item vectors and biases; no rows with sgd
};

// Cost: an epoch takes O(nnz d) time; memory 8 (users + items) d bytes, half with sgd. Early
// stopping adds the folding of 1,000 users an epoch. Same data, options and SIMD level: same bytes,
// for any number of threads. Throws invalid_argument for empty data or an option out of range;
// failed_precondition when the steps were so large that the numbers left float32; cancelled.
std::unique_ptr<BprModel> TrainBpr(const Interactions& data, const BprOptions& options,
                                   TrainObserver& observer);

const ModelDefinition& BprDefinition();

}  // namespace marquee
