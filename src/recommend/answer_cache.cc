#include "recommend/answer_cache.h"

#include <utility>

namespace marquee {
namespace {

uint64_t AnswerKey(int32_t user, int k) {
  return uint64_t{static_cast<uint32_t>(user)} << 32 | static_cast<uint32_t>(k);
}

}  // namespace

AnswerCache::AnswerCache(size_t max_items, size_t parts)
    : max_items_(max_items / parts), parts_(parts) {}

std::optional<CachedAnswer> AnswerCache::Find(int32_t user, int k) {
  Part& part = PartOf(user);
  const std::lock_guard lock(part.mutex);
  const auto found = part.entries.find(AnswerKey(user, k));
  if (found == part.entries.end()) return std::nullopt;
  found->second.asked = true;
  return found->second.answer;
}

void AnswerCache::Insert(int32_t user, int k, const CachedAnswer& answer) {
  if (answer.items.size() > max_items_) return;
  Part& part = PartOf(user);
  const std::lock_guard lock(part.mutex);
  const Key key = AnswerKey(user, k);
  if (part.entries.contains(key)) return;  // another request was first
  part.items += answer.items.size();
  while (part.items > max_items_) DropOne(part);
  part.entries.emplace(key, Entry{answer});
  part.reviews.push_back(key);
}

void AnswerCache::DropOne(Part& part) {
  while (true) {
    const Key key = part.reviews.front();
    part.reviews.pop_front();
    const auto entry = part.entries.find(key);
    if (!std::exchange(entry->second.asked, false)) {
      part.items -= entry->second.answer.items.size();
      part.entries.erase(entry);
      return;
    }
    part.reviews.push_back(key);
  }
}

}  // namespace marquee
