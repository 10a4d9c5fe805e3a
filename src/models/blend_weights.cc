#include "models/blend_weights.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/thread_pool.h"
#include "models/training.h"

namespace marquee {
namespace {

constexpr double kFirstStep = 0.2;
constexpr int kHalvings = 4;

double Discount(int rank) { return 1 / std::log2(rank + 1.0); }

BlendSample::User SampleUser(const HeldOutUsers::User& user,
                             const std::vector<std::unique_ptr<Model>>& members, int candidates) {
  const auto n = static_cast<size_t>(members[0]->items().size());
  std::vector<std::vector<float>> scores;
  std::vector<int32_t> items;
  for (const std::unique_ptr<Model>& member : members) {
    std::vector<float> own(n);
    member->FoldWith(user.history(), user.features)->Score(own);
    const auto scale = static_cast<float>(BlendScale(own));
    for (float& score : own) score *= scale;
    std::vector<float> unseen = own;
    for (const int32_t seen : user.columns) unseen[static_cast<size_t>(seen)] = -INFINITY;
    for (const ScoredItem& best : BestItems(unseen, -1, candidates)) {
      if (!std::isinf(best.score)) items.push_back(best.item);
    }
    scores.push_back(std::move(own));
  }
  std::sort(items.begin(), items.end());
  items.erase(std::unique(items.begin(), items.end()), items.end());
  BlendSample::User sample;
  sample.targets = user.targets.size();
  for (const int32_t item : items) {
    for (const std::vector<float>& own : scores)
      sample.scores.push_back(own[static_cast<size_t>(item)]);
    sample.is_target.push_back(std::binary_search(user.targets.begin(), user.targets.end(), item));
  }
  return sample;
}

double UserNdcg(const BlendSample::User& user, std::span<const double> weights, int cutoff) {
  const size_t n = user.is_target.size();
  std::vector<std::pair<double, bool>> ranked(n);  // minus the score, then targets behind
  for (size_t c = 0; c < n; ++c) {
    double score = 0;
    for (size_t m = 0; m < weights.size(); ++m)
      score += weights[m] * double{user.scores[c * weights.size() + m]};
    ranked[c] = {-score, user.is_target[c]};
  }
  const auto length = std::min(n, static_cast<size_t>(cutoff));
  std::partial_sort(ranked.begin(), ranked.begin() + static_cast<std::ptrdiff_t>(length),
                    ranked.end());
  double gain = 0, ideal = 0;
  for (size_t rank = 0; rank < length; ++rank) {
    if (ranked[rank].second) gain += Discount(static_cast<int>(rank) + 1);
  }
  const int most = static_cast<int>(std::min(user.targets, static_cast<size_t>(cutoff)));
  for (int rank = 1; rank <= most; ++rank) ideal += Discount(rank);
  return ideal > 0 ? gain / ideal : 0;
}

}  // namespace

double BlendScale(std::span<const float> scores) {
  const auto n = static_cast<double>(scores.size());
  const double mean = std::accumulate(scores.begin(), scores.end(), 0.0) / n;
  double squares = 0;
  for (const float score : scores) squares += (double{score} - mean) * (double{score} - mean);
  const double deviation = std::sqrt(squares / n);
  // Below what float32 can tell apart, differences are rounding.
  return deviation > 1e-6 * std::abs(mean) && deviation > 1e-30 ? 1 / deviation : 0;
}

BlendSample SampleBlend(const HeldOutUsers& held_out,
                        const std::vector<std::unique_ptr<Model>>& members, int candidates,
                        int threads) {
  BlendSample sample;
  sample.members = members.size();
  sample.users.resize(held_out.users.size());
  ThreadPool pool(threads);
  pool.ParallelFor(static_cast<int64_t>(held_out.users.size()), 8,
                   [&](int64_t begin, int64_t end, int) {
                     for (auto u = static_cast<size_t>(begin); u < static_cast<size_t>(end); ++u)
                       sample.users[u] = SampleUser(held_out.users[u], members, candidates);
                   });
  return sample;
}

double BlendNdcg(const BlendSample& sample, std::span<const double> weights, int cutoff,
                 int threads) {
  if (sample.users.empty()) return 0;
  std::vector<double> gains(sample.users.size());
  ThreadPool pool(threads);
  pool.ParallelFor(static_cast<int64_t>(gains.size()), 16, [&](int64_t begin, int64_t end, int) {
    for (auto u = static_cast<size_t>(begin); u < static_cast<size_t>(end); ++u)
      gains[u] = UserNdcg(sample.users[u], weights, cutoff);
  });
  return std::accumulate(gains.begin(), gains.end(), 0.0) / static_cast<double>(gains.size());
}

std::vector<double> FitBlend(const BlendSample& sample, int cutoff, int threads,
                             const std::function<void()>& stopped) {
  const size_t n = sample.members;
  std::vector<double> best(n, 1.0 / static_cast<double>(n));
  if (sample.users.empty() || n == 1) return best;
  double best_ndcg = BlendNdcg(sample, best, cutoff, threads);
  const auto attempt = [&](const std::vector<double>& weights) {
    stopped();
    const double ndcg = BlendNdcg(sample, weights, cutoff, threads);
    if (ndcg <= best_ndcg) return false;
    best_ndcg = ndcg;
    best = weights;
    return true;
  };
  for (size_t m = 0; m < n; ++m) {
    std::vector<double> single(n);
    single[m] = 1;
    attempt(single);
  }
  double step = kFirstStep;
  for (int halvings = 0; halvings <= kHalvings; ++halvings, step /= 2) {
    for (bool moved = true; moved;) {
      moved = false;
      for (size_t pair = 0; pair < n * n; ++pair) {
        const size_t from = pair / n, to = pair % n;
        if (from == to || best[from] == 0) continue;
        std::vector<double> weights = best;
        const double part = std::min(step, weights[from]);
        weights[from] -= part;
        weights[to] += part;
        moved = attempt(weights) || moved;
      }
    }
  }
  return best;
}

}  // namespace marquee
