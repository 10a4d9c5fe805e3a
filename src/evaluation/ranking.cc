#include "evaluation/ranking.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "evaluation/ranking_metrics.h"
#include "kernels/top_k.h"

namespace marquee {
namespace {

constexpr int kListLength = 100;
constexpr int64_t kUsersBetweenReports = 256;
constexpr double kNoError = std::numeric_limits<double>::quiet_NaN();

struct Segment {
  const char* name;
  size_t fewest, most;  // items of the history
};
constexpr size_t kAny = std::numeric_limits<size_t>::max();
constexpr Segment kSegments[] = {
    {"cold", 0, 0}, {"new", 1, 9}, {"light", 10, 49}, {"heavy", 50, kAny}, {"known", 1, kAny}};

const std::vector<std::string>& MetricNames() {
  static const std::vector<std::string> names = {"recall@20", "recall@50",   "ndcg@100",
                                                 "ndcg@10",   "hit_rate@10", "precision@10",
                                                 "map@100",   "mrr",         "novelty@100"};
  return names;
}

// In the order of MetricNames.
std::vector<double> MetricsOf(std::span<const int> hits, size_t num_targets, int64_t best_rank,
                              double novelty) {
  return {RecallAt(hits, num_targets, 20),
          RecallAt(hits, num_targets, 50),
          NdcgAt(hits, num_targets, 100),
          NdcgAt(hits, num_targets, 10),
          HitRateAt(hits, 10),
          PrecisionAt(hits, 10),
          AveragePrecisionAt(hits, num_targets, 100),
          best_rank == 0 ? 0 : 1 / static_cast<double>(best_rank),
          novelty};
}

// -log2 of the share of users who met each item; one that nobody met counts as met once.
std::vector<double> NoveltyOfItems(const Interactions& train) {
  std::vector<double> novelty;
  for (int32_t item = 0; item < train.num_items(); ++item) {
    const auto met = static_cast<double>(std::max<size_t>(train.by_item().Row(item).size(), 1));
    novelty.push_back(-std::log2(met / train.num_users()));
  }
  return novelty;
}

// Ranks user after user; each worker has its own scratch.
class Ranker {
 public:
  Ranker(const Model& model, const RankingSplit& split, size_t workers)
      : model_(model), split_(split), novelty_(NoveltyOfItems(split.train)), scratch_(workers) {
    for (Scratch& scratch : scratch_) {
      scratch.scores.resize(static_cast<size_t>(split.train.num_items()));
      scratch.times_shown.resize(scratch.scores.size());
    }
  }

  std::vector<double> Rank(int32_t user, size_t worker) {
    Scratch& scratch = scratch_[worker];
    const SparseRow history = split_.fold_in.Row(user);
    const auto targets = split_.targets.Row(user).columns;
    const std::span<const std::string> features = split_.FeaturesOf(user);
    if (features.empty()) {
      model_.Score(history, scratch.scores);
    } else {
      model_.FoldWith(history, features)->Score(scratch.scores);
    }
    std::vector<int32_t> list;
    double novelty = 0;
    for (const auto& [item, score] : kernels::TopK(scratch.scores, kListLength, history.columns)) {
      list.push_back(item);
      novelty += novelty_[static_cast<size_t>(item)];
      ++scratch.times_shown[static_cast<size_t>(item)];
    }
    const double mean_novelty = list.empty() ? 0 : novelty / static_cast<double>(list.size());
    return MetricsOf(HitRanks(list, targets), targets.size(),
                     BestRank(scratch.scores, history.columns, targets), mean_novelty);
  }

  // How often each item stood in a list.
  std::vector<int64_t> TimesShown() const {
    std::vector<int64_t> total(static_cast<size_t>(split_.train.num_items()));
    for (const Scratch& scratch : scratch_) {
      for (size_t i = 0; i < total.size(); ++i) total[i] += scratch.times_shown[i];
    }
    return total;
  }

