#include "recommend/item_filter.h"

#include <algorithm>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/text.h"

namespace marquee {
namespace {

bool YearPasses(const ItemFilter& filter, int32_t year) {
  if (filter.min_year == 0 && filter.max_year == 0) return true;
  if (year == 0) return false;
  return year >= filter.min_year && (filter.max_year == 0 || year <= filter.max_year);
}

bool AgePasses(const ItemFilter& filter, int32_t age_rating) {
  return filter.max_age < 0 || (age_rating >= 0 && age_rating <= filter.max_age);
}

}  // namespace

int32_t RequireGenre(const Catalog& catalog, const std::string& genre) {
  const std::optional<int32_t> found = catalog.FindGenre(genre);
  if (found) return *found;
  throw Error(Code::kInvalidArgument,
              StrCat("genre '", genre, "' is unknown", DidYouMean(genre, catalog.genres())),
              "genres are: " + Join(catalog.genres(), ", "));
}

FilterCheck::FilterCheck(const Catalog& catalog, const ItemFilter& filter)
    : catalog_(catalog), filter_(filter) {
  for (const std::string& genre : filter.genres) genres_.push_back(RequireGenre(catalog, genre));
  for (const std::string& item_id : filter.exclude) {
    if (const std::optional<int32_t> row = catalog.Find(item_id)) excluded_.push_back(*row);
  }
  std::ranges::sort(genres_);
  std::ranges::sort(excluded_);
}

bool FilterCheck::Passes(int32_t row) const {
  const bool of_genre =
      genres_.empty() || std::ranges::any_of(catalog_.genres_of(row), [&](int32_t genre) {
        return std::ranges::binary_search(genres_, genre);
      });
  const CatalogItem& item = catalog_.at(row);
  return of_genre && YearPasses(filter_, item.year) && AgePasses(filter_, item.age_rating) &&
         !std::ranges::binary_search(excluded_, row);
}

}  // namespace marquee
