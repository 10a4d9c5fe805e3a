// sequence: what somebody meets next, by self-attention over what they met before (Kang and McAuley
// 2018, "Self-Attentive Sequential Recommendation", trained with the cross-entropy over all items
// as in Klenitskiy and Vasilev 2023, "Turning Dross Into Gold Loss").
#pragma once

#include <cstdint>
#include <memory>

#include "models/definition.h"
#include "models/model.h"
#include "models/sequence_encoder.h"

namespace marquee {

class ModelReader;

// Each option says when to change it.
struct SequenceOptions {
  int dimension = 128;   // d, of the embeddings, 1..1024, a multiple of heads; time grows with it
  int blocks = 2;        // of attention, 1..16; 1 for small data
  int heads = 1;         // of attention, 1..64
  int max_length = 200;  // how many of somebody's newest items count, 1..4096
  double dropout = 0.2;  // 0..0.9; raise it for small data
  int negatives = 0;     // 0: the exact softmax. Else so many items stand for all, 0..1000000: for
                         // catalogues beyond some 10,000 items, where it decides the time
  int batch = 32;        // users a step, 1..100000; a step's memory grows with it
  double learning_rate = 2e-3;  // 1e-6..1; lower it when the first epochs are the best
  int epochs = 60;              // passes over the users, at most; 1..10000
  int patience = 5;  // epochs without a better held-out NDCG@10 that end the training; 0:
                     // runs all epochs, on all data
  uint64_t seed = 1;
  int threads = 1;
};

// The score of an item is the log probability that it is the next one, by a causal transformer that
// reads the newest max_length items of the history in order of time, those of one time by item row:
// SequenceEncoder. Values are ignored; no user is kept. Without a history it is the logarithm of
// the item's share of the training data. An explanation says by how much each item moved the log
// probability when it was met, given those before it: such parts sum to the score minus that of an
// empty history, exactly, and cost one pass, as the network at each item sees only what came
// before. Older items than max_length have no part.
class SequenceModel : public Model {
 public:
  static std::unique_ptr<SequenceModel> Load(const ModelReader& reader,
                                             std::shared_ptr<const IdDictionary> items);

  std::string_view type() const override { return "sequence"; }
  // O(length blocks d^2 + length^2 blocks d + items d).
  void Score(const SparseRow& history, std::span<float> scores) const override;
  // By cosine of the embeddings.
  std::vector<ScoredItem> SimilarItems(int32_t item, int k) const override;
  std::vector<ScoredItem> Explain(const SparseRow& history, int32_t item, int k) const override;
  std::unique_ptr<FoldedUser> Fold(const SparseRow& history) const override;
  // Two epochs over `data` from the present weights, with Adam's moments anew.
  std::unique_ptr<Model> PartialFit(const Interactions& data, int threads,
                                    TrainObserver& observer) const override;
  void Save(ModelWriter& writer) const override;

 private:
  class Folded;
  friend std::unique_ptr<SequenceModel> TrainSequence(const Interactions&, const SequenceOptions&,
                                                      TrainObserver&);
  SequenceModel(std::shared_ptr<const IdDictionary> items, const SequenceOptions& options,
                nn::Parameters parameters, std::vector<float> priors);

  SequenceOptions options_;
  SequenceEncoder encoder_;
  nn::Parameters parameters_;
  std::vector<float> priors_;  // log probability of each item for somebody unknown
};

// An epoch reads a window of at most max_length of each user's items; what is kept are the weights
// averaged over the latest epochs.
//
// Cost: an epoch takes O(rows d (candidates + blocks (d + max_length))) time, rows being those of
// the windows, candidates all items or `negatives`; memory 52 d (items + 7 blocks d) bytes, and 4
// batch max_length (items + 20 blocks d) / 8 for each thread. Same data, options and SIMD level:
// same bytes, for any number of threads. Throws invalid_argument for empty data or an option out of
// range; failed_precondition when the steps were so large that the numbers left float32; cancelled.
std::unique_ptr<SequenceModel> TrainSequence(const Interactions& data,
                                             const SequenceOptions& options,
                                             TrainObserver& observer);

const ModelDefinition& SequenceDefinition();

}  // namespace marquee
