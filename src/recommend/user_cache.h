// Users folded in of late, so that asking again costs scores only.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "models/model.h"

namespace marquee {

// The most recently used `capacity` users of one bundle. Thread-safe.
class UserCache {
 public:
  explicit UserCache(size_t capacity) : capacity_(capacity) {}

  // Null when it is not there.
  std::shared_ptr<const FoldedUser> Find(int32_t user);
  void Insert(int32_t user, std::shared_ptr<const FoldedUser> folded);

 private:
  using Entry = std::pair<int32_t, std::shared_ptr<const FoldedUser>>;

  const size_t capacity_;
  std::mutex mutex_;
  std::list<Entry> recent_;  // the newest first
  std::unordered_map<int32_t, std::list<Entry>::iterator> places_;
};

}  // namespace marquee
