#include "models/slim.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "kernels/matrix.h"
#include "kernels/vector.h"
#include "models/item_pairs.h"
#include "models/model_file.h"
#include "models/training.h"

namespace marquee {
namespace {

constexpr std::string_view kType = "slim";
constexpr ItemGraphModel::Kind kKind = {kType, Similarity::kSources};
constexpr double kMaxL1 = 1e6;
constexpr double kMaxL2 = 1e9;
constexpr int kMaxNeighbours = 100'000;
constexpr int64_t kItemsBetweenReports = 64;
constexpr int kMaxSweeps = 100;
// A sweep that moves no weight by more ends the descent: weights are of the order of .01 to 1.
constexpr float kTolerance = 5e-4f;

void RequireMemory(int32_t num_items, int64_t available) {
  const int64_t needed = int64_t{num_items} * num_items * static_cast<int64_t>(sizeof(float));
  if (needed <= available) return;
  throw Error(Code::kResourceExhausted,
              StrCat("slim of ", WithThousands(num_items), " items needs ", HumanBytes(needed),
                     " of memory: ", HumanBytes(std::max<int64_t>(available, 0)), " are free"),
              "train rp3beta or item-knn, which need no square of the number of items; or free "
              "memory");
}

// The elastic net of one item after another; its memory serves them all.
class ColumnSolver {
 public:
  ColumnSolver(const kernels::Matrix& gram, const SlimOptions& options)
      : gram_(gram),
        l1_(static_cast<float>(options.l1)),
        l2_(static_cast<float>(options.l2)),
        positive_(options.positive),
        neighbours_(options.neighbours),
        residual_(gram.rows()),
        weights_(gram.rows()) {}

  std::vector<ScoredItem> Solve(int32_t item) {
    Start(static_cast<size_t>(item));
    for (int sweep = 0; sweep < kMaxSweeps; ++sweep) {
      if (Sweep(candidates_) <= kTolerance) break;
      CollectActive();
      for (int inner = 0; inner < kMaxSweeps; ++inner) {
        if (Sweep(active_) <= kTolerance) break;
      }
    }
    return LargestWeights();
  }

 private:
  // X'(x_j - X w) at w = 0 is the item's row of X'X. What has most in common comes first, so that
  // fewer weights are set that later sweeps take back.
  void Start(size_t item) {
    const std::span<const float> row = gram_.Row(item);
    std::copy(row.begin(), row.end(), residual_.begin());
    std::fill(weights_.begin(), weights_.end(), 0.0f);
    candidates_.clear();
    for (size_t other = 0; other < row.size(); ++other) {
      if (other != item && MayGetWeight(other, row[other]))
        candidates_.push_back(static_cast<int32_t>(other));
    }
    std::stable_sort(candidates_.begin(), candidates_.end(),
                     [&](int32_t a, int32_t b) { return Cosine(row, a) > Cosine(row, b); });
  }

  // X'X has nothing below 0, so weights above 0 only lower the gradients of the others.
  bool MayGetWeight(size_t other, float gradient) const {
    return positive_ ? gradient > l1_ : gram_.Row(other)[other] > 0;
  }

  float Cosine(std::span<const float> row, int32_t other) const {
    const auto at = static_cast<size_t>(other);
    return row[at] / std::sqrt(gram_.Row(at)[at]);
  }

  // One step for each; the largest change of a weight.
  float Sweep(std::span<const int32_t> items) {
    float largest = 0;
    for (const int32_t item : items) {
      const auto at = static_cast<size_t>(item);
      const std::span<const float> row = gram_.Row(at);
      const float change = Best(residual_[at] + row[at] * weights_[at], row[at]) - weights_[at];
      if (change == 0) continue;
      weights_[at] += change;
      kernels::Axpy(-change, row, residual_);
      largest = std::max(largest, std::abs(change));
    }
    return largest;
  }

  // The minimum along one coordinate.
  float Best(float gradient, float diagonal) const {
    if (gradient > l1_) return (gradient - l1_) / (diagonal + l2_);
    if (gradient < -l1_ && !positive_) return (gradient + l1_) / (diagonal + l2_);
    return 0;
  }

  void CollectActive() {
    active_.clear();
    for (const int32_t item : candidates_) {
      if (weights_[static_cast<size_t>(item)] != 0) active_.push_back(item);
    }
  }

  std::vector<ScoredItem> LargestWeights() {
    CollectActive();
    std::vector<ScoredItem> sizes;
    for (const int32_t item : active_)
      sizes.push_back({item, std::abs(weights_[static_cast<size_t>(item)])});
    std::vector<ScoredItem> kept = Largest(std::move(sizes), neighbours_);
    for (ScoredItem& one : kept) one.score = weights_[static_cast<size_t>(one.item)];
    return kept;
  }

