#include "models/hybrid_features.h"

#include <algorithm>
#include <set>

#include "base/text.h"

namespace marquee {
namespace {

std::set<std::string> NamesOf(const ItemContent& content, size_t item) {
  std::set<std::string> names;
  if (item < content.genres.size()) {
    for (const std::string& genre : content.genres[item]) {
      const std::string name = AsciiLower(Trim(genre));
      if (!name.empty()) names.insert("genre:" + name);
    }
  }
  if (item < content.years.size() && content.years[item] > 0)
    names.insert(StrCat("decade:", content.years[item] / 10 * 10));
  return names;
}

}  // namespace

HybridFeatures::HybridFeatures(const Interactions& data, const HybridFeatureChoice& choice) {
  const auto n = static_cast<size_t>(data.num_items());
  std::vector<std::set<std::string>> items(n);
  std::set<std::string> all;
  for (size_t item = 0; choice.content && item < n; ++item) {
    items[item] = NamesOf(data.content(), item);
    all.insert(items[item].begin(), items[item].end());
  }
  names_.assign(all.begin(), all.end());
  for (size_t item = 0; item < n; ++item) {
    const auto row = static_cast<int32_t>(item);
    if (choice.ids && data.by_item().Row(row).size() > 0) entries_.push_back(row);
    for (const std::string& name : items[item]) {
      const auto at = std::lower_bound(names_.begin(), names_.end(), name) - names_.begin();
      entries_.push_back(static_cast<int32_t>(n) + static_cast<int32_t>(at));
    }
    offsets_.push_back(static_cast<int64_t>(entries_.size()));
  }
}

HybridFeatures::HybridFeatures(std::vector<std::string> names, std::vector<int64_t> offsets,
                               std::vector<int32_t> entries)
    : names_(std::move(names)), offsets_(std::move(offsets)), entries_(std::move(entries)) {}

std::span<const int32_t> HybridFeatures::Of(int32_t item) const {
  const auto begin = static_cast<size_t>(offsets_[static_cast<size_t>(item)]);
  const auto end = static_cast<size_t>(offsets_[static_cast<size_t>(item) + 1]);
  return std::span(entries_).subspan(begin, end - begin);
}

}  // namespace marquee
