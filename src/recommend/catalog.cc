#include "recommend/catalog.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

#include "base/text.h"
#include "recommend/item_filter.h"

namespace marquee {
namespace {

// Most ratings first, ties by row.
std::vector<int32_t> ByPopularity(const std::vector<CatalogItem>& items) {
  std::vector<int32_t> rows(items.size());
  std::iota(rows.begin(), rows.end(), 0);
  std::ranges::stable_sort(rows, std::ranges::greater(), [&](int32_t row) {
    return items[static_cast<size_t>(row)].num_ratings;
  });
  return rows;
}

std::vector<std::string_view> Titles(const std::vector<CatalogItem>& items,
                                     const std::vector<int32_t>& rows) {
  std::vector<std::string_view> titles;
  for (const int32_t row : rows) titles.push_back(items[static_cast<size_t>(row)].title);
  return titles;
}

}  // namespace

Catalog::Catalog(std::vector<CatalogItem> items)
    : items_(std::move(items)),
      by_popularity_(ByPopularity(items_)),
      index_(Titles(items_, by_popularity_)) {
  for (const CatalogItem& item : items_) {
    const int32_t row = ids_.Add(item.item_id);
    if (item.deleted || !item.available) unavailable_.push_back(row);
  }
  IndexGenres();
}

std::optional<int32_t> Catalog::Find(std::string_view item_id) const { return ids_.Find(item_id); }

std::optional<int32_t> Catalog::FindGenre(std::string_view name) const {
  const auto at = std::ranges::find(genres_, AsciiLower(name), AsciiLower);
  if (at == genres_.end()) return std::nullopt;
  return static_cast<int32_t>(at - genres_.begin());
}

void Catalog::IndexGenres() {
  std::set<std::string> genres;
  for (const CatalogItem& item : items_) genres.insert(item.genres.begin(), item.genres.end());
  genres_.assign(genres.begin(), genres.end());
  for (const CatalogItem& item : items_) {
    std::set<int32_t> of_item;
    for (const std::string& genre : item.genres) {
      const auto at = std::ranges::lower_bound(genres_, genre);
      of_item.insert(static_cast<int32_t>(at - genres_.begin()));
    }
    genres_of_.emplace_back(of_item.begin(), of_item.end());
  }
}

// All for a blank text, none for one without a word.
std::vector<TitleIndex::Match> Catalog::FindTitles(std::string_view text) const {
  if (!Trim(text).empty()) return index_.Find(text);
  std::vector<TitleIndex::Match> all;
  for (int32_t place = 0; place < size(); ++place) all.push_back({place, 0});
  return all;
}

// The first place behind a position, in its grade.
int32_t Catalog::PlaceAfter(const TitlePosition& position) const {
  const auto order = [this](int32_t row) { return std::pair(-at(row).num_ratings, row); };
  const auto place = std::ranges::upper_bound(
      by_popularity_, std::pair(-position.num_ratings, position.row), {}, order);
  return static_cast<int32_t>(place - by_popularity_.begin());
}

TitlePage Catalog::Search(const TitleQuery& query) const {
  const FilterCheck check(*this, query.filter);
  const int32_t first_grade = query.after ? query.after->grade : 0;
  const int32_t first_place = query.after ? PlaceAfter(*query.after) : 0;
  const std::vector<TitleIndex::Match> matches = FindTitles(query.text);
  int32_t last_grade = -1;
  for (const TitleIndex::Match& match : matches) last_grade = std::max(last_grade, match.grade);
  TitlePage page;
  TitlePosition last;
  for (int32_t grade = first_grade; grade <= last_grade; ++grade) {
    for (const TitleIndex::Match& match : matches) {
      if (match.grade != grade || (grade == first_grade && match.place < first_place)) continue;
      const int32_t row = by_popularity_[static_cast<size_t>(match.place)];
      if (at(row).deleted || !check.Passes(row)) continue;
      if (page.rows.size() == static_cast<size_t>(query.limit)) {
        page.next = last;
        return page;
      }
      page.rows.push_back(row);
      last = {grade, at(row).num_ratings, row};
    }
  }
  return page;
}

}  // namespace marquee
