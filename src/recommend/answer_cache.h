// Personal answers of late, so that asking again costs a look-up.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "recommend/engine.h"

namespace marquee {

// What a bundle, which never changes, answers to a user who asks for k items.
struct CachedAnswer {
  std::string rung = {};
  RankedItems items = {};
  std::string rung_reason = {};
  bool keep = true;  // a later answer would be the same
};

// The answers asked for most recently, `max_items` recommended items in all. Of one bundle.
// Thread-safe.
class AnswerCache {
 public:
  explicit AnswerCache(size_t max_items) : max_items_(max_items) {}

  // Null when it is not there.
  std::shared_ptr<const CachedAnswer> Find(int32_t user, int k);
  void Insert(int32_t user, int k, std::shared_ptr<const CachedAnswer> answer);

 private:
  using Key = std::pair<int32_t, int>;
  using Entry = std::pair<Key, std::shared_ptr<const CachedAnswer>>;

  const size_t max_items_;
  std::mutex mutex_;
  size_t items_ = 0;         // guarded by mutex_, as all below
  std::list<Entry> recent_;  // the newest first
  std::map<Key, std::list<Entry>::iterator> places_;
};

}  // namespace marquee
