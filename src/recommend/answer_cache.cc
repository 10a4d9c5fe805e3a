#include "recommend/answer_cache.h"

#include <utility>

namespace marquee {

AnswerCache::AnswerCache(size_t max_items, size_t parts)
    : max_items_(max_items / parts), parts_(parts) {}

std::optional<CachedAnswer> AnswerCache::Find(std::string_view user_id, int k) {
  const Asked asked = {user_id, k};
  Part& part = PartOf(asked);
  const std::lock_guard lock(part.mutex);
  const auto found = part.entries.find(asked);
  if (found == part.entries.end()) return std::nullopt;
  found->second.asked = true;
  return found->second.answer;
}

void AnswerCache::Insert(std::string_view user_id, int k, const CachedAnswer& answer) {
  if (answer.items.size() > max_items_) return;
  const Key key = {std::string(user_id), k};
  Part& part = PartOf(key);
  const std::lock_guard lock(part.mutex);
  if (part.entries.contains(key)) return;  // another request was first
  part.items += answer.items.size();
  while (part.items > max_items_) DropOne(part);
  part.entries.emplace(key, Entry{answer});
  part.reviews.push_back(key);
}

void AnswerCache::DropOne(Part& part) {
  while (true) {
    Key key = std::move(part.reviews.front());
    part.reviews.pop_front();
    const auto entry = part.entries.find(key);
    if (!std::exchange(entry->second.asked, false)) {
      part.items -= entry->second.answer.items.size();
      part.entries.erase(entry);
      return;
    }
    part.reviews.push_back(std::move(key));
  }
}

}  // namespace marquee
