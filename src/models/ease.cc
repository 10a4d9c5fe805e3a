#include "models/ease.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "kernels/inverse.h"
#include "kernels/top_k.h"
#include "kernels/vector.h"
#include "models/item_pairs.h"
#include "models/model_file.h"
#include "models/training.h"

namespace marquee {
namespace {

constexpr std::string_view kType = "ease";
constexpr int kStages = 3;
constexpr int kMaxNeighbours = 100'000;

void RequireMemory(int32_t num_items, int64_t available) {
  const int64_t needed = int64_t{num_items} * num_items * static_cast<int64_t>(sizeof(float));
  if (needed <= available) return;
  throw Error(Code::kResourceExhausted,
              StrCat("ease of ", WithThousands(num_items), " items needs ", HumanBytes(needed),
                     " of memory: ", HumanBytes(std::max<int64_t>(available, 0)), " are free"),
              "train ials, whose memory grows with the items and not with their square; or free "
              "memory");
}

// P becomes B, in place.
void InverseToWeights(ThreadPool& pool, kernels::Matrix* matrix) {
  const size_t n = matrix->rows();
  std::vector<float> scale(n);
  for (size_t i = 0; i < n; ++i) scale[i] = -1 / matrix->Row(i)[i];
  pool.ParallelFor(static_cast<int64_t>(n), 32, [&](int64_t begin, int64_t end, int) {
    for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
      const std::span<float> row = matrix->Row(i);
      for (size_t j = 0; j < n; ++j) row[j] *= scale[j];
      row[i] = 0;
    }
  });
}

// The weights into an item are, but for a factor, its row of P: P is symmetric.
ItemGraph LargestWeights(const kernels::Matrix& inverse, int neighbours, ThreadPool& pool) {
  const size_t n = inverse.rows();
  ItemGraph::Lists lists(n);
  pool.ParallelFor(static_cast<int64_t>(n), 32, [&](int64_t begin, int64_t end, int) {
    std::vector<float> sizes(n);
    for (auto item = static_cast<int32_t>(begin); item < static_cast<int32_t>(end); ++item) {
      const std::span<const float> row = inverse.Row(static_cast<size_t>(item));
      const float scale = -1 / row[static_cast<size_t>(item)];
      for (size_t j = 0; j < n; ++j) sizes[j] = std::abs(row[j]);
      for (const kernels::Ranked& kept :
           kernels::TopK(sizes, static_cast<size_t>(neighbours), std::span(&item, 1))) {
        if (kept.score > 0)
          lists[static_cast<size_t>(item)].push_back(
              {kept.index, scale * row[static_cast<size_t>(kept.index)]});
      }
    }
  });
  return ItemGraph::FromTargets(lists);
}

}  // namespace

std::unique_ptr<EaseModel> TrainEase(const Interactions& data, const EaseOptions& options,
                                     TrainObserver& observer) {
  RequireRange("l2", options.l2, 1e-3, 1e9);
  RequireRange("neighbours", options.neighbours, 0, kMaxNeighbours);
  RequireInteractions(data, kType);
  RequireMemory(data.num_items(),
                options.memory_bytes > 0 ? options.memory_bytes : AvailableMemoryBytes());
  std::unique_ptr<EaseModel> model(
      new EaseModel(data.shared_items(), options.l2, options.neighbours));
  const auto n = static_cast<size_t>(data.num_items());
  model->weights_ = kernels::Matrix(n, n);
  ThreadPool pool(options.threads);

  CountPairs(data, kType, pool, observer, &model->weights_);
  for (size_t i = 0; i < n; ++i) model->weights_.Row(i)[i] += static_cast<float>(options.l2);
  observer.OnEpoch({.epoch = 1, .epochs = kStages});
  ThrowIfStopped(observer, kType);
  // float32 is enough: on ML-1M with l2 500, B differs from that of float64 by 6e-7 at most, and by
  // 1e-5 with l2 1.
  if (!kernels::InvertPositiveDefinite(model->weights_.values(), n, options.threads)) {
    throw Error(Code::kFailedPrecondition,
                StrCat("ease with l2 ", options.l2, ": the equations have no stable solution"),
                "raise l2");
  }
  observer.OnEpoch({.epoch = 2, .epochs = kStages});
  ThrowIfStopped(observer, kType);
  if (model->sparse()) {
    for (size_t i = 0; i < n; ++i)
      model->deviations_.push_back(std::sqrt(model->weights_.Row(i)[i]));
    model->graph_ = LargestWeights(model->weights_, options.neighbours, pool);
    model->weights_ = kernels::Matrix();
  } else {
    InverseToWeights(pool, &model->weights_);
  }
  observer.OnEpoch({.epoch = kStages, .epochs = kStages});
  return model;
}

EaseModel::EaseModel(std::shared_ptr<const IdDictionary> items, double l2, int neighbours)
    : Model(std::move(items)), l2_(l2), neighbours_(neighbours) {}

