#include "recommend/overlay.h"

#include <utility>

#include "recommend/new_items.h"

namespace marquee {
namespace {

void Apply(const ItemChange& change, CatalogItem* item) {
  if (change.title) item->title = *change.title;
  if (change.year) item->year = *change.year;
  if (change.genres) item->genres = *change.genres;
  if (change.age_rating) item->age_rating = *change.age_rating;
  if (change.available) item->available = *change.available;
  item->deleted = change.deleted;
  item->added_ms = change.added_ms;
  item->revision = change.revision;
}

std::shared_ptr<const Catalog> ChangedCatalog(const Catalog& base,
                                              const std::vector<ItemChange>& changes) {
  std::vector<CatalogItem> items;
  items.reserve(static_cast<size_t>(base.size()) + changes.size());
  for (int32_t row = 0; row < base.size(); ++row) items.push_back(base.at(row));
  for (const ItemChange& change : changes) {
    const std::optional<int32_t> row = base.Find(change.item_id);
    if (!row && change.added_ms == 0) continue;  // a change of what no data has any more
    CatalogItem& item = row ? items[static_cast<size_t>(*row)] : items.emplace_back();
    item.item_id = change.item_id;
    Apply(change, &item);
  }
  return std::make_shared<Catalog>(std::move(items));
}

std::shared_ptr<const std::vector<bool>> ErasedRows(
    const IdDictionary& users, const std::function<bool(std::string_view)>& is_erased) {
  std::vector<bool> erased(static_cast<size_t>(users.size()));
  bool any = false;
  for (int32_t row = 0; row < users.size(); ++row) {
    const bool of_row = is_erased(users.Name(row));
    erased[static_cast<size_t>(row)] = of_row;
    any = any || of_row;
  }
  return any ? std::make_shared<const std::vector<bool>>(std::move(erased)) : nullptr;
}

}  // namespace

std::shared_ptr<const ModelBundle> WithOverlay(std::shared_ptr<const ModelBundle> base,
                                               const Overlay& overlay) {
  if (overlay.items.empty() && overlay.user_features.empty() && !overlay.is_erased) return base;
  auto bundle = std::make_shared<ModelBundle>(*base);
  if (!overlay.items.empty()) {
    bundle->catalog = ChangedCatalog(*base->catalog, overlay.items);
    if (bundle->catalog->size() > base->catalog->size()) {
      bundle->model = WithNewItems(base->model, *bundle->catalog);
      bundle->popular = base->popular == base->model
                            ? bundle->model
                            : WithNewItems(base->popular, *bundle->catalog);
      for (auto& model : bundle->beside) model = WithNewItems(model, *bundle->catalog);
    }
  }
  if (!overlay.user_features.empty()) {
    bundle->stated_features =
        std::make_shared<const std::map<std::string, std::vector<std::string>, std::less<>>>(
            overlay.user_features);
  }
  if (overlay.is_erased) {
    bundle->erased = ErasedRows(base->interactions.users(), overlay.is_erased);
  }
  return bundle;
}

}  // namespace marquee