  const kernels::Matrix& gram_;
  const float l1_;
  const float l2_;
  const bool positive_;
  const int neighbours_;
  std::vector<float> residual_;
  std::vector<float> weights_;
  std::vector<int32_t> candidates_;  // may get a weight
  std::vector<int32_t> active_;      // have one
};

ItemGraph SolveAll(const kernels::Matrix& gram, const SlimOptions& options, ThreadPool& pool,
                   TrainObserver& observer) {
  const auto n = static_cast<int64_t>(gram.rows());
  const auto blocks = static_cast<int>((n + kItemsBetweenReports - 1) / kItemsBetweenReports);
  std::vector<ColumnSolver> solvers(static_cast<size_t>(pool.threads()),
                                    ColumnSolver(gram, options));
  ItemGraph::Lists lists(static_cast<size_t>(n));
  for (int block = 0; block < blocks; ++block) {
    ThrowIfStopped(observer, kType);
    const int64_t first = block * kItemsBetweenReports;
    const int64_t count = std::min(kItemsBetweenReports, n - first);
    pool.ParallelFor(count, 1, [&](int64_t begin, int64_t end, int worker) {
      for (int64_t item = first + begin; item < first + end; ++item) {
        lists[static_cast<size_t>(item)] =
            solvers[static_cast<size_t>(worker)].Solve(static_cast<int32_t>(item));
      }
    });
    observer.OnEpoch({.epoch = block + 1, .epochs = blocks});
  }
  return ItemGraph::FromTargets(lists);
}

}  // namespace

std::unique_ptr<ItemGraphModel> TrainSlim(const Interactions& data, const SlimOptions& options,
                                          TrainObserver& observer) {
  RequireRange("l1", options.l1, 0, kMaxL1);
  RequireRange("l2", options.l2, 0, kMaxL2);
  RequireRange("neighbours", options.neighbours, 1, kMaxNeighbours);
  RequireInteractions(data, kType);
  RequireMemory(data.num_items(),
                options.memory_bytes > 0 ? options.memory_bytes : AvailableMemoryBytes());
  const auto n = static_cast<size_t>(data.num_items());
  kernels::Matrix gram(n, n);
  ThreadPool pool(options.threads);
  CountPairs(data, kType, pool, observer, &gram);
  ItemGraph graph = SolveAll(gram, options, pool, observer);
  return std::make_unique<ItemGraphModel>(kKind,
                                          Json::MakeObject({{"l1", options.l1},
                                                            {"l2", options.l2},
                                                            {"positive", options.positive},
                                                            {"neighbours", options.neighbours}}),
                                          data.shared_items(), std::move(graph));
}

namespace {

std::vector<SettingSpec> Settings() {
  using Type = SettingSpec::Type;
  const SlimOptions defaults;
  return {{.key = "l1",
           .type = Type::kNumber,
           .fallback = StrCat(defaults.l1),
           .doc = "makes weights 0; raise it for a smaller model",
           .min = 0,
           .max = kMaxL1,
           .search = SearchRange{0.1, 50, true}},
          {.key = "l2",
           .type = Type::kNumber,
           .fallback = StrCat(defaults.l2),
           .doc = "how much weights are held back; raise it for sparse data",
           .min = 0,
           .max = kMaxL2,
           .search = SearchRange{10, 5000, true}},
          {.key = "sign",
           .type = Type::kText,
           .fallback = defaults.positive ? "positive" : "any",
           .doc = "positive: items only speak for others; any: also against them, which is slower",
           .choices = {"positive", "any"}},
          {.key = "neighbours",
           .type = Type::kInt,
           .fallback = StrCat(defaults.neighbours),
           .doc = "how many weights into an item are kept, the largest",
           .min = 1,
           .max = kMaxNeighbours}};
}

std::unique_ptr<Model> TrainFrom(const TrainInput& in) {
  return TrainSlim(in.data,
                   {.l1 = in.Double("l1"),
                    .l2 = in.Double("l2"),
                    .positive = in.Text("sign") == "positive",
                    .neighbours = in.Int("neighbours"),
                    .threads = in.threads},
                   in.observer);
}

std::unique_ptr<Model> LoadFrom(const ModelReader& reader,
                                std::shared_ptr<const IdDictionary> items) {
  return ItemGraphModel::Load(kKind, reader, std::move(items));
}

}  // namespace

const ModelDefinition& SlimDefinition() {
  static const ModelDefinition definition = {
      .name = std::string(kType),
      .doc = "sparse linear model of items on items; near ease in quality, smaller, slow to train",
      .settings = Settings(),
      .train = TrainFrom,
      .load = LoadFrom};
  return definition;
}

}  // namespace marquee
