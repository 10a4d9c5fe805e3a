// ncf: products of embeddings, summed and through a small network, with a logistic loss (NeuMF: He
// et al. 2017, "Neural Collaborative Filtering"; with the user and the network of Xue et al. 2019,
// "Deep Item-based Collaborative Filtering for Top-N Recommendation").
#pragma once

#include <cstdint>
#include <memory>

#include "models/definition.h"
#include "models/model.h"
#include "models/ncf_network.h"

namespace marquee {

class ModelReader;

// Each option says when to change it.
struct NcfOptions {
  int factors = 32;   // f: width of the last layer and of the product, 1..512; time grows with f^2
  int negatives = 4;  // items that a user did not meet for each that they did, 1..100
  int batch = 16;     // users a step, 1..100000; larger for short histories
  double learning_rate = 1e-3;  // 1e-6..1; lower it when the first epochs are the best
  double weight_decay = 0;      // of each step, times the rate, 0..10; raise it for small data
  int epochs = 30;              // passes over the users, at most; 1..10000
  int patience = 4;  // epochs without a better held-out NDCG@10 that end the training; 0:
                     // runs all epochs, on all data
  uint64_t seed = 1;
  int threads = 1;
};

// The score is the log odds that somebody with that history meets the item: NcfNetwork. It differs
// from NeuMF in two ways. No user has an embedding: the sum of embeddings of the items met stands
// for it, without the item asked about while training, so that a new user is served as any other,
// at once. And the network reads the product of user and item, not both side by side, from which it
// would have to learn products first (Rendle et al. 2020, "Neural Collaborative Filtering vs.
// Matrix Factorization Revisited"). Values and times are ignored. Without history the score is the
// item's bias, which follows popularity; one user in ten is trained as somebody without. An
// explanation distributes the difference to that along the network by the rescale rule of DeepLIFT
// (Shrikumar et al. 2017), so that the parts of the history sum to it exactly.
class NcfModel : public Model {
 public:
  static std::unique_ptr<NcfModel> Load(const ModelReader& reader,
                                        std::shared_ptr<const IdDictionary> items);

  std::string_view type() const override { return "ncf"; }
  // O(f |history| + items f^2).
  void Score(const SparseRow& history, std::span<float> scores) const override;
  // By cosine of the items' embeddings.
  std::vector<ScoredItem> SimilarItems(int32_t item, int k) const override;
  // O(f (|history| + f)).
  std::vector<ScoredItem> Explain(const SparseRow& history, int32_t item, int k) const override;
  std::unique_ptr<FoldedUser> Fold(const SparseRow& history) const override;
  // Two epochs over `data` from the present weights, with Adam's moments anew.
  std::unique_ptr<Model> PartialFit(const Interactions& data, int threads,
                                    TrainObserver& observer) const override;
  void Save(ModelWriter& writer) const override;

 private:
  friend std::unique_ptr<NcfModel> TrainNcf(const Interactions&, const NcfOptions&, TrainObserver&);
  NcfModel(std::shared_ptr<const IdDictionary> items, const NcfOptions& options,
           nn::Parameters parameters);

  NcfOptions options_;
  NcfNetwork network_;
  nn::Parameters parameters_;
};

// What is kept are the weights averaged over about the latest epoch. With patience, a fifth of the
// items of up to 1,000 users are held out.
//
// Cost: an epoch takes O(nnz (1 + negatives) f^2) time; memory 54 items f 4 bytes and the examples
// of a batch. Same data, options and SIMD level: same bytes, for any number of threads. Throws
// invalid_argument for empty data or an option out of range; failed_precondition when the steps
// were so large that the numbers left float32; cancelled.
std::unique_ptr<NcfModel> TrainNcf(const Interactions& data, const NcfOptions& options,
                                   TrainObserver& observer);

const ModelDefinition& NcfDefinition();

}  // namespace marquee
