// most-popular: what everybody likes; the floor that other models must beat, and the answer for
// people who are new.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "models/definition.h"
#include "models/model.h"

namespace marquee {

class ModelReader;

struct PopularOptions {
  // Counts only the last days of the data; 0: all of it. Small windows follow trends and need busy
  // data. 0..36500.
  int window_days = 0;
};

// The score of an item is how many interactions it has in the window, for every user alike.
//
// Ratings by the damped bias model mu + b_u + b_i over all of the data (Koren 2010, "Factor in the
// Neighbors", section 2.1): b_i = sum (r - mu) / (n_i + 25), b_u = sum (r - mu - b_i) / (n_u + 10),
// within the range of the ratings seen. b_u comes from the history given.
class PopularModel : public Model {
 public:
  static std::unique_ptr<PopularModel> Load(const ModelReader& reader,
                                            std::shared_ptr<const IdDictionary> items);

  std::string_view type() const override { return "most-popular"; }
  void Score(const SparseRow& history, std::span<float> scores) const override;
  // The most popular others: this model knows no nearness.
  std::vector<ScoredItem> SimilarItems(int32_t item, int k) const override;
  std::vector<ScoredItem> Explain(const SparseRow& history, int32_t item, int k) const override;
  std::vector<RatingPrediction> PredictRatings(const SparseRow& history,
                                               std::span<const RatingQuery> queries) const override;
  void Save(ModelWriter& writer) const override;

 private:
  friend std::unique_ptr<PopularModel> TrainPopular(const Interactions&, const PopularOptions&,
                                                    TrainObserver&);
  explicit PopularModel(std::shared_ptr<const IdDictionary> items) : Model(std::move(items)) {}
  void CountItems(const Interactions& data);
  void FitRatings(const Interactions& data);

  PopularOptions options_;
  std::vector<float> counts_;     // in the window
  std::vector<float> item_bias_;  // b_i
  double mean_ = 0;               // mu
  double lowest_ = 0;
  double highest_ = 0;
};

// O(nnz). Throws invalid_argument for empty data or an option out of range; cancelled.
std::unique_ptr<PopularModel> TrainPopular(const Interactions& data, const PopularOptions& options,
                                           TrainObserver& observer);

const ModelDefinition& PopularDefinition();

}  // namespace marquee
