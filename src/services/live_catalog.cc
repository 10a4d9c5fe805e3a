#include "services/live_catalog.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "services/record_fields.h"

namespace marquee {

LiveCatalog::LiveCatalog(RecommendEngine& engine, RecordStore& store, LiveCatalogHooks hooks)
    : engine_(engine), store_(store), hooks_(std::move(hooks)) {
  Refresh();
}

void LiveCatalog::Refresh() {
  const std::lock_guard lock(mutex_);
  RefreshLocked();
}

void LiveCatalog::RefreshLocked() {
  const int64_t version = store_.version();
  if (version == applied_version_) return;
  const std::vector<Erasure> erasures = store_.Erasures();
  std::set<std::string> fresh;
  for (const Erasure& erasure : erasures) {
    int64_t& seen = seen_erasures_[erasure.hash];
    if (seen != erasure.requested_ms || erasure.done_ms == 0) fresh.insert(erasure.hash);
    seen = erasure.requested_ms;
  }
  Forget(fresh);
  // The mask first: what is loaded again still takes its time.
  ApplyRecords(erasures);
  const int64_t loaded_ms = engine_.base()->loaded_ms;
  const auto done_since = [&](const Erasure& e) { return e.done_ms >= loaded_ms; };
  if (hooks_.reload && std::ranges::any_of(erasures, done_since)) {
    hooks_.reload();
    ApplyRecords(erasures);
  }
  if (hooks_.changed) hooks_.changed();
  applied_version_ = version;
}

// Lays over the engine's base what the records say.
void LiveCatalog::ApplyRecords(const std::vector<Erasure>& erasures) {
  auto overlay = std::make_shared<Overlay>();
  for (const Record& record : store_.List(RecordStore::Kind::kItem)) {
    overlay->items.push_back(ItemChangeOf(record));
  }
  for (const Record& record : store_.List(RecordStore::Kind::kUser)) {
    std::vector<std::string> features = UserFeaturesOf(record);
    if (!features.empty()) overlay->user_features[record.id] = std::move(features);
  }
  std::set<std::string> hidden;
  for (const Erasure& erasure : erasures) {
    const bool in_base = erasure.done_ms >= engine_.base()->loaded_ms;
    if (erasure.done_ms == 0 || in_base) hidden.insert(erasure.hash);
  }
  if (!hidden.empty()) {
    overlay->is_erased = [&store = store_, hidden](std::string_view id) {
      return hidden.contains(store.HashOf(id));
    };
  }
  engine_.SetOverlay(std::move(overlay));
}

void LiveCatalog::Forget(const std::set<std::string>& hashes) {
  if (hashes.empty()) return;
  for (const std::string& user_id : engine_.live().UserIds()) {
    if (hashes.contains(store_.HashOf(user_id))) engine_.Forget(user_id);
  }
}

void LiveCatalog::ForgetErased() {
  const std::lock_guard lock(mutex_);
  std::set<std::string> pending;
  for (const Erasure& erasure : store_.Erasures()) {
    if (erasure.done_ms == 0) pending.insert(erasure.hash);
  }
  Forget(pending);
}

void LiveCatalog::Follow() {
  following_.emplace(std::chrono::milliseconds(250), [this] {
    try {
      Refresh();
    } catch (const std::exception& error) {  // the next round tries again
      LogWarning(StrCat("catalogue: ", error.what()));
    }
  });
}

}  // namespace marquee
