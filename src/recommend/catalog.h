// Titles and what is known of them, searchable.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
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

  // All genres of the titles, ascending; index = genre.
  const std::vector<std::string>& genres() const { return genres_; }
  // Whatever its case.
  std::optional<int32_t> FindGenre(std::string_view name) const;
  // The genres of a title, ascending.
  std::span<const int32_t> genres_of(int32_t row) const {
    return genres_of_[static_cast<size_t>(row)];
  }

  // Rows whose titles hold every word of the query as the beginning of a word of theirs; accents,
  // case and punctuation do not count. Titles that begin with the query come first, then popular
  // ones. An empty query matches all. O(titles), a bit each, and some steps for each title that
  // holds the query's rarest word: about 1 ms for 60,000 titles.
  std::vector<int32_t> Search(std::string_view query, int limit) const;

 private:
  // A word of titles, and the places in by_popularity_ of those that hold it.
  struct Word {
    std::string text;
    std::vector<int32_t> places;
  };

  void IndexGenres();
  void IndexWords();
  // The words that begin with `prefix`.
  std::span<const Word> WordsFrom(std::string_view prefix) const;

  std::vector<CatalogItem> items_;
  std::vector<std::string> genres_;
  std::vector<std::vector<int32_t>> genres_of_;
  std::vector<std::string> folded_titles_;  // " word word": each word behind a blank
  std::vector<int32_t> by_popularity_;
  std::vector<Word> words_;  // ascending
  IdDictionary ids_;
};

}  // namespace marquee
