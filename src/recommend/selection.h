// Which titles may be shown, and how they fit stated tastes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "recommend/catalog.h"
#include "recommend/query.h"

namespace marquee {

// The rows that must not be shown: `met`, ascending, and what the filter holds back; ascending.
// O(items) with a filter, else O(met). Throws invalid_argument for an unknown genre, naming the
// nearest.
std::vector<int32_t> LeftOut(const Catalog& catalog, const ItemFilter& filter,
                             std::span<const int32_t> met);

// How well each title fits stated tastes: the cosine of its genres with them, times the logarithm
// of its number of ratings, so that among equals the known ones lead; 0 for a title that has none
// of the genres. Throws as LeftOut for an unknown genre.
std::vector<float> TasteScores(const Catalog& catalog, const std::map<std::string, double>& tastes);

}  // namespace marquee
