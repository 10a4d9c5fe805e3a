// A sparse matrix of items on items, and the model that only adds up its rows: what the
// neighbourhood models learn, whatever way they learn it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "models/model.h"

namespace marquee {

class ModelReader;

// Weights from an item of a history to an item that is scored. Those that are not there are 0.
// Immutable, thread-safe. Memory: 8 bytes a weight.
class ItemGraph {
 public:
  using Lists = std::vector<std::vector<ScoredItem>>;  // index = item; any order, each item once

  ItemGraph() = default;
  // lists[a] = the items that `a` speaks for.
  static ItemGraph FromSources(const Lists& lists);
  // lists[b] = the items that speak for `b`. O(weights).
  static ItemGraph FromTargets(const Lists& lists);
  // Throws data_loss for sections that make no graph of `num_items`.
  static ItemGraph Load(const ModelReader& reader, int64_t num_items);
  // Sections "offsets", "neighbours" and "weights".
  void Save(ModelWriter& writer) const;

  int32_t num_items() const { return static_cast<int32_t>(offsets_.size()) - 1; }
  int64_t num_weights() const { return static_cast<int64_t>(targets_.size()); }
  // scores += factor * the weights from `source`. O(its weights).
  void AddTo(std::span<float> scores, int32_t source, float factor) const;
  // O(log of the weights from `source`).
  float Weight(int32_t source, int32_t target) const;
  // The k items that speak most for `target`, largest first, itself and weights of 0 left out.
  // O(items log of their weights).
  std::vector<ScoredItem> SourcesOf(int32_t target, int k) const;
  // The k items that `source` speaks most for, in the same order. O(weights from it).
  std::vector<ScoredItem> TargetsOf(int32_t source, int k) const;

 private:
  std::vector<int64_t> offsets_ = {0};  // of each source in the two below
  std::vector<int32_t> targets_;        // ascending within a source
  std::vector<float> weights_;
};

// Which items a graph model calls similar to one: those that speak most for it, or those that it
// speaks most for.
enum class Similarity { kSources, kTargets };

// The score of an item is the sum of the weights from the items of the history; values and times
// count for nothing, and so an explanation is exact. An empty history scores 0 throughout.
class ItemGraphModel : public Model {
 public:
  struct Kind {
    std::string_view type;  // a literal
    Similarity similarity;
  };

  // `settings` stand in the file.
  ItemGraphModel(const Kind& kind, Json settings, std::shared_ptr<const IdDictionary> items,
                 ItemGraph graph);
  static std::unique_ptr<ItemGraphModel> Load(const Kind& kind, const ModelReader& reader,
                                              std::shared_ptr<const IdDictionary> items);

  std::string_view type() const override { return kind_.type; }
  const ItemGraph& graph() const { return graph_; }
  // O(items + weights from the history).
  void Score(const SparseRow& history, std::span<float> scores) const override;
  std::vector<ScoredItem> SimilarItems(int32_t item, int k) const override;
  std::vector<ScoredItem> Explain(const SparseRow& history, int32_t item, int k) const override;
  void Save(ModelWriter& writer) const override;

 private:
  Kind kind_;
  Json settings_;
  ItemGraph graph_;
};

}  // namespace marquee
