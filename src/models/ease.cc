#include "models/ease.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "kernels/inverse.h"
#include "kernels/vector.h"
#include "models/item_pairs.h"
#include "models/model_file.h"
#include "models/training.h"

namespace marquee {
namespace {

constexpr std::string_view kType = "ease";
constexpr int kStages = 3;

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

}  // namespace

std::unique_ptr<EaseModel> TrainEase(const Interactions& data, const EaseOptions& options,
                                     TrainObserver& observer) {
  RequireRange("l2", options.l2, 1e-3, 1e9);
  RequireInteractions(data, kType);
  RequireMemory(data.num_items(),
                options.memory_bytes > 0 ? options.memory_bytes : AvailableMemoryBytes());
  std::unique_ptr<EaseModel> model(new EaseModel(data.shared_items(), options.l2));
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
  InverseToWeights(pool, &model->weights_);
  observer.OnEpoch({.epoch = kStages, .epochs = kStages});
  return model;
}

EaseModel::EaseModel(std::shared_ptr<const IdDictionary> items, double l2)
    : Model(std::move(items)), l2_(l2) {}

void EaseModel::Score(const SparseRow& history, std::span<float> scores) const {
  std::fill(scores.begin(), scores.end(), 0.0f);
  kernels::AddRows(weights_, KnownItems(history, items().size()).columns, scores);
}

std::vector<ScoredItem> EaseModel::SimilarItems(int32_t item, int k) const {
  const auto i = static_cast<size_t>(item);
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
    parts.push_back({past, weights_.Row(static_cast<size_t>(past))[static_cast<size_t>(item)]});
  return Largest(std::move(parts), k);
}

void EaseModel::Save(ModelWriter& writer) const {
  writer.SetSettings(Json::MakeObject({{"l2", l2_}}));
  const int64_t n = items().size();
  writer.Add("weights", weights_.values(), {n, n});
}

std::unique_ptr<EaseModel> EaseModel::Load(const ModelReader& reader,
                                           std::shared_ptr<const IdDictionary> items) {
  std::unique_ptr<EaseModel> model(new EaseModel(std::move(items), reader.SettingDouble("l2")));
  const int64_t n = model->items().size();
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
           .search = SearchRange{10, 5000, true}}};
}

std::unique_ptr<Model> TrainFrom(const TrainInput& in) {
  return TrainEase(in.data, {.l2 = in.Double("l2"), .threads = in.threads}, in.observer);
}

}  // namespace

const ModelDefinition& EaseDefinition() {
  static const ModelDefinition definition = {
      "ease", "linear model of items on items, in closed form; strong up to ~20,000 items",
      Settings(), TrainFrom, LoadAs<EaseModel>};
  return definition;
}

}  // namespace marquee
