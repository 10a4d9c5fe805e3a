#include "models/early_stopping.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/random.h"
#include "base/thread_pool.h"

namespace marquee {
namespace {

constexpr size_t kFewest = 3;  // interactions of a user who can spare one
constexpr size_t kFewestForShare = 5;
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

double Discount(int64_t rank) { return 1 / std::log2(static_cast<double>(rank) + 1); }

double NdcgOf(std::span<const HeldOut::Target> targets, const SparseRow& history,
              std::span<const float> scores) {
  double gain = 0, ideal = 0;
  for (size_t i = 0; i < targets.size(); ++i) {
    const int64_t rank = RankOf(targets[i].item, history, scores);
    if (rank <= kCutoff) gain += Discount(rank);
    if (i < static_cast<size_t>(kCutoff)) ideal += Discount(static_cast<int64_t>(i) + 1);
  }
  return gain / ideal;
}

// The targets of each user.
std::vector<std::span<const HeldOut::Target>> ByUser(std::span<const HeldOut::Target> targets) {
  std::vector<std::span<const HeldOut::Target>> users;
  for (size_t first = 0; first < targets.size(); first += users.back().size()) {
    size_t count = 1;
    while (first + count < targets.size() && targets[first + count].user == targets[first].user)
      ++count;
    users.push_back(targets.subspan(first, count));
  }
  return users;
}

// Up to `max_users` of those who have at least `fewest` interactions.
std::vector<bool> ChooseUsers(const Interactions& data, size_t fewest, int32_t max_users,
                              uint64_t seed) {
  std::vector<int32_t> users;
  for (int32_t user = 0; user < data.num_users(); ++user) {
    if (data.by_user().Row(user).size() >= fewest) users.push_back(user);
  }
  Rng(seed).Shuffle(std::span(users));
  if (users.size() > static_cast<size_t>(max_users)) users.resize(static_cast<size_t>(max_users));
  std::vector<bool> chosen(static_cast<size_t>(data.num_users()));
  for (const int32_t user : users) chosen[static_cast<size_t>(user)] = true;
  return chosen;
}

// Without the interactions at the positions, ascending, that `out_of` gives of each user's row.
template <typename OutOf>
HeldOut Split(const Interactions& data, const OutOf& out_of) {
  HeldOut held_out;
  InteractionsBuilder builder(data.shared_users(), data.shared_items());
  builder.Reserve(data.nnz());
  for (int32_t user = 0; user < data.num_users(); ++user) {
    const SparseRow row = data.by_user().Row(user);
    const std::vector<size_t> out = out_of(user);
    for (size_t i = 0; i < row.size(); ++i) {
      if (std::ranges::binary_search(out, i)) {
        held_out.targets.push_back({user, row.columns[i]});
      } else {
        builder.Add(user, row.columns[i], row.values[i], row.times_s[i]);
      }
    }
  }
  builder.SetContentOf(data);
  held_out.train = builder.Build();
  return held_out;
}

}  // namespace

HeldOut HoldOutNewest(const Interactions& data, int32_t max_users, uint64_t seed) {
  const std::vector<bool> chosen = ChooseUsers(data, kFewest, max_users, seed);
  return Split(data, [&](int32_t user) {
    std::vector<size_t> out;
    if (chosen[static_cast<size_t>(user)]) out.push_back(NewestOf(data.by_user().Row(user)));
    return out;
  });
}

HeldOut HoldOutShare(const Interactions& data, int32_t max_users, double share, uint64_t seed) {
  const std::vector<bool> chosen = ChooseUsers(data, kFewestForShare, max_users, seed);
  const Rng rng(seed);
  return Split(data, [&](int32_t user) {
    std::vector<size_t> out;
    if (!chosen[static_cast<size_t>(user)]) return out;
    out.resize(data.by_user().Row(user).size());
    std::iota(out.begin(), out.end(), size_t{0});
    rng.Fork(static_cast<uint64_t>(user)).Shuffle(std::span(out));
    out.resize(std::max<size_t>(1, static_cast<size_t>(share * static_cast<double>(out.size()))));
    std::ranges::sort(out);
    return out;
  });
}

double HeldOutNdcg(const HeldOut& held_out, const ScoreFunction& score, int threads) {
  const std::vector<std::span<const HeldOut::Target>> users = ByUser(held_out.targets);
  if (users.empty()) return 0;
  std::vector<double> ndcg(users.size());
  ThreadPool pool(threads);
  pool.ParallelFor(static_cast<int64_t>(users.size()), 16, [&](int64_t begin, int64_t end, int) {
    std::vector<float> scores(static_cast<size_t>(held_out.train.num_items()));
    for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
      const SparseRow history = held_out.train.by_user().Row(users[i].front().user);
      score(users[i].front().user, history, scores);
      ndcg[i] = NdcgOf(users[i], history, scores);
    }
  });
  return std::accumulate(ndcg.begin(), ndcg.end(), 0.0) / static_cast<double>(users.size());
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
