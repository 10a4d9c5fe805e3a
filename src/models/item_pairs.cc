#include "models/item_pairs.h"

#include <algorithm>
#include <vector>

#include "models/training.h"

namespace marquee {
namespace {

constexpr int64_t kItemsBetweenReports = 512;
constexpr int64_t kRowsBetweenStops = 1024;

// The common users of one item and all others; its memory serves one item after another.
class CommonUserCounter {
 public:
  CommonUserCounter(const Interactions& data, std::span<const double> user_weights)
      : data_(data),
        user_weights_(user_weights),
        counts_(static_cast<size_t>(data.num_items())),
        sums_(counts_.size()) {}

  std::vector<ScoredItem> Nearest(int32_t item, const PairWeight& weight, int neighbours) {
    met_.clear();
    for (const int32_t user : data_.by_item().Row(item).columns) Add(user);
    std::vector<ScoredItem> nearest;
    for (const int32_t other : met_) {
      const auto at = static_cast<size_t>(other);
      const CommonUsers common{other, counts_[at], sums_[at]};
      counts_[at] = 0;
      sums_[at] = 0;
      if (other == item) continue;
      const auto value = static_cast<float>(weight(item, common));
      if (value > 0) nearest.push_back({other, value});
    }
    return Largest(std::move(nearest), neighbours);
  }

 private:
  void Add(int32_t user) {
    const double weight = user_weights_[static_cast<size_t>(user)];
    for (const int32_t other : data_.by_user().Row(user).columns) {
      const auto at = static_cast<size_t>(other);
      if (counts_[at]++ == 0) met_.push_back(other);
      sums_[at] += weight;
    }
  }

  const Interactions& data_;
  const std::span<const double> user_weights_;
  std::vector<int32_t> counts_;  // 0 between two items
  std::vector<double> sums_;
  std::vector<int32_t> met_;
};

}  // namespace

ItemGraph NearestItems(const Interactions& data, std::span<const double> user_weights,
                       const PairWeight& weight, const PairPlan& plan, TrainObserver& observer) {
  const int64_t n = data.num_items();
  const auto blocks = static_cast<int>((n + kItemsBetweenReports - 1) / kItemsBetweenReports);
  ThreadPool pool(plan.threads);
  std::vector<CommonUserCounter> counters(static_cast<size_t>(pool.threads()),
                                          CommonUserCounter(data, user_weights));
  ItemGraph::Lists nearest(static_cast<size_t>(n));
  for (int block = 0; block < blocks; ++block) {
    ThrowIfStopped(observer, plan.model_type);
    const int64_t first = block * kItemsBetweenReports;
    const int64_t count = std::min(kItemsBetweenReports, n - first);
    pool.ParallelFor(count, 8, [&](int64_t begin, int64_t end, int worker) {
      for (int64_t item = first + begin; item < first + end; ++item) {
        nearest[static_cast<size_t>(item)] = counters[static_cast<size_t>(worker)].Nearest(
            static_cast<int32_t>(item), weight, plan.neighbours);
      }
    });
    observer.OnEpoch({.epoch = block + 1, .epochs = blocks});
  }
  return ItemGraph::FromTargets(nearest);
}

namespace {

// Of the pairs of `item` with itself and later items.
void CountRow(const Interactions& data, int32_t item, std::span<float> row) {
  for (const int32_t user : data.by_item().Row(item).columns) {
    const std::span<const int32_t> history = data.by_user().Row(user).columns;
    for (auto at = std::lower_bound(history.begin(), history.end(), item); at != history.end();
         ++at)
      row[static_cast<size_t>(*at)] += 1;
  }
}

// The upper triangle's values below the diagonal too. Block by block, for the cache.
void MirrorUpper(ThreadPool& pool, kernels::Matrix* matrix) {
  constexpr size_t kBlock = 64;
  const size_t n = matrix->rows();
  pool.ParallelFor(static_cast<int64_t>(n), kBlock, [&](int64_t begin, int64_t end, int) {
    for (size_t columns = 0; columns < static_cast<size_t>(end); columns += kBlock) {
      for (auto r = static_cast<size_t>(begin); r < static_cast<size_t>(end); ++r) {
        const std::span<float> row = matrix->Row(r);
        for (size_t c = columns; c < std::min(columns + kBlock, r); ++c) row[c] = matrix->Row(c)[r];
      }
    }
  });
}

}  // namespace

// A row stays in the cache while its users' histories are added to it; rows are independent, so
// threads cannot change the result.
void CountPairs(const Interactions& data, std::string_view model_type, ThreadPool& pool,
                const TrainObserver& observer, kernels::Matrix* counts) {
  for (int64_t first = 0; first < data.num_items(); first += kRowsBetweenStops) {
    ThrowIfStopped(observer, model_type);
    const int64_t count = std::min(kRowsBetweenStops, data.num_items() - first);
    pool.ParallelFor(count, 8, [&](int64_t begin, int64_t end, int) {
      for (int64_t item = first + begin; item < first + end; ++item)
        CountRow(data, static_cast<int32_t>(item), counts->Row(static_cast<size_t>(item)));
    });
  }
  MirrorUpper(pool, counts);
}

}  // namespace marquee
