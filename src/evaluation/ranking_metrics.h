// Metrics of ranked lists. Pure functions; ranks count from 1, the best.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "evaluation/evaluate.h"
#include "interactions/interactions.h"

namespace marquee {

// The ranks in `list` at which `targets` (ascending) stand, ascending: all that the metrics at k
// need.
std::vector<int> HitRanks(std::span<const int32_t> list, std::span<const int32_t> targets);

// In each: `hit_ranks` as from HitRanks over a list of at least k (fewer when there are no more
// items), `num_targets` >= 1, k >= 1.
//
// hits in the first k / min(k, num_targets) (Liang et al. 2018).
double RecallAt(std::span<const int> hit_ranks, size_t num_targets, int k);
// sum over hits of 1 / log2(rank + 1), over that of the best possible order.
double NdcgAt(std::span<const int> hit_ranks, size_t num_targets, int k);
// 1 when there is a hit in the first k, else 0.
double HitRateAt(std::span<const int> hit_ranks, int k);
// hits in the first k / k.
double PrecisionAt(std::span<const int> hit_ranks, int k);
// sum over hits of the precision at their rank, over min(k, num_targets).
double AveragePrecisionAt(std::span<const int> hit_ranks, size_t num_targets, int k);

// The rank of the best of `targets` among all items but those in `masked`; equal scores rank by
// index, as kernels::TopK has them. 0 when no target has a number as its score. REQUIRES: columns
// ascending. O(items).
int64_t BestRank(std::span<const float> scores, std::span<const int32_t> masked,
                 std::span<const int32_t> targets);

// How unequal the counts are: 0 when all are the same, towards 1 when one has everything; 0 for
// counts that are all 0.
double GiniIndex(std::vector<int64_t> counts);
// The share of counts above 0.
double Coverage(std::span<const int64_t> counts);

// Mean and its standard error, s / sqrt(n); NaN for the error of fewer than two values. REQUIRES:
// at least one value.
MetricValue MeanOf(std::span<const double> values);

}  // namespace marquee
