// rp3beta: where a random walk from the history ends after three steps, popular ends held back
// (Paudel et al. 2017, "Updatable, accurate, diverse, and scalable recommendations for interactive
// applications"; the exponent alpha by Cooper et al. 2014).
#pragma once

#include <memory>

#include "models/definition.h"
#include "models/item_graph.h"

namespace marquee {

struct Rp3BetaOptions {
  double alpha = 0.8;    // of every transition; below 1 trusts heavy users and popular titles more;
                         // 0..3
  double beta = 0.5;     // raise to show less popular titles; 0..3
  int neighbours = 150;  // of each item; 1..100,000
  int threads = 1;
};

// The weight from h to item is n_h^-alpha n_item^-beta times the sum of n_u^-alpha over the users
// u who met both, n being how many interactions each has; kept for the `neighbours` largest into
// each item. The first step, from the user to h, is the same for every h and left out.
//
// Cost, determinism and errors as TrainItemKnn.
std::unique_ptr<ItemGraphModel> TrainRp3Beta(const Interactions& data,
                                             const Rp3BetaOptions& options,
                                             TrainObserver& observer);

const ModelDefinition& Rp3BetaDefinition();

}  // namespace marquee
