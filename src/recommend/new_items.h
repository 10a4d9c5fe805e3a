// A model that also ranks titles which it was not trained on.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "models/model.h"
#include "recommend/catalog.h"

namespace marquee {

// The titles of `catalog` beyond the rows of `model` are scored as the titles that are nearest to
// them by content are, on average over up to 20 of them (attribute-to-latent mapping by nearest
// neighbours: Gantner et al. 2010, "Learning attribute-to-feature mappings for cold-start
// recommendations"); one without a near title scores as the lowest. Nearness: Jaccard's index of
// the genres, less a twentieth a decade between the years. All else is the model's own.
// O(new titles x titles) to make, O(new titles) to score.
std::shared_ptr<const Model> WithNewItems(std::shared_ptr<const Model> model,
                                          const Catalog& catalog);

}  // namespace marquee
