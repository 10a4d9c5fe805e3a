#include "recommend/user_cache.h"

#include <utility>

namespace marquee {

std::shared_ptr<const FoldedUser> UserCache::Find(int32_t user) {
  const std::lock_guard lock(mutex_);
  const auto found = places_.find(user);
  if (found == places_.end()) return nullptr;
  recent_.splice(recent_.begin(), recent_, found->second);
  return found->second->second;
}

void UserCache::Insert(int32_t user, std::shared_ptr<const FoldedUser> folded) {
  const std::lock_guard lock(mutex_);
  if (places_.contains(user)) return;  // another request was first
  recent_.emplace_front(user, std::move(folded));
  places_[user] = recent_.begin();
  if (recent_.size() > capacity_) {
    places_.erase(recent_.back().first);
    recent_.pop_back();
  }
}

}  // namespace marquee
