#include "evaluation/ranking_metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace marquee {
namespace {

double Gain(int rank) { return 1 / std::log2(rank + 1.0); }

// Hits at rank k or better.
std::span<const int> Within(std::span<const int> hit_ranks, int k) {
  const auto end = std::upper_bound(hit_ranks.begin(), hit_ranks.end(), k);
  return hit_ranks.first(static_cast<size_t>(end - hit_ranks.begin()));
}

// As many hits as k ranks could have.
int MostHits(size_t num_targets, int k) {
  return static_cast<int>(std::min(num_targets, static_cast<size_t>(k)));
}

}  // namespace

std::vector<int> HitRanks(std::span<const int32_t> list, std::span<const int32_t> targets) {
  std::vector<int> ranks;
  for (size_t i = 0; i < list.size(); ++i) {
    if (std::binary_search(targets.begin(), targets.end(), list[i]))
      ranks.push_back(static_cast<int>(i) + 1);
  }
  return ranks;
}

double RecallAt(std::span<const int> hit_ranks, size_t num_targets, int k) {
  return static_cast<double>(Within(hit_ranks, k).size()) / MostHits(num_targets, k);
}

double NdcgAt(std::span<const int> hit_ranks, size_t num_targets, int k) {
  double gain = 0, best = 0;
  for (const int rank : Within(hit_ranks, k)) gain += Gain(rank);
  for (int rank = 1; rank <= MostHits(num_targets, k); ++rank) best += Gain(rank);
  return gain / best;
}

double HitRateAt(std::span<const int> hit_ranks, int k) {
  return Within(hit_ranks, k).empty() ? 0 : 1;
}

double PrecisionAt(std::span<const int> hit_ranks, int k) {
  return static_cast<double>(Within(hit_ranks, k).size()) / k;
}

double AveragePrecisionAt(std::span<const int> hit_ranks, size_t num_targets, int k) {
  const auto hits = Within(hit_ranks, k);
  double sum = 0;
  for (size_t i = 0; i < hits.size(); ++i) sum += static_cast<double>(i + 1) / hits[i];
  return sum / MostHits(num_targets, k);
}

int64_t BestRank(std::span<const float> scores, std::span<const int32_t> masked,
                 std::span<const int32_t> targets) {
  const auto score = [&](int32_t item) { return scores[static_cast<size_t>(item)]; };
  int32_t best = -1;
  for (const int32_t target : targets) {
    if (!std::isnan(score(target)) && (best < 0 || score(target) > score(best))) best = target;
  }
  if (best < 0) return 0;
  const auto ahead = [&](int32_t item) {
    return score(item) > score(best) || (score(item) == score(best) && item < best);
  };
  int64_t rank = 1;
  for (int32_t item = 0; item < static_cast<int32_t>(scores.size()); ++item) rank += ahead(item);
  for (const int32_t item : masked) rank -= ahead(item);
  return rank;
}

double GiniIndex(std::vector<int64_t> counts) {
  std::sort(counts.begin(), counts.end());
  const auto n = static_cast<double>(counts.size());
  double total = 0, weighted = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    total += static_cast<double>(counts[i]);
    weighted += (2 * static_cast<double>(i + 1) - n - 1) * static_cast<double>(counts[i]);
  }
  return total == 0 ? 0 : weighted / (n * total);
}

double Coverage(std::span<const int64_t> counts) {
  const auto met = std::count_if(counts.begin(), counts.end(), [](int64_t n) { return n > 0; });
  return counts.empty() ? 0 : static_cast<double>(met) / static_cast<double>(counts.size());
}

MetricValue MeanOf(std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  if (values.size() < 2) return {mean, std::numeric_limits<double>::quiet_NaN()};
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return {mean, std::sqrt(squares / (n - 1) / n)};
}

}  // namespace marquee
