#include "models/markov.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/text.h"
#include "base/thread_pool.h"
#include "models/model_file.h"
#include "models/training.h"

namespace marquee {
namespace {

constexpr std::string_view kType = "markov";
constexpr int kMaxSteps = 100;
constexpr double kMinSmoothing = 1e-3;
constexpr double kMaxSmoothing = 1e6;
constexpr int kMaxNeighbours = 100'000;
constexpr int64_t kItemsBetweenReports = 4096;

// The items of a history from the first to the last; of equal times, ascending.
std::vector<int32_t> InTimeOrder(const SparseRow& history) {
  std::vector<std::pair<int64_t, int32_t>> order;
  for (size_t i = 0; i < history.size(); ++i)
    order.emplace_back(history.times_s[i], history.columns[i]);
  std::sort(order.begin(), order.end());
  std::vector<int32_t> items;
  for (const auto& [time_s, item] : order) items.push_back(item);
  return items;
}

// Every user's items in time order, and where each of them stands.
class Sequences {
 public:
  Sequences(const Interactions& data, ThreadPool& pool)
      : sequences_(static_cast<size_t>(data.num_users())) {
    pool.ParallelFor(data.num_users(), 64, [&](int64_t begin, int64_t end, int) {
      for (int64_t user = begin; user < end; ++user) {
        sequences_[static_cast<size_t>(user)] =
            InTimeOrder(data.by_user().Row(static_cast<int32_t>(user)));
      }
    });
    places_.resize(static_cast<size_t>(data.num_items()));
    for (size_t user = 0; user < sequences_.size(); ++user) {
      for (size_t at = 0; at < sequences_[user].size(); ++at)
        places_[static_cast<size_t>(sequences_[user][at])].push_back({user, at});
    }
  }

  // Calls add(follower, distance) for each of up to `steps` items after each occurrence of `item`.
  template <typename Add>
  void ForEachFollower(int32_t item, int steps, const Add& add) const {
    for (const auto& [user, at] : places_[static_cast<size_t>(item)]) {
      const std::vector<int32_t>& sequence = sequences_[user];
      const size_t end = std::min(sequence.size(), at + static_cast<size_t>(steps) + 1);
      for (size_t next = at + 1; next < end; ++next) add(sequence[next], next - at);
    }
  }

 private:
  struct Place {
    size_t user;
    size_t at;
  };
  std::vector<std::vector<int32_t>> sequences_;
  std::vector<std::vector<Place>> places_;  // of each item
};

// The followers of one item after another.
class FollowerCounter {
 public:
  FollowerCounter(const Sequences& sequences, const MarkovOptions& options, int32_t num_items)
      : sequences_(sequences), options_(options), counts_(static_cast<size_t>(num_items)) {}

  // C_ab / (C_a + smoothing), the largest, and the backoff.
  std::vector<ScoredItem> Count(int32_t item, float* backoff) {
    met_.clear();
    double total = 0;
    sequences_.ForEachFollower(item, options_.steps, [&](int32_t follower, size_t distance) {
      double& count = counts_[static_cast<size_t>(follower)];
      if (count == 0) met_.push_back(follower);
      count += 1 / static_cast<double>(distance);
      total += 1 / static_cast<double>(distance);
    });
    std::vector<ScoredItem> followers;
    for (const int32_t follower : met_) {
      double& count = counts_[static_cast<size_t>(follower)];
      followers.push_back({follower, static_cast<float>(count / (total + options_.smoothing))});
      count = 0;
    }
    *backoff = static_cast<float>(options_.smoothing / (total + options_.smoothing));
    return Largest(std::move(followers), options_.neighbours);
  }

