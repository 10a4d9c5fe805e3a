#include "recommend/live_users.h"

#include <algorithm>
#include <tuple>

namespace marquee {
namespace {

bool SaysAnOpinion(EventKind kind) {
  return kind == EventKind::kRating || kind == EventKind::kLike || kind == EventKind::kDislike;
}

}  // namespace

void LiveEntry::Add(const Deed& deed) {
  if (deed.kind == EventKind::kRemove) {
    removed_ms_ = std::max(removed_ms_, deed.time_ms);
    return;
  }
  const auto order = [](const Deed& d) {
    return std::tuple(d.time_ms, d.kind, d.value == d.value ? d.value : 0);
  };
  Deed& place = SaysAnOpinion(deed.kind) ? opinion_ : hint_;
  if (order(deed) > order(place)) place = deed;
}

std::optional<Deed> LiveEntry::Standing() const {
  if (opinion_.time_ms > removed_ms_) return opinion_;
  if (hint_.time_ms > removed_ms_) return hint_;
  return std::nullopt;
}

int64_t LiveEntry::newest_ms() const {
  return std::max({opinion_.time_ms, hint_.time_ms, removed_ms_});
}

void LiveUsers::Observe(const Event& event) {
  if (event.kind == EventKind::kImpression || event.kind == EventKind::kSearch) return;
  activity_.Observe(event);
  const std::string* item_id = Intern(event.item_id);
  Shard& shard = ShardOf(event.user_id);
  const std::lock_guard lock(shard.mutex);
  std::vector<LiveEntry>& entries = shard.users[event.user_id];
  const auto same = std::ranges::find_if(
      entries, [&](const LiveEntry& entry) { return &entry.item_id() == item_id; });
  const Deed deed{event.kind, static_cast<float>(event.value), event.time_ms};
  if (same != entries.end()) return same->Add(deed);
  entries.emplace_back(item_id).Add(deed);
  if (entries.size() > max_entries_) {
    entries.erase(std::ranges::min_element(entries, {}, &LiveEntry::newest_ms));
  }
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

std::vector<std::string> LiveUsers::UserIds() const {
  std::vector<std::string> ids;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    for (const auto& [user_id, entries] : shard.users) ids.push_back(user_id);
  }
  return ids;
}

const std::string* LiveUsers::Intern(std::string_view item_id) {
  const std::lock_guard lock(items_mutex_);
  const auto at = items_.find(item_id);
  return at != items_.end() ? &*at : &*items_.emplace(item_id).first;
}

}  // namespace marquee
