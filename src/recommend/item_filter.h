// Whether a title is one of those that were asked for.
#pragma once

#include <cstdint>
#include <vector>

#include "recommend/catalog.h"
#include "recommend/query.h"

namespace marquee {

// Of one catalogue and one filter, which must outlive it. Immutable.
class FilterCheck {
 public:
  // Throws invalid_argument for an unknown genre, naming the nearest.
  FilterCheck(const Catalog& catalog, const ItemFilter& filter);

  // O(genres of the title).
  bool Passes(int32_t row) const;

 private:
  const Catalog& catalog_;
  const ItemFilter& filter_;
  std::vector<int32_t> genres_;    // ascending
  std::vector<int32_t> excluded_;  // rows, ascending
};

// The number of a genre. Throws as FilterCheck.
int32_t RequireGenre(const Catalog& catalog, const std::string& genre);

}  // namespace marquee
