// The engine's bundle, kept up to date with what is changed over the API.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "recommend/engine.h"
#include "records/record_store.h"

namespace marquee {

// Thread-safe. What is passed in must outlive it.
class LiveCatalog {
 public:
  using Load = std::function<std::shared_ptr<const ModelBundle>()>;

  // `load` reads the published bundle again, which is wanted once an erasure is complete; without
  // it people who were erased stay in memory, hidden.
  LiveCatalog(RecommendEngine& engine, RecordStore& store, Load load = {});
  ~LiveCatalog();

  RecordStore& store() { return store_; }
  // The next answer follows everything that is in the store. Cheap when nothing has changed, else
  // O(titles).
  void Refresh();
  // Drops what the engine has of people who are being erased: for what was folded in since Refresh.
  void ForgetErased();
  // What is published now, from here on with the changes laid over it.
  void SetBase(std::shared_ptr<const ModelBundle> base);
  // Refreshes four times a second, so that what other processes change shows, until it is
  // destroyed.
  void Follow();

 private:
  void RefreshLocked();
  void Forget(const std::set<std::string>& hashes);

  RecommendEngine& engine_;
  RecordStore& store_;
  const Load load_;
  std::mutex mutex_;
  std::shared_ptr<const ModelBundle> base_;  // guarded by mutex_, as all below
  int64_t applied_version_ = -1;
  std::map<std::string, int64_t> seen_erasures_;  // hash -> requested_ms
  bool stopping_ = false;
  std::condition_variable wake_;
  std::thread thread_;
};

}  // namespace marquee
