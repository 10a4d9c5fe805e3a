// The quality report of a load, made from the tables as they are after it.
#pragma once

#include <optional>

#include "lake/lake.h"
#include "lake/quality.h"
#include "pipelines/import.h"

namespace marquee {

// gold.users and gold.items before a load; nothing where there was none.
struct GoldBefore {
  std::optional<lake::Snapshot> users;
  std::optional<lake::Snapshot> items;
};
GoldBefore ReadGoldBefore(const lake::Lake& lake);

// Counts are of all loads that bronze holds. `dataset` and `seconds` are left to the caller.
// REQUIRES: bronze, silver and gold are there.
lake::LoadReport MakeLoadReport(const PipelineRun& run, const lake::Lake& lake,
                                const GoldBefore& before);

}  // namespace marquee
