// Titles and what is known of them, searchable.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "interactions/interactions.h"
#include "recommend/query.h"
#include "recommend/title_index.h"

namespace marquee {

struct CatalogItem {
  std::string item_id;
  std::string title;
  int32_t year = 0;  // 0: unknown
  std::vector<std::string> genres;
  int64_t num_ratings = 0;
  double mean_rating = 0;
  int32_t age_rating = -1;  // years that one must be to watch it; -1: unknown
  bool available = true;    // else it is in the catalogue, but not recommended
  bool deleted = false;     // its row stays, so that rows of models fit; nobody is shown it
  int64_t added_ms = 0;     // when it was added over the API; 0: it was loaded
  int64_t revision = 0;     // of its last change over the API; 0: none
};

// A place in the order of answers: what follows it does so whatever the size of the page.
struct TitlePosition {
  int32_t grade = 0;  // TitleIndex::Match
  int64_t num_ratings = 0;
  int32_t row = 0;
};

struct TitleQuery {
  std::string text = {};  // blank: all titles
  ItemFilter filter = {};
  int limit = 20;
  std::optional<TitlePosition> after = {};
};

struct TitlePage {
  std::vector<int32_t> rows;
  std::optional<TitlePosition> next;  // where there are more
};

// Immutable, thread-safe. Index = row.
class Catalog {
 public:
  explicit Catalog(std::vector<CatalogItem> items);

  const CatalogItem& at(int32_t row) const { return items_[static_cast<size_t>(row)]; }
  int32_t size() const { return static_cast<int32_t>(items_.size()); }
  std::optional<int32_t> Find(std::string_view item_id) const;

  // All genres of the titles, ascending; index = genre.
  const std::vector<std::string>& genres() const { return genres_; }
  // Whatever its case.
  std::optional<int32_t> FindGenre(std::string_view name) const;
  // The genres of a title, ascending.
  std::span<const int32_t> genres_of(int32_t row) const {
    return genres_of_[static_cast<size_t>(row)];
  }

  // The titles that TitleIndex finds and the filter passes, in the order of TitlePosition: titles
  // that begin with the query, then those that hold its words, then by typing errors; in each the
  // popular ones first. Deleted ones are left out. Throws invalid_argument for an unknown genre.
  // 1 to 3 ms for 60,000 titles.
  TitlePage Search(const TitleQuery& query) const;
  // The first rows of it.
  std::vector<int32_t> Search(std::string_view query, int limit) const {
    return Search({.text = std::string(query), .limit = limit}).rows;
  }

  // The rows that must not be recommended, ascending.
  std::span<const int32_t> unavailable() const { return unavailable_; }

 private:
  void IndexGenres();
  std::vector<TitleIndex::Match> FindTitles(std::string_view text) const;
  int32_t PlaceAfter(const TitlePosition& position) const;

  std::vector<CatalogItem> items_;
  std::vector<std::string> genres_;
  std::vector<std::vector<int32_t>> genres_of_;
  std::vector<int32_t> by_popularity_;
  std::vector<int32_t> unavailable_;
  TitleIndex index_;  // its places are those of by_popularity_
  IdDictionary ids_;
};

}  // namespace marquee
