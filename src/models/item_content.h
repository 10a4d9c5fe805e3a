// item-content: titles like those somebody liked, by what is written about them. Needs no ratings
// of an item, so it can recommend what is new.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "models/definition.h"
#include "models/model.h"

namespace marquee {

class ModelReader;

// How much each field says; only their proportions matter. 0..1000 each, not all 0.
struct ItemContentOptions {
  double genre_weight = 1.0;   // raise for catalogues with fine genres
  double title_weight = 0.1;   // finds sequels and series
  double decade_weight = 0.3;  // raise when people keep to an era
};

// Each field of an item (genres, title words, decade) is a TF-IDF vector of length 1; the item is
// their weighted sum, again of length 1. A person is the sum of the items of the history, each
// times its value over the largest value of the history (below 0: not at all). A score is the
// cosine of the two, 0 for an item of which nothing is known.
class ItemContentModel : public Model {
 public:
  static std::unique_ptr<ItemContentModel> Load(const ModelReader& reader,
                                                std::shared_ptr<const IdDictionary> items);

  std::string_view type() const override { return "item-content"; }
  // O(features of all items).
  void Score(const SparseRow& history, std::span<float> scores) const override;
  std::vector<ScoredItem> SimilarItems(int32_t item, int k) const override;
  std::vector<ScoredItem> Explain(const SparseRow& history, int32_t item, int k) const override;
  void Save(ModelWriter& writer) const override;

 private:
  struct Vector {
    std::span<const int32_t> features;  // ascending
    std::span<const float> weights;
  };

  friend std::unique_ptr<ItemContentModel> TrainItemContent(const Interactions&,
                                                            const ItemContentOptions&,
                                                            TrainObserver&);
  explicit ItemContentModel(std::shared_ptr<const IdDictionary> items) : Model(std::move(items)) {}
  Vector VectorOf(int32_t item) const;
  // The person's vector, of length 1, or all 0.
  std::vector<float> Profile(const SparseRow& known) const;
  void ScoreProfile(std::span<const float> profile, std::span<float> scores) const;

  ItemContentOptions options_;
  int32_t num_features_ = 0;
  std::vector<int64_t> offsets_ = {0};  // of each item in the two below
  std::vector<int32_t> features_;
  std::vector<float> weights_;
};

// O(text). Throws invalid_argument for empty data, for data of which no title, genre or year is
// known, and for an option out of range; cancelled.
std::unique_ptr<ItemContentModel> TrainItemContent(const Interactions& data,
                                                   const ItemContentOptions& options,
                                                   TrainObserver& observer);

// The words of a title that say something: lower case, each once, in order, without stop words and
// a year in brackets. "Matrix, The (1999)" -> {"matrix"}.
std::vector<std::string> TitleWords(std::string_view title);

const ModelDefinition& ItemContentDefinition();

}  // namespace marquee