float EaseModel::WeightOf(int32_t past, int32_t item) const {
  if (sparse()) return graph_.Weight(past, item);
  return weights_.Row(static_cast<size_t>(past))[static_cast<size_t>(item)];
}

void EaseModel::Score(const SparseRow& history, std::span<float> scores) const {
  std::fill(scores.begin(), scores.end(), 0.0f);
  const std::span<const int32_t> known = KnownItems(history, items().size()).columns;
  if (!sparse()) return kernels::AddRows(weights_, known, scores);
  for (const int32_t past : known) graph_.AddTo(scores, past, 1);
}

std::vector<ScoredItem> EaseModel::SimilarItems(int32_t item, int k) const {
  const auto i = static_cast<size_t>(item);
  if (sparse()) {
    // B_ji = -P_ji / P_ii, which lacks sqrt(P_ii / P_jj) to the partial correlation.
    std::vector<ScoredItem> nearest = graph_.SourcesOf(item, items().size());
    for (auto& [other, score] : nearest)
      score *= deviations_[i] / deviations_[static_cast<size_t>(other)];
    return Largest(std::move(nearest), k);
  }
  // B_ij B_ji = P_ij^2 / (P_ii P_jj), and both have the sign of -P_ij.
  std::vector<float> nearness(weights_.columns());
  for (size_t j = 0; j < nearness.size(); ++j) {
    const float there = weights_.Row(i)[j], back = weights_.Row(j)[i];
    nearness[j] = std::copysign(std::sqrt(std::abs(there * back)), there);
  }
  return BestItems(nearness, item, k);
}

std::vector<ScoredItem> EaseModel::Explain(const SparseRow& history, int32_t item, int k) const {
  std::vector<ScoredItem> parts;
  for (const int32_t past : KnownItems(history, items().size()).columns)
    parts.push_back({past, WeightOf(past, item)});
  return Largest(std::move(parts), k);
}

void EaseModel::Save(ModelWriter& writer) const {
  const int64_t n = items().size();
  if (sparse()) {
    writer.SetSettings(Json::MakeObject({{"l2", l2_}, {"neighbours", neighbours_}}));
    graph_.Save(writer);
    writer.Add("deviations", deviations_, {n});
  } else {
    writer.SetSettings(Json::MakeObject({{"l2", l2_}}));
    writer.Add("weights", weights_.values(), {n, n});
  }
}

std::unique_ptr<EaseModel> EaseModel::Load(const ModelReader& reader,
                                           std::shared_ptr<const IdDictionary> items) {
  const bool sparse = reader.settings().Find("neighbours") != nullptr;
  const int64_t neighbours = sparse ? reader.SettingInt("neighbours") : 0;
  if (sparse && (neighbours < 1 || neighbours > kMaxNeighbours))
    reader.Refuse(StrCat("setting 'neighbours' is ", neighbours));
  std::unique_ptr<EaseModel> model(
      new EaseModel(std::move(items), reader.SettingDouble("l2"), static_cast<int>(neighbours)));
  const int64_t n = model->items().size();
  if (sparse) {
    model->graph_ = ItemGraph::Load(reader, n);
    const std::span<const float> deviations = reader.Floats("deviations", {n});
    if (!std::ranges::all_of(deviations, [](float value) { return value > 0; }))
      reader.Refuse("section 'deviations' has a value that is not above 0");
    model->deviations_.assign(deviations.begin(), deviations.end());
    return model;
  }
  const std::span<const float> weights = reader.Floats("weights", {n, n});
  model->weights_ = kernels::Matrix(static_cast<size_t>(n), static_cast<size_t>(n));
  std::copy(weights.begin(), weights.end(), model->weights_.values().begin());
  return model;
}

namespace {

std::vector<SettingSpec> Settings() {
  using Type = SettingSpec::Type;
  return {{.key = "l2",
           .type = Type::kNumber,
           .fallback = StrCat(EaseOptions{}.l2),
           .doc = "how much weights are held back; raise it for sparse data",
           .min = 1e-3,
           .max = 1e9,
           .search = SearchRange{10, 5000, true}},
          {.key = "neighbours",
           .type = Type::kInt,
           .fallback = StrCat(EaseOptions{}.neighbours),
           .doc = "how many weights into an item are kept, the largest; 0: all. For big catalogues",
           .min = 0,
           .max = kMaxNeighbours}};
}

std::unique_ptr<Model> TrainFrom(const TrainInput& in) {
  return TrainEase(
      in.data, {.l2 = in.Double("l2"), .neighbours = in.Int("neighbours"), .threads = in.threads},
      in.observer);
}

}  // namespace

const ModelDefinition& EaseDefinition() {
  static const ModelDefinition definition = {
      "ease", "linear model of items on items, in closed form; strong up to ~20,000 items",
      Settings(), TrainFrom, LoadAs<EaseModel>};
  return definition;
}

}  // namespace marquee
