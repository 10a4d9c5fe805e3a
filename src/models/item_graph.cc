#include "models/item_graph.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "models/model_file.h"
#include "models/training.h"

namespace marquee {

ItemGraph ItemGraph::FromSources(const Lists& lists) {
  ItemGraph graph;
  for (std::vector<ScoredItem> list : lists) {
    std::sort(list.begin(), list.end(),
              [](const ScoredItem& a, const ScoredItem& b) { return a.item < b.item; });
    for (const auto& [item, weight] : list) {
      graph.targets_.push_back(item);
      graph.weights_.push_back(weight);
    }
    graph.offsets_.push_back(graph.num_weights());
  }
  return graph;
}

ItemGraph ItemGraph::FromTargets(const Lists& lists) {
  Lists sources(lists.size());
  for (size_t target = 0; target < lists.size(); ++target) {
    for (const auto& [source, weight] : lists[target])
      sources[static_cast<size_t>(source)].push_back({static_cast<int32_t>(target), weight});
  }
  return FromSources(sources);
}

ItemGraph ItemGraph::Load(const ModelReader& reader, int64_t num_items) {
  ItemGraph graph;
  const std::span<const int64_t> offsets = reader.Longs("offsets", {num_items + 1});
  const std::span<const int32_t> targets = reader.Ints("neighbours", {-1});
  const auto count = static_cast<int64_t>(targets.size());
  const std::span<const float> weights = reader.Floats("weights", {count});
  if (offsets.front() != 0 || offsets.back() != count ||
      !std::is_sorted(offsets.begin(), offsets.end()))
    reader.Refuse("section 'offsets' does not divide its neighbours");
  for (int64_t source = 0; source < num_items; ++source) {
    const auto begin = static_cast<size_t>(offsets[static_cast<size_t>(source)]);
    const auto end = static_cast<size_t>(offsets[static_cast<size_t>(source) + 1]);
    for (size_t at = begin; at < end; ++at) {
      const bool ascending = at == begin || targets[at - 1] < targets[at];
      if (targets[at] < 0 || targets[at] >= num_items || !ascending)
        reader.Refuse(StrCat("section 'neighbours' has a wrong row at ", at));
    }
  }
  graph.offsets_.assign(offsets.begin(), offsets.end());
  graph.targets_.assign(targets.begin(), targets.end());
  graph.weights_.assign(weights.begin(), weights.end());
  return graph;
}

void ItemGraph::Save(ModelWriter& writer) const {
  writer.Add("offsets", offsets_, {num_items() + 1});
  writer.Add("neighbours", targets_, {num_weights()});
  writer.Add("weights", weights_, {num_weights()});
}

void ItemGraph::AddTo(std::span<float> scores, int32_t source, float factor) const {
  const auto begin = static_cast<size_t>(offsets_[static_cast<size_t>(source)]);
  const auto end = static_cast<size_t>(offsets_[static_cast<size_t>(source) + 1]);
  for (size_t at = begin; at < end; ++at)
    scores[static_cast<size_t>(targets_[at])] += factor * weights_[at];
}

float ItemGraph::Weight(int32_t source, int32_t target) const {
  const auto begin = targets_.begin() + offsets_[static_cast<size_t>(source)];
  const auto end = targets_.begin() + offsets_[static_cast<size_t>(source) + 1];
  const auto found = std::lower_bound(begin, end, target);
  if (found == end || *found != target) return 0;
  return weights_[static_cast<size_t>(found - targets_.begin())];
}

std::vector<ScoredItem> ItemGraph::SourcesOf(int32_t target, int k) const {
  std::vector<ScoredItem> sources;
  for (int32_t source = 0; source < num_items(); ++source) {
    const float weight = source == target ? 0 : Weight(source, target);
    if (weight != 0) sources.push_back({source, weight});
  }
  return Largest(std::move(sources), k);
}

std::vector<ScoredItem> ItemGraph::TargetsOf(int32_t source, int k) const {
  std::vector<ScoredItem> found;
  const auto begin = static_cast<size_t>(offsets_[static_cast<size_t>(source)]);
  const auto end = static_cast<size_t>(offsets_[static_cast<size_t>(source) + 1]);
  for (size_t at = begin; at < end; ++at) {
    if (targets_[at] != source && weights_[at] != 0) found.push_back({targets_[at], weights_[at]});
  }
  return Largest(std::move(found), k);
}

ItemGraphModel::ItemGraphModel(const Kind& kind, Json settings,
                               std::shared_ptr<const IdDictionary> items, ItemGraph graph)
    : Model(std::move(items)),
      kind_(kind),
      settings_(std::move(settings)),
      graph_(std::move(graph)) {}

std::unique_ptr<ItemGraphModel> ItemGraphModel::Load(const Kind& kind, const ModelReader& reader,
                                                     std::shared_ptr<const IdDictionary> items) {
  ItemGraph graph = ItemGraph::Load(reader, items->size());
  return std::make_unique<ItemGraphModel>(kind, reader.settings(), std::move(items),
                                          std::move(graph));
}

void ItemGraphModel::Score(const SparseRow& history, std::span<float> scores) const {
  std::fill(scores.begin(), scores.end(), 0.0f);
  for (const int32_t past : KnownItems(history, items().size()).columns)
    graph_.AddTo(scores, past, 1);
}

std::vector<ScoredItem> ItemGraphModel::SimilarItems(int32_t item, int k) const {
  return kind_.similarity == Similarity::kSources ? graph_.SourcesOf(item, k)
                                                  : graph_.TargetsOf(item, k);
}

std::vector<ScoredItem> ItemGraphModel::Explain(const SparseRow& history, int32_t item,
                                                int k) const {
  std::vector<ScoredItem> parts;
  for (const int32_t past : KnownItems(history, items().size()).columns)
    parts.push_back({past, graph_.Weight(past, item)});
  return Largest(std::move(parts), k);
}

void ItemGraphModel::Save(ModelWriter& writer) const {
  writer.SetSettings(settings_);
  graph_.Save(writer);
}

}  // namespace marquee
