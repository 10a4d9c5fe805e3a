// item-knn: titles met by the same people as those of the history (Sarwar et al. 2001, "Item-based
// collaborative filtering recommendation algorithms"; shrinkage by Bell and Koren 2007).
#pragma once

#include <memory>

#include "models/definition.h"
#include "models/item_graph.h"
#include "models/likeness.h"

namespace marquee {

struct ItemKnnOptions {
  Weighting weighting = Weighting::kTfIdf;  // cosine where heavy users are experts, not collectors
  double shrinkage = 0;                     // raise for sparse data; 0..1e6
  int neighbours = 100;                     // of each item; more smooths, 8 bytes each; 1..100,000
  int threads = 1;
};

// The weight from h to item is the likeness of the two sets of users who met them (likeness.h),
// kept for the `neighbours` items most alike; a score is their sum over the history.
//
// O(sum over users of |history|^2) time. Same data and options: same bytes, for any number of
// threads. Throws invalid_argument for empty data or an option out of range; cancelled.
std::unique_ptr<ItemGraphModel> TrainItemKnn(const Interactions& data,
                                             const ItemKnnOptions& options,
                                             TrainObserver& observer);

const ModelDefinition& ItemKnnDefinition();

}  // namespace marquee
