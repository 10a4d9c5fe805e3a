// Gold tables as what models and serving work with.
#pragma once

#include <vector>

#include "interactions/interactions.h"
#include "lake/lake.h"
#include "recommend/catalog.h"

namespace marquee {

struct GoldData {
  Interactions interactions;       // user and item rows are those of gold.users and gold.items
  std::vector<CatalogItem> items;  // index = item row
  std::vector<lake::TableVersion> versions;  // of the tables that were read
};

// The tables that ReadGold reads, as they are now.
std::vector<lake::TableVersion> GoldVersions(const lake::Lake& lake);

// Reads gold.interactions, gold.users and gold.items at `versions` (of GoldVersions, or of a
// model's manifest). Throws not_found for a version that is gone, data_loss when the rows of the
// tables do not fit together. About 0.3 s and 40 bytes of memory an interaction for 1 M
// interactions.
GoldData ReadGold(lake::Session& session, const lake::Lake& lake,
                  const std::vector<lake::TableVersion>& versions);

}  // namespace marquee
