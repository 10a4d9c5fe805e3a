// What pairs of items have in common: the users who met both.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "base/thread_pool.h"
#include "interactions/interactions.h"
#include "kernels/matrix.h"
#include "models/item_graph.h"

namespace marquee {

struct CommonUsers {
  int32_t other;  // the other item
  int32_t count;  // users who met both, at least 1
  double sum;     // of their weights
};

// How much `common.other` speaks for `item`; 0 or less: not at all.
using PairWeight = std::function<double(int32_t item, const CommonUsers& common)>;

struct PairPlan {
  std::string_view model_type;
  int neighbours;  // kept of each item, those with the largest weights
  int threads;
};

// The graph of the nearest items by `weight`. Each item is worked on by one thread, so threads
// cannot change the result. O(sum over users of |history|^2) time; reports its blocks of items as
// epochs; throws cancelled. REQUIRES: a user weight for each user.
ItemGraph NearestItems(const Interactions& data, std::span<const double> user_weights,
                       const PairWeight& weight, const PairPlan& plan, TrainObserver& observer);

// counts[i][j] = how many users met both i and j; the diagonal is i's popularity. Whole numbers,
// exact in float32 up to 16 million users. O(sum over users of |history|^2); throws cancelled.
// REQUIRES: `counts` is 0 and has a row and a column for each item.
void CountPairs(const Interactions& data, std::string_view model_type, ThreadPool& pool,
                const TrainObserver& observer, kernels::Matrix* counts);

}  // namespace marquee
