// markov: what people turn to after what they met last: a first-order Markov chain (Rendle et al.
// 2010, "Factorizing personalized Markov chains", section 4, without the factors).
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "models/definition.h"
#include "models/item_graph.h"
#include "models/model.h"

namespace marquee {

class ModelReader;

struct MarkovOptions {
  int steps = 10;         // an item counts as followed by that many next, the d-th by 1 / d; 1: the
                          // chain proper; more for data whose times are coarse; 1..100
  double decay = 0.6;     // the last item of a history weighs 1, the one before `decay`, then its
                          // square: low where the moment decides, 1 where taste does; 0..1
  double smoothing = 10;  // transitions by popularity that each item has on top; raise for sparse
                          // data; 0.001..1e6
  int neighbours = 500;   // followers kept of each item; 8 bytes each; 1..100,000
  int threads = 1;
};

// P(b | a) = (C_ab + smoothing p_b) / (C_a + smoothing): C_ab the transitions counted in the
// training histories in the order of their times (of equal times, in that of the item rows), C_a
// their sum, p_b the share of all interactions. Beyond the `neighbours` likeliest, C_ab counts as
// 0. The score of b is the sum of P(b | a) over the history, weighed by how long ago a was. An
// empty history scores 0 throughout.
class MarkovModel : public Model {
 public:
  static std::unique_ptr<MarkovModel> Load(const ModelReader& reader,
                                           std::shared_ptr<const IdDictionary> items);

  std::string_view type() const override { return "markov"; }
  // O(|history| log |history| + items + weights from the history).
  void Score(const SparseRow& history, std::span<float> scores) const override;
  // What follows it.
  std::vector<ScoredItem> SimilarItems(int32_t item, int k) const override;
  std::vector<ScoredItem> Explain(const SparseRow& history, int32_t item, int k) const override;
  // Counts all of `data` anew, with the same settings.
  std::unique_ptr<Model> PartialFit(const Interactions& data, int threads,
                                    TrainObserver& observer) const override;
  void Save(ModelWriter& writer) const override;

 private:
  friend std::unique_ptr<MarkovModel> TrainMarkov(const Interactions&, const MarkovOptions&,
                                                  TrainObserver&);
  explicit MarkovModel(std::shared_ptr<const IdDictionary> items) : Model(std::move(items)) {}
  void MeasurePopularity(const Interactions& data);
  // The known items of the history with their weights, the last first.
  std::vector<ScoredItem> ByRecency(const SparseRow& history) const;
  // P(item | past) beyond what the graph has.
  float Backoff(int32_t past, int32_t item) const;

  MarkovOptions options_;
  ItemGraph graph_;                // C_ab / (C_a + smoothing)
  std::vector<float> backoff_;     // smoothing / (C_a + smoothing)
  std::vector<float> popularity_;  // p_b
};

// O(nnz (steps + log |history|)). Same data and options: same bytes, for any number of threads.
// Throws invalid_argument for empty data or an option out of range; cancelled.
std::unique_ptr<MarkovModel> TrainMarkov(const Interactions& data, const MarkovOptions& options,
                                         TrainObserver& observer);

const ModelDefinition& MarkovDefinition();

}  // namespace marquee
