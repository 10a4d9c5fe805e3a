// Gradient-boosted regression trees that rank: LambdaMART.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "models/model.h"

namespace marquee {

class ModelReader;

struct TreeOptions {
  int rounds = 150;             // trees; 1..5000
  int depth = 5;                // of each; 1..12
  double learning_rate = 0.05;  // of each; lower needs more rounds; 1e-4..1
  double min_weight = 20;       // least sum of second derivatives in a leaf: raise against noise
  uint64_t seed = 1;
};

// Lists to learn from, one behind the other.
struct RankingExamples {
  int columns = 0;
  std::vector<float> features = {};        // rows x columns, finite
  std::vector<float> labels = {};          // of each row: 1 relevant, 0 not
  std::vector<int32_t> list_lengths = {};  // sum: rows

  int64_t rows() const { return static_cast<int64_t>(labels.size()); }
};

// A sum of trees. Immutable, so thread-safe.
class TreeRanker {
 public:
  // REQUIRES: row.size() == columns(). O(trees depth).
  float Score(std::span<const float> row) const;
  int columns() const { return columns_; }
  size_t trees() const { return roots_.size(); }

  // Sections "tree_roots", "tree_nodes", "tree_values".
  void Save(ModelWriter& writer) const;
  // Throws data_loss where nodes do not make trees over `columns` features.
  static TreeRanker Load(const ModelReader& reader, int columns);

 private:
  friend TreeRanker TrainTrees(const RankingExamples&, const TreeOptions&,
                               const std::function<void(int)>&);

  // Inner nodes: rows below `value` of `feature` go to `left`, others to `right`; both lie behind
  // their parent. Leaves: feature -1, `value` is added to the score.
  struct Node {
    int32_t feature;
    int32_t left;
    int32_t right;
    float value;
  };

  int columns_ = 0;
  std::vector<int32_t> roots_;
  std::vector<Node> nodes_;
};

// LambdaMART (Burges 2010, "From RankNet to LambdaRank to LambdaMART") by XGBoost, on one thread:
// same examples, options and version of the library, same trees. `after_round` is told each round
// that is done, 1-based, and may throw. Throws invalid_argument for an option out of range.
TreeRanker TrainTrees(const RankingExamples& examples, const TreeOptions& options,
                      const std::function<void(int)>& after_round);

}  // namespace marquee
