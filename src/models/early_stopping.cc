#include "models/early_stopping.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/random.h"
#include "base/thread_pool.h"

namespace marquee {
namespace {

constexpr size_t kFewest = 3;  // interactions of a user who can spare one
constexpr int64_t kCutoff = 10;

size_t NewestOf(const SparseRow& row) {
  const auto newest = std::max_element(row.times_s.rbegin(), row.times_s.rend());
  return static_cast<size_t>(row.times_s.rend() - newest) - 1;
}

// Items that are not in `history` and score at least as much as the target.
int64_t RankOf(int32_t target, const SparseRow& history, std::span<const float> scores) {
  const float own = scores[static_cast<size_t>(target)];
  int64_t rank = std::count_if(scores.begin(), scores.end(), [&](float s) { return !(s < own); });
  for (const int32_t item : history.columns) rank -= !(scores[static_cast<size_t>(item)] < own);
  return rank;  // 1-based: the target counts itself
}

}  // namespace

HeldOut HoldOutNewest(const Interactions& data, int32_t max_users, uint64_t seed) {
  std::vector<int32_t> users;
  for (int32_t user = 0; user < data.num_users(); ++user) {
    if (data.by_user().Row(user).size() >= kFewest) users.push_back(user);
  }
  Rng(seed).Shuffle(std::span(users));
  if (users.size() > static_cast<size_t>(max_users)) users.resize(static_cast<size_t>(max_users));
  std::vector<bool> chosen(static_cast<size_t>(data.num_users()));
  for (const int32_t user : users) chosen[static_cast<size_t>(user)] = true;

  HeldOut held_out;
  InteractionsBuilder builder(data.shared_users(), data.shared_items());
  builder.Reserve(data.nnz());
  for (int32_t user = 0; user < data.num_users(); ++user) {
    const SparseRow row = data.by_user().Row(user);
    const bool spares = chosen[static_cast<size_t>(user)];
    const size_t newest = spares ? NewestOf(row) : row.size();
    if (spares) held_out.targets.push_back({user, row.columns[newest]});
    for (size_t i = 0; i < row.size(); ++i) {
      if (i != newest) builder.Add(user, row.columns[i], row.values[i], row.times_s[i]);
    }
  }
  builder.SetContentOf(data);
  held_out.train = builder.Build();
  return held_out;
}

double HeldOutNdcg(const HeldOut& held_out, const ScoreFunction& score, int threads) {
  const auto n = static_cast<int64_t>(held_out.targets.size());
  if (n == 0) return 0;
  std::vector<double> gains(held_out.targets.size());
  ThreadPool pool(threads);
  pool.ParallelFor(n, 16, [&](int64_t begin, int64_t end, int) {
    std::vector<float> scores(static_cast<size_t>(held_out.train.num_items()));
    for (int64_t i = begin; i < end; ++i) {
      const auto [user, item] = held_out.targets[static_cast<size_t>(i)];
      const SparseRow history = held_out.train.by_user().Row(user);
      score(user, history, scores);
      const int64_t rank = RankOf(item, history, scores);
      if (rank <= kCutoff)
        gains[static_cast<size_t>(i)] = 1 / std::log2(static_cast<double>(rank) + 1);
    }
  });
  return std::accumulate(gains.begin(), gains.end(), 0.0) / static_cast<double>(n);
}

bool EarlyStopping::Improves(double value) {
  ++epoch_;
  ++since_best_;
  if (best_epoch_ > 0 && !(value > best_)) return false;
  best_ = value;
  best_epoch_ = epoch_;
  since_best_ = 0;
  return true;
}

}  // namespace marquee
