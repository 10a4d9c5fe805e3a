#include "recommend/catalog.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "recommend/fold_text.h"

namespace marquee {

Catalog::Catalog(std::vector<CatalogItem> items) : items_(std::move(items)) {
  for (const CatalogItem& item : items_) {
    ids_.Add(item.item_id);
    folded_titles_.push_back(" " + FoldText(item.title));
  }
  by_popularity_.resize(items_.size());
  std::iota(by_popularity_.begin(), by_popularity_.end(), 0);
  std::stable_sort(by_popularity_.begin(), by_popularity_.end(),
                   [this](int32_t a, int32_t b) { return at(a).num_ratings > at(b).num_ratings; });
}

std::optional<int32_t> Catalog::Find(std::string_view item_id) const { return ids_.Find(item_id); }

std::vector<int32_t> Catalog::Search(std::string_view query, int limit) const {
  const std::string folded = FoldText(query);
  if (folded.empty() && !query.empty() && query.find_first_not_of(' ') != std::string_view::npos) {
    return {};  // nothing but punctuation
  }
  std::vector<std::string> word_starts;
  for (const std::string_view word : FoldedWords(folded))
    word_starts.push_back(" " + std::string(word));
  std::vector<int32_t> beginning, others;
  for (const int32_t row : by_popularity_) {
    const std::string& title = folded_titles_[static_cast<size_t>(row)];
    const bool matches =
        std::all_of(word_starts.begin(), word_starts.end(),
                    [&](const auto& start) { return title.find(start) != std::string::npos; });
    if (!matches) continue;
    (std::string_view(title).substr(1).starts_with(folded) ? beginning : others).push_back(row);
    if (beginning.size() == static_cast<size_t>(limit)) break;
  }
  beginning.insert(beginning.end(), others.begin(), others.end());
  beginning.resize(std::min(beginning.size(), static_cast<size_t>(limit)));
  return beginning;
}

}  // namespace marquee
