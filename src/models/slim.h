// slim: a sparse linear model of items on items (Ning and Karypis 2011, "SLIM: Sparse Linear
// Methods for Top-N Recommender Systems").
#pragma once

#include <cstdint>
#include <memory>

#include "models/definition.h"
#include "models/item_graph.h"

namespace marquee {

struct SlimOptions {
  double l1 = 2;         // makes weights 0; raise for a smaller model; 0..1e6
  double l2 = 200;       // holds weights back; raise for sparse data; 0..1e9
  bool positive = true;  // no weight below 0; false: also what speaks against an item
  int neighbours = 500;  // of each item, those of the largest size; 1..100,000
  int threads = 1;
  int64_t memory_bytes = 0;  // what training may take; 0: what the machine has free
};

// The weights w into item j minimise |x_j - X w|^2 / 2 + l2 |w|^2 / 2 + l1 |w|_1 with w_j = 0,
// where X is who met what: the elastic net, by coordinate descent on X'X. A score is the sum of the
// weights over the history.
//
// Cost: O(sum over users of |history|^2 + changes of a weight * items) time; in training 4 bytes
// times the square of the number of items. Same data and options: same bytes, for any number of
// threads. Throws invalid_argument for empty data or an option out of range; resource_exhausted,
// before any work, when X'X would not fit in memory; cancelled.
std::unique_ptr<ItemGraphModel> TrainSlim(const Interactions& data, const SlimOptions& options,
                                          TrainObserver& observer);

const ModelDefinition& SlimDefinition();

}  // namespace marquee