 private:
  const Sequences& sequences_;
  const MarkovOptions& options_;
  std::vector<double> counts_;  // 0 between two items
  std::vector<int32_t> met_;
};

void RequireOptions(const MarkovOptions& options) {
  RequireRange("steps", options.steps, 1, kMaxSteps);
  RequireRange("decay", options.decay, 0, 1);
  RequireRange("smoothing", options.smoothing, kMinSmoothing, kMaxSmoothing);
  RequireRange("neighbours", options.neighbours, 1, kMaxNeighbours);
}

}  // namespace

std::unique_ptr<MarkovModel> TrainMarkov(const Interactions& data, const MarkovOptions& options,
                                         TrainObserver& observer) {
  RequireOptions(options);
  RequireInteractions(data, kType);
  ThrowIfStopped(observer, kType);
  const int64_t n = data.num_items();
  std::unique_ptr<MarkovModel> model(new MarkovModel(data.shared_items()));
  model->options_ = options;
  model->MeasurePopularity(data);
  model->backoff_.resize(static_cast<size_t>(n));
  ThreadPool pool(options.threads);
  const Sequences sequences(data, pool);
  std::vector<FollowerCounter> counters(static_cast<size_t>(pool.threads()),
                                        FollowerCounter(sequences, options, data.num_items()));
  ItemGraph::Lists followers(static_cast<size_t>(n));
  const auto blocks = static_cast<int>((n + kItemsBetweenReports - 1) / kItemsBetweenReports);
  for (int block = 0; block < blocks; ++block) {
    ThrowIfStopped(observer, kType);
    const int64_t first = block * kItemsBetweenReports;
    const int64_t count = std::min(kItemsBetweenReports, n - first);
    pool.ParallelFor(count, 32, [&](int64_t begin, int64_t end, int worker) {
      for (auto item = static_cast<size_t>(first + begin); item < static_cast<size_t>(first + end);
           ++item) {
        followers[item] = counters[static_cast<size_t>(worker)].Count(static_cast<int32_t>(item),
                                                                      &model->backoff_[item]);
      }
    });
    observer.OnEpoch({.epoch = block + 1, .epochs = blocks});
  }
  model->graph_ = ItemGraph::FromSources(followers);
  return model;
}

void MarkovModel::MeasurePopularity(const Interactions& data) {
  for (int32_t item = 0; item < data.num_items(); ++item) {
    const auto count = static_cast<double>(data.by_item().Row(item).size());
    popularity_.push_back(static_cast<float>(count / static_cast<double>(data.nnz())));
  }
}

std::vector<ScoredItem> MarkovModel::ByRecency(const SparseRow& history) const {
  const std::vector<int32_t> order = InTimeOrder(KnownItems(history, items().size()));
  std::vector<ScoredItem> weighed;
  double weight = 1;
  for (size_t i = order.size(); i > 0; --i) {
    weighed.push_back({order[i - 1], static_cast<float>(weight)});
    weight *= options_.decay;
  }
  return weighed;
}

float MarkovModel::Backoff(int32_t past, int32_t item) const {
  return backoff_[static_cast<size_t>(past)] * popularity_[static_cast<size_t>(item)];
}

void MarkovModel::Score(const SparseRow& history, std::span<float> scores) const {
  const std::vector<ScoredItem> weighed = ByRecency(history);
  float backoff = 0;
  for (const auto& [past, weight] : weighed)
    backoff += weight * backoff_[static_cast<size_t>(past)];
  for (size_t item = 0; item < scores.size(); ++item) scores[item] = backoff * popularity_[item];
  for (const auto& [past, weight] : weighed) {
    if (weight > 0) graph_.AddTo(scores, past, weight);
  }
}

std::vector<ScoredItem> MarkovModel::SimilarItems(int32_t item, int k) const {
  std::vector<float> next(popularity_.size());
  for (size_t other = 0; other < next.size(); ++other)
    next[other] = Backoff(item, static_cast<int32_t>(other));
  graph_.AddTo(next, item, 1);
  return BestItems(next, item, k);
}

std::vector<ScoredItem> MarkovModel::Explain(const SparseRow& history, int32_t item, int k) const {
  std::vector<ScoredItem> parts = ByRecency(history);
  for (auto& [past, score] : parts) score *= graph_.Weight(past, item) + Backoff(past, item);
  return Largest(std::move(parts), k);
}

std::unique_ptr<Model> MarkovModel::PartialFit(const Interactions& data, int threads,
                                               TrainObserver& observer) const {
  MarkovOptions options = options_;
  options.threads = threads;
  return TrainMarkov(data, options, observer);
}

void MarkovModel::Save(ModelWriter& writer) const {
  writer.SetSettings(Json::MakeObject({{"steps", options_.steps},
                                       {"decay", options_.decay},
                                       {"smoothing", options_.smoothing},
                                       {"neighbours", options_.neighbours}}));
  graph_.Save(writer);
  writer.Add("backoff", backoff_, {items().size()});
  writer.Add("popularity", popularity_, {items().size()});
}

std::unique_ptr<MarkovModel> MarkovModel::Load(const ModelReader& reader,
                                               std::shared_ptr<const IdDictionary> items) {
  std::unique_ptr<MarkovModel> model(new MarkovModel(std::move(items)));
  const int64_t n = model->items().size();
  model->options_ = {.steps = static_cast<int>(reader.SettingInt("steps")),
                     .decay = reader.SettingDouble("decay"),
                     .smoothing = reader.SettingDouble("smoothing"),
                     .neighbours = static_cast<int>(reader.SettingInt("neighbours"))};
  model->graph_ = ItemGraph::Load(reader, n);
  const std::span<const float> backoff = reader.Floats("backoff", {n});
  const std::span<const float> popularity = reader.Floats("popularity", {n});
  model->backoff_.assign(backoff.begin(), backoff.end());
  model->popularity_.assign(popularity.begin(), popularity.end());
  return model;
}

namespace {

std::vector<SettingSpec> Settings() {
  using Type = SettingSpec::Type;
  const MarkovOptions defaults;
  return {{.key = "steps",
           .type = Type::kInt,
           .fallback = StrCat(defaults.steps),
           .doc = "how many next items follow one, the d-th by 1 / d; more where times are coarse",
           .min = 1,
           .max = kMaxSteps,
           .search = SearchRange{1, 10}},
          {.key = "decay",
           .type = Type::kNumber,
           .fallback = StrCat(defaults.decay),
           .doc = "weight of each item of a history over that of the next; low: the moment decides",
           .min = 0,
           .max = 1,
           .search = SearchRange{0.3, 0.99}},
          {.key = "smoothing",
           .type = Type::kNumber,
           .fallback = StrCat(defaults.smoothing),
           .doc = "transitions by popularity on top of the counted; raise it for sparse data",
           .min = kMinSmoothing,
           .max = kMaxSmoothing,
           .search = SearchRange{0.1, 1000, true}},
          {.key = "neighbours",
           .type = Type::kInt,
           .fallback = StrCat(defaults.neighbours),
           .doc = "followers kept of each item; more costs memory and time",
           .min = 1,
           .max = kMaxNeighbours}};
}

std::unique_ptr<Model> TrainFrom(const TrainInput& in) {
  return TrainMarkov(in.data,
                     {.steps = in.Int("steps"),
                      .decay = in.Double("decay"),
                      .smoothing = in.Double("smoothing"),
                      .neighbours = in.Int("neighbours"),
                      .threads = in.threads},
                     in.observer);
}

}  // namespace

const ModelDefinition& MarkovDefinition() {
  static const ModelDefinition definition = {
      .name = std::string(kType),
      .doc = "what people turn to after what they met last; follows the moment, trains in a second",
      .settings = Settings(),
      .train = TrainFrom,
      .load = LoadAs<MarkovModel>};
  return definition;
}

}  // namespace marquee
