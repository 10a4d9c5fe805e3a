#include "recommend/answer_cache.h"

namespace marquee {

std::shared_ptr<const CachedAnswer> AnswerCache::Find(int32_t user, int k) {
  const std::lock_guard lock(mutex_);
  const auto found = places_.find({user, k});
  if (found == places_.end()) return nullptr;
  recent_.splice(recent_.begin(), recent_, found->second);
  return found->second->second;
}

void AnswerCache::Insert(int32_t user, int k, std::shared_ptr<const CachedAnswer> answer) {
  const std::lock_guard lock(mutex_);
  const Key key{user, k};
  if (places_.contains(key)) return;  // another request was first
  items_ += answer->items.size();
  recent_.emplace_front(key, std::move(answer));
  places_[key] = recent_.begin();
  while (items_ > max_items_) {
    items_ -= recent_.back().second->items.size();
    places_.erase(recent_.back().first);
    recent_.pop_back();
  }
}

}  // namespace marquee
