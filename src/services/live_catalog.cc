#include "services/live_catalog.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "services/record_fields.h"

namespace marquee {

LiveCatalog::LiveCatalog(RecommendEngine& engine, RecordStore& store, Load load)
    : engine_(engine), store_(store), load_(std::move(load)), base_(engine.bundle()) {
  Refresh();
}

LiveCatalog::~LiveCatalog() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void LiveCatalog::Refresh() {
  const std::lock_guard lock(mutex_);
  RefreshLocked();
}

void LiveCatalog::SetBase(std::shared_ptr<const ModelBundle> base) {
  const std::lock_guard lock(mutex_);
  base_ = std::move(base);
  applied_version_ = -1;
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
  const auto done_since = [&](const Erasure& e) { return e.done_ms >= base_->loaded_ms; };
  if (load_ && std::ranges::any_of(erasures, done_since)) base_ = load_();
  Overlay overlay;
  for (const Record& record : store_.List(RecordStore::Kind::kItem)) {
    overlay.items.push_back(ItemChangeOf(record));
  }
  for (const Record& record : store_.List(RecordStore::Kind::kUser)) {
    std::vector<std::string> features = UserFeaturesOf(record);
    if (!features.empty()) overlay.user_features[record.id] = std::move(features);
  }
  std::set<std::string> hidden;
  for (const Erasure& erasure : erasures) {
    if (erasure.done_ms == 0 || done_since(erasure)) hidden.insert(erasure.hash);
  }
  if (!hidden.empty()) {
    overlay.is_erased = [&](std::string_view id) { return hidden.contains(store_.HashOf(id)); };
  }
  const auto bundle = WithOverlay(base_, overlay);
  if (bundle != engine_.bundle()) engine_.Swap(bundle);
  applied_version_ = version;
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
  thread_ = std::thread([this] {
    std::unique_lock lock(mutex_);
    while (!wake_.wait_for(lock, std::chrono::milliseconds(250), [this] { return stopping_; })) {
      try {
        RefreshLocked();
      } catch (const std::exception& error) {  // the next round tries again
        LogWarning(StrCat("catalogue: ", error.what()));
      }
    }
  });
}

}  // namespace marquee
