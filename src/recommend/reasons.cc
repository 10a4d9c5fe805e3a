#include "recommend/reasons.h"

#include <algorithm>

#include "base/text.h"

namespace marquee {
namespace {

// "5", "4.5": a rating as people write it.
std::string RatingText(float rating) {
  const std::string text = Fixed(rating, 1);
  return text.ends_with(".0") ? text.substr(0, text.size() - 2) : text;
}

}  // namespace

const std::string& TitleOf(const ModelBundle& bundle, int32_t item) {
  const CatalogItem& known = bundle.catalog->at(item);
  return known.title.empty() ? known.item_id : known.title;
}

std::string PopularReason() { return "popular with everyone"; }
std::string ProfileReason() { return "liked by people like you"; }

std::string SourceReason(std::string_view source) {
  if (source == "recent") return "like what you liked last";
  if (source == "content") return "of genres that you like";
  if (source == "trending") return "liked by many lately";
  if (source == "new") return "new";
  if (source == "exploration") return "something else, to learn what you like";
  return "often comes next";
}

std::string HistoryReason(const ModelBundle& bundle, const UserHistory& history,
                          const std::vector<ScoredItem>& explanation) {
  if (explanation.empty()) return PopularReason();
  if (!(explanation[0].score > 0)) return "fits what you liked";
  const int32_t cause = explanation[0].item;
  const std::string& title = TitleOf(bundle, cause);
  switch (history.KindOf(cause)) {
    case EventKind::kRating: {
      const SparseRow& liked = history.liked();
      const auto at = std::ranges::lower_bound(liked.columns, cause);
      const float rating = liked.values[static_cast<size_t>(at - liked.columns.begin())];
      return StrCat("because you rated ", title, " ", RatingText(rating));
    }
    case EventKind::kLike:
      return StrCat("because you liked ", title);
    case EventKind::kClick:
      return StrCat("because you looked at ", title);
    default:
      return StrCat("because you watched ", title);
  }
}

std::string TasteReason(const ModelBundle& bundle, const std::map<std::string, double>& tastes,
                        int32_t item) {
  const Catalog& catalog = *bundle.catalog;
  std::vector<std::string> liked;
  for (const auto& [genre, weight] : tastes) {
    const std::optional<int32_t> found = catalog.FindGenre(genre);
    if (!(weight > 0) || !found) continue;
    if (!std::ranges::binary_search(catalog.genres_of(item), *found)) continue;
    liked.push_back(catalog.genres()[static_cast<size_t>(*found)]);
  }
  return liked.empty() ? PopularReason() : "fits your taste for " + Join(liked, ", ");
}

}  // namespace marquee
