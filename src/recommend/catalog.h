// Titles and what is known of them, searchable.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "interactions/interactions.h"

namespace marquee {

struct CatalogItem {
  std::string item_id;
  std::string title;
  int32_t year = 0;  // 0: unknown
  std::vector<std::string> genres;
  int64_t num_ratings = 0;
  double mean_rating = 0;
};

// Immutable, thread-safe. Index = row.
class Catalog {
 public:
  explicit Catalog(std::vector<CatalogItem> items);

  const CatalogItem& at(int32_t row) const { return items_[static_cast<size_t>(row)]; }
  int32_t size() const { return static_cast<int32_t>(items_.size()); }
  std::optional<int32_t> Find(std::string_view item_id) const;
  // Rows whose titles match, best first: all words as prefixes of title words, accents and case
  // ignored, popular titles first.
  std::vector<int32_t> Search(std::string_view query, int limit) const;

 private:
  std::vector<CatalogItem> items_;
  std::vector<std::string> folded_titles_;
  IdDictionary ids_;
};

}  // namespace marquee
