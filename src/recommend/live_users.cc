#include "recommend/live_users.h"

#include <algorithm>
#include <tuple>

namespace marquee {
namespace {

constexpr float kWatchedEnough = 0.5f;

bool SaysAnOpinion(EventKind kind) {
  return kind == EventKind::kRating || kind == EventKind::kLike || kind == EventKind::kDislike;
}

}  // namespace

bool ShowsLiking(EventKind kind, float value, float min_rating) {
  switch (kind) {
    case EventKind::kRating:
      return value > min_rating;
    case EventKind::kWatch:
      return !(value < kWatchedEnough);  // without a value: the whole
    case EventKind::kLike:
    case EventKind::kClick:
      return true;
    default:
      return false;
  }
}

bool Supersedes(const LiveEntry& newer, const LiveEntry& older) {
  const auto order = [](const LiveEntry& entry) {
    const float value = entry.value == entry.value ? entry.value : 0;
    return std::tuple(entry.time_ms, entry.kind, value);
  };
  const bool removal = newer.kind == EventKind::kRemove || older.kind == EventKind::kRemove;
  const bool opinion = SaysAnOpinion(newer.kind);
  if (!removal && opinion != SaysAnOpinion(older.kind)) return opinion;
  return order(newer) > order(older);
}

void LiveUsers::Observe(const Event& event) {
  if (event.kind == EventKind::kImpression || event.kind == EventKind::kSearch) return;
  const LiveEntry entry{Intern(event.item_id), event.kind, static_cast<float>(event.value),
                        event.time_ms};
  Shard& shard = ShardOf(event.user_id);
  const std::lock_guard lock(shard.mutex);
  const auto at = shard.users.find(event.user_id);
  std::vector<LiveEntry>& entries =
      at != shard.users.end() ? at->second : shard.users[event.user_id];
  const auto same = std::ranges::find(entries, entry.item_id, &LiveEntry::item_id);
  if (same != entries.end()) {
    if (Supersedes(entry, *same)) *same = entry;
    return;
  }
  if (entries.size() == max_entries_) {
    entries.erase(std::ranges::min_element(entries, {}, &LiveEntry::time_ms));
  }
  entries.push_back(entry);
}

std::vector<LiveEntry> LiveUsers::Entries(std::string_view user_id) const {
  const Shard& shard = ShardOf(user_id);
  const std::lock_guard lock(shard.mutex);
  const auto at = shard.users.find(user_id);
  return at == shard.users.end() ? std::vector<LiveEntry>() : at->second;
}

void LiveUsers::Forget(std::string_view user_id) {
  Shard& shard = ShardOf(user_id);
  const std::lock_guard lock(shard.mutex);
  const auto at = shard.users.find(user_id);
  if (at != shard.users.end()) shard.users.erase(at);
}

int64_t LiveUsers::num_users() const {
  int64_t users = 0;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    users += static_cast<int64_t>(shard.users.size());
  }
  return users;
}

const std::string* LiveUsers::Intern(std::string_view item_id) {
  const std::lock_guard lock(items_mutex_);
  const auto at = items_.find(item_id);
  return at != items_.end() ? &*at : &*items_.emplace(item_id).first;
}

}  // namespace marquee
