#include "recommend/catalog.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <utility>

#include "base/text.h"
#include "recommend/fold_text.h"

namespace marquee {
namespace {

size_t CountPlaces(const auto& words) {
  size_t count = 0;
  for (const auto& word : words) count += word.places.size();
  return count;
}

bool HoldsAll(std::string_view title, const std::set<std::string>& texts) {
  return std::all_of(texts.begin(), texts.end(), [&](const std::string& text) {
    return title.find(text) != std::string_view::npos;
  });
}

}  // namespace

Catalog::Catalog(std::vector<CatalogItem> items) : items_(std::move(items)) {
  for (const CatalogItem& item : items_) {
    ids_.Add(item.item_id);
    folded_titles_.push_back(" " + FoldText(item.title));
  }
  by_popularity_.resize(items_.size());
  std::iota(by_popularity_.begin(), by_popularity_.end(), 0);
  std::stable_sort(by_popularity_.begin(), by_popularity_.end(),
                   [this](int32_t a, int32_t b) { return at(a).num_ratings > at(b).num_ratings; });
  IndexGenres();
  IndexWords();
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

void Catalog::IndexWords() {
  std::map<std::string, std::vector<int32_t>, std::less<>> places;
  for (size_t place = 0; place < by_popularity_.size(); ++place) {
    const std::string& title = folded_titles_[static_cast<size_t>(by_popularity_[place])];
    for (const std::string_view word : FoldedWords(std::string_view(title).substr(1)))
      places[std::string(word)].push_back(static_cast<int32_t>(place));
  }
  for (auto& [text, found] : places) words_.push_back({text, std::move(found)});
}

std::span<const Catalog::Word> Catalog::WordsFrom(std::string_view prefix) const {
  const auto begin =
      std::lower_bound(words_.begin(), words_.end(), prefix,
                       [](const Word& word, std::string_view text) { return word.text < text; });
  const auto end = std::partition_point(
      begin, words_.end(), [&](const Word& word) { return word.text.starts_with(prefix); });
  return {begin, end};
}

std::vector<int32_t> Catalog::Search(std::string_view query, int limit) const {
  const auto wanted = static_cast<size_t>(limit);
  const std::string folded = FoldText(query);
  const std::vector<std::string_view> words = FoldedWords(folded);
  if (words.empty()) {
    const bool blank = query.find_first_not_of(' ') == std::string_view::npos;
    const auto count = blank ? std::min(wanted, by_popularity_.size()) : 0;  // 0: punctuation
    return {by_popularity_.begin(), by_popularity_.begin() + static_cast<std::ptrdiff_t>(count)};
  }
  const auto rarest = std::min_element(words.begin(), words.end(), [&](auto a, auto b) {
    return CountPlaces(WordsFrom(a)) < CountPlaces(WordsFrom(b));
  });
  std::vector<bool> candidates(by_popularity_.size());
  for (const Word& word : WordsFrom(*rarest)) {
    for (const int32_t place : word.places) candidates[static_cast<size_t>(place)] = true;
  }
  std::set<std::string> others;  // what candidates must hold beside it
  for (auto word = words.begin(); word != words.end(); ++word) {
    if (word != rarest) others.insert(" " + std::string(*word));
  }
  std::vector<int32_t> beginning, inside;
  for (size_t place = 0; place < candidates.size() && beginning.size() < wanted; ++place) {
    if (!candidates[place]) continue;
    const int32_t row = by_popularity_[place];
    const std::string_view title = folded_titles_[static_cast<size_t>(row)];
    if (!HoldsAll(title, others)) continue;
    (title.substr(1).starts_with(folded) ? beginning : inside).push_back(row);
  }
  beginning.insert(beginning.end(), inside.begin(), inside.end());
  beginning.resize(std::min(beginning.size(), wanted));
  return beginning;
}

}  // namespace marquee
