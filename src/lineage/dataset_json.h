// Internal: the data sets of an event.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"

namespace marquee::lineage {

enum class Direction { kInput, kOutput };

// {"_producer", "_schemaURL", ...}: `name` as in "1-0-1/NominalTimeRunFacet".
Json FacetOf(std::string_view name, Json fields);

// OpenLineage's list of datasets: those of `declared` (tables of the lake in folder `lake`, paths,
// URIs) and of `told`, an array as docs/flow.md has it. One that is there twice stands once, as it
// was told last. What is not of the right type in `told` is left out.
Json DatasetsJson(Direction direction, const std::vector<std::string>& declared, const Json* told,
                  const std::filesystem::path& lake);

}  // namespace marquee::lineage
