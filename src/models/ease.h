// EASE: an item-to-item linear model in closed form (Steck 2019, "Embarrassingly Shallow
// Autoencoders for Sparse Data").
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "kernels/matrix.h"
#include "models/definition.h"
#include "models/item_graph.h"
#include "models/model.h"

namespace marquee {

class ModelReader;

struct EaseOptions {
  double l2 = 500;     // lambda: raise for sparse or small data, lower for dense; 1e-3..1e9
  int neighbours = 0;  // weights into an item that are kept, those of the largest size; 0: all. Set
                       // it for a catalogue whose square of weights is too much to store and serve;
                       // 0..100,000
  int threads = 1;
  int64_t memory_bytes = 0;  // what training may take; 0: what the machine has free
};

// B = I - P diag(1 / diag P), P = (X'X + lambda I)^-1, diag(B) = 0, where X is who met what: values
// are ignored. The score of an item is the sum of B[h][item] over the history h, so one item more
// costs one row of B. Memory: 4 bytes times the square of the number of items; with `neighbours`, 8
// bytes a weight (training needs the square all the same).
class EaseModel : public Model {
 public:
  static std::unique_ptr<EaseModel> Load(const ModelReader& reader,
                                         std::shared_ptr<const IdDictionary> items);

  std::string_view type() const override { return "ease"; }
  // O(|history| items); with `neighbours`, O(items + weights from the history).
  void Score(const SparseRow& history, std::span<float> scores) const override;
  // By partial correlation, -P_ij / sqrt(P_ii P_jj): what two items share beyond all the others.
  // Unlike a row of B it is symmetric, so a popular title does not crowd out the near ones. With
  // `neighbours`, of those whose weight into `item` was kept.
  std::vector<ScoredItem> SimilarItems(int32_t item, int k) const override;
  std::vector<ScoredItem> Explain(const SparseRow& history, int32_t item, int k) const override;
  void Save(ModelWriter& writer) const override;

 private:
  friend std::unique_ptr<EaseModel> TrainEase(const Interactions&, const EaseOptions&,
                                              TrainObserver&);
  EaseModel(std::shared_ptr<const IdDictionary> items, double l2, int neighbours);
  bool sparse() const { return neighbours_ > 0; }
  float WeightOf(int32_t past, int32_t item) const;

  double l2_;
  int neighbours_;
  kernels::Matrix weights_;  // B: row = item of the history, column = item scored; empty if sparse
  ItemGraph graph_;          // what is kept of B, if sparse
  std::vector<float> deviations_;  // sqrt(P_ii), if sparse
};

// Cost: O(sum over users of |history|^2 + items^3) time. Same data, options and threads: same
// bytes. Throws invalid_argument for empty data or an option out of range; resource_exhausted,
// before any work, when the model would not fit in memory; cancelled, though not while the inverse
// runs.
std::unique_ptr<EaseModel> TrainEase(const Interactions& data, const EaseOptions& options,
                                     TrainObserver& observer);

const ModelDefinition& EaseDefinition();

}  // namespace marquee
