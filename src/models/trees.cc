#include "models/trees.h"

#include <xgboost/c_api.h>

#include <cmath>
#include <string>

#include "base/check.h"
#include "base/error.h"
#include "base/text.h"
#include "models/model_file.h"
#include "models/training.h"

namespace marquee {
namespace {

void Call(int status) {
  if (status == 0) return;
  throw Error(Code::kInternal, StrCat("XGBoost: ", ToValidUtf8(XGBGetLastError())));
}

class Matrix {
 public:
  explicit Matrix(const RankingExamples& examples) {
    Call(XGDMatrixCreateFromMat(examples.features.data(), static_cast<bst_ulong>(examples.rows()),
                                static_cast<bst_ulong>(examples.columns), NAN, &handle_));
    Call(XGDMatrixSetFloatInfo(handle_, "label", examples.labels.data(), examples.labels.size()));
    const std::vector<unsigned> lengths(examples.list_lengths.begin(), examples.list_lengths.end());
    Call(XGDMatrixSetUIntInfo(handle_, "group", lengths.data(), lengths.size()));
  }
  ~Matrix() { XGDMatrixFree(handle_); }
  Matrix(const Matrix&) = delete;
  Matrix& operator=(const Matrix&) = delete;

  DMatrixHandle handle() const { return handle_; }

 private:
  DMatrixHandle handle_ = nullptr;
};

class Booster {
 public:
  Booster(const Matrix& data, const TreeOptions& options) {
    const DMatrixHandle matrix = data.handle();
    Call(XGBoosterCreate(&matrix, 1, &handle_));
    Set("objective", "rank:ndcg");
    Set("tree_method", "hist");
    Set("nthread", "1");
    Set("verbosity", "0");
    Set("seed", StrCat(options.seed % 2147483647));
    Set("max_depth", StrCat(options.depth));
    Set("eta", StrCat(options.learning_rate));
    Set("min_child_weight", StrCat(options.min_weight));
    Set("lambda", "10");
  }
  ~Booster() { XGBoosterFree(handle_); }
  Booster(const Booster&) = delete;
  Booster& operator=(const Booster&) = delete;

  void Update(int round, const Matrix& data) {
    Call(XGBoosterUpdateOneIter(handle_, round, data.handle()));
  }
  // The library's own format, in which every number has all its digits.
  Json ToJson() const {
    bst_ulong size = 0;
    const char* bytes = nullptr;
    Call(XGBoosterSaveModelToBuffer(handle_, R"({"format": "json"})", &size, &bytes));
    return Json::Parse(std::string_view(bytes, size));
  }

 private:
  void Set(const char* name, const std::string& value) {
    Call(XGBoosterSetParam(handle_, name, value.c_str()));
  }

  BoosterHandle handle_ = nullptr;
};

}  // namespace

TreeRanker TrainTrees(const RankingExamples& examples, const TreeOptions& options,
                      const std::function<void(int)>& after_round) {
  RequireRange("rounds", options.rounds, 1, 5000);
  RequireRange("depth", options.depth, 1, 12);
  RequireRange("learning_rate", options.learning_rate, 1e-4, 1);
  RequireRange("min_weight", options.min_weight, 0, 1e6);
  TreeRanker ranker;
  ranker.columns_ = examples.columns;
  if (examples.rows() == 0) {
    for (int round = 1; round <= options.rounds; ++round) after_round(round);
    return ranker;
  }
  const Matrix data(examples);
  Booster booster(data, options);
  for (int round = 0; round < options.rounds; ++round) {
    booster.Update(round, data);
    after_round(round + 1);
  }
  const Json model = booster.ToJson();
  const Json& trees = model.At("learner").At("gradient_booster").At("model").At("trees");
  for (const Json& tree : trees.AsArray()) {
    const auto first = static_cast<int32_t>(ranker.nodes_.size());
    ranker.roots_.push_back(first);
    const Json::Array& left = tree.At("left_children").AsArray();
    const Json::Array& right = tree.At("right_children").AsArray();
    const Json::Array& feature = tree.At("split_indices").AsArray();
    const Json::Array& value = tree.At("split_conditions").AsArray();
    for (size_t n = 0; n < left.size(); ++n) {
      const auto below = static_cast<int32_t>(left[n].AsInt());
      const auto number = static_cast<float>(value[n].AsDouble());
      if (below < 0) {
        ranker.nodes_.push_back({-1, 0, 0, number});
        continue;
      }
      ranker.nodes_.push_back({static_cast<int32_t>(feature[n].AsInt()), first + below,
                               first + static_cast<int32_t>(right[n].AsInt()), number});
    }
  }
  return ranker;
}

float TreeRanker::Score(std::span<const float> row) const {
  float sum = 0;
  for (const int32_t root : roots_) {
    const Node* node = &nodes_[static_cast<size_t>(root)];
    while (node->feature >= 0) {
      const bool below = row[static_cast<size_t>(node->feature)] < node->value;
      node = &nodes_[static_cast<size_t>(below ? node->left : node->right)];
    }
    sum += node->value;
  }
  return sum;
}

void TreeRanker::Save(ModelWriter& writer) const {
  std::vector<int32_t> links;
  std::vector<float> values;
  for (const Node& node : nodes_) {
    links.insert(links.end(), {node.feature, node.left, node.right});
    values.push_back(node.value);
  }
  const auto n = static_cast<int64_t>(nodes_.size());
  writer.Add("tree_roots", roots_, {static_cast<int64_t>(roots_.size())});
  writer.Add("tree_nodes", links, {n, 3});
  writer.Add("tree_values", values, {n});
}

TreeRanker TreeRanker::Load(const ModelReader& reader, int columns) {
  TreeRanker ranker;
  ranker.columns_ = columns;
  const std::span<const float> values = reader.Floats("tree_values", {-1});
  const auto n = static_cast<int32_t>(values.size());
  const std::span<const int32_t> links = reader.Ints("tree_nodes", {n, 3});
  for (int32_t i = 0; i < n; ++i) {
    const auto at = static_cast<size_t>(i);
    const Node node{links[3 * at], links[3 * at + 1], links[3 * at + 2], values[at]};
    // Links lead onward, so that every walk ends.
    const bool inner = node.feature >= 0 && node.feature < columns && node.left > i &&
                       node.left < n && node.right > i && node.right < n;
    if (node.feature != -1 && !inner) reader.Refuse(StrCat("tree node ", i, " leads nowhere"));
    ranker.nodes_.push_back(node);
  }
  for (const int32_t root : reader.Ints("tree_roots", {-1})) {
    if (root < 0 || root >= n) reader.Refuse("a tree has no root");
    ranker.roots_.push_back(root);
  }
  return ranker;
}

}  // namespace marquee
