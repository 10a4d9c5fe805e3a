// The engine's overlay, kept up to date with what is changed over the API.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/ticker.h"
#include "recommend/engine.h"
#include "records/record_store.h"

namespace marquee {

struct LiveCatalogHooks {
  // Reads what the engine answers from again: wanted once an erasure is complete. Without it
  // people who were erased stay in memory, hidden.
  std::function<void()> reload = {};
  std::function<void()> changed = {};  // after each change of the engine's overlay
};

// Thread-safe. What is passed in must outlive it.
class LiveCatalog {
 public:
  LiveCatalog(RecommendEngine& engine, RecordStore& store, LiveCatalogHooks hooks = {});

  RecordStore& store() { return store_; }
  // The next answer follows everything that is in the store. Cheap when nothing has changed, else
  // O(titles).
  void Refresh();
  // Drops what the engine has of people who are being erased: for what was folded in since Refresh.
  void ForgetErased();
  // Refreshes four times a second, so that what other processes change shows, until it is
  // destroyed.
  void Follow();

 private:
  void RefreshLocked();
  void ApplyRecords(const std::vector<Erasure>& erasures);
  void Forget(const std::set<std::string>& hashes);

  RecommendEngine& engine_;
  RecordStore& store_;
  const LiveCatalogHooks hooks_;
  std::mutex mutex_;
  int64_t applied_version_ = -1;                  // guarded by mutex_, as the next
  std::map<std::string, int64_t> seen_erasures_;  // hash -> requested_ms
  std::optional<Ticker> following_;  // last: it uses the rest; of the thread that starts it
};

}  // namespace marquee