 private:
  struct Scratch {
    std::vector<float> scores;
    std::vector<int64_t> times_shown;
  };
  const Model& model_;
  const RankingSplit& split_;
  const std::vector<double> novelty_;
  std::vector<Scratch> scratch_;
};

// The means over the chosen users.
std::map<std::string, MetricValue> Means(const PerUser& users, std::span<const size_t> chosen) {
  std::map<std::string, MetricValue> means;
  std::vector<double> column(chosen.size());
  for (size_t metric = 0; metric < users.names.size(); ++metric) {
    for (size_t i = 0; i < chosen.size(); ++i) column[i] = users.values[chosen[i]][metric];
    means[users.names[metric]] = MeanOf(column);
  }
  return means;
}

std::vector<size_t> UsersWith(const PerUser& users, size_t fewest, size_t most) {
  std::vector<size_t> chosen;
  for (size_t user = 0; user < users.histories.size(); ++user) {
    if (users.histories[user] >= fewest && users.histories[user] <= most) chosen.push_back(user);
  }
  return chosen;
}

}  // namespace

void ForEach(const ProtocolRun& run, std::string_view stage, int64_t n,
             const std::function<void(int64_t index, size_t worker)>& body) {
  ThreadPool pool(std::max(run.request.train.threads, 1));
  for (int64_t begin = 0; begin < n; begin += kUsersBetweenReports) {
    if (run.observer.ShouldStop())
      throw Error(Code::kCancelled,
                  StrCat("evaluation of ", run.request.train.type, " was stopped"));
    run.progress.Update(stage, static_cast<double>(begin) / static_cast<double>(n), "");
    const int64_t count = std::min(kUsersBetweenReports, n - begin);
    pool.ParallelFor(count, 8, [&](int64_t first, int64_t last, int worker) {
      for (int64_t i = first; i < last; ++i) body(begin + i, static_cast<size_t>(worker));
    });
  }
  run.progress.Update(stage, 1, "");
}

void Summarize(const PerUser& users, EvaluateResult& result) {
  result.users = static_cast<int64_t>(users.values.size());
  result.metrics = Means(users, UsersWith(users, 0, kAny));
  for (size_t m = 0; m < users.names.size(); ++m) {
    std::vector<double>& column = result.by_user[users.names[m]];
    for (const std::vector<double>& row : users.values) column.push_back(row[m]);
  }
  for (const Segment& segment : kSegments) {
    const std::vector<size_t> chosen = UsersWith(users, segment.fewest, segment.most);
    const bool says_nothing = segment.fewest == 1 && segment.most == kAny &&
                              chosen.size() == users.values.size();  // all are known
    if (chosen.empty() || says_nothing) continue;
    result.segments[segment.name] = {static_cast<int64_t>(chosen.size()), Means(users, chosen)};
  }
}

void RequireUsers(const ProtocolRun& run, const RankingSplit& split) {
  if (split.targets.num_rows() > 0) return;
  throw TooFewUsers(StrCat(run.request.protocol, " leaves no users to score in the ",
                           run.request.segment, " segment of ", run.data.nnz(), " interactions"),
                    "take more data or a lower min_rating");
}

void EvaluateRanking(const ProtocolRun& run, const RankingSplit& split, EvaluateResult& result) {
  RequireUsers(run, split);
  RankWith(run, split, *run.Train(split.train), result);
}

void RankWith(const ProtocolRun& run, const RankingSplit& split, const Model& model,
              EvaluateResult& result) {
  const int32_t n = split.targets.num_rows();
  Ranker ranker(model, split, static_cast<size_t>(std::max(run.request.train.threads, 1)));
  PerUser users{MetricNames(), std::vector<std::vector<double>>(static_cast<size_t>(n)), {}};
  ForEach(run, "rank " + run.request.train.type, n, [&](int64_t user, size_t worker) {
    users.values[static_cast<size_t>(user)] = ranker.Rank(static_cast<int32_t>(user), worker);
  });
  for (int32_t user = 0; user < n; ++user)
    users.histories.push_back(split.fold_in.Row(user).size());
  Summarize(users, result);
  const std::vector<int64_t> shown = ranker.TimesShown();
  result.metrics["coverage@100"] = {Coverage(shown), kNoError};
  result.metrics["gini@100"] = {GiniIndex(shown), kNoError};
  result.items = split.train.num_items();
  result.interactions = split.train.nnz();
}

}  // namespace marquee
