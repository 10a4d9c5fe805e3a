#include "recommend/live_users.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

namespace marquee {
namespace {

// Of an item, one deed of each role is kept.
enum class Role { kOpinion, kHint, kRemoval };

Role RoleOf(EventKind kind) {
  switch (kind) {
    case EventKind::kRating:
    case EventKind::kLike:
    case EventKind::kDislike:
      return Role::kOpinion;
    case EventKind::kRemove:
      return Role::kRemoval;
    default:
      return Role::kHint;
  }
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
  Deed& place = RoleOf(deed.kind) == Role::kOpinion ? opinion_ : hint_;
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
  const Packed deed{static_cast<uint64_t>(event.time_ms) << 8 | static_cast<uint64_t>(event.kind),
                    static_cast<float>(event.value), RowOf(event.item_id)};
  Shard& shard = ShardOf(event.user_id);
  const std::lock_guard lock(shard.mutex);
  User& user = shard.users[event.user_id];
  Put(user, deed);
  if (user.items > max_entries_) DropOldestItem(user);
}

void LiveUsers::Put(User& user, const Packed& deed) {
  std::vector<Packed>& deeds = user.deeds;
  const auto kind_of = [](const Packed& packed) {
    return static_cast<EventKind>(packed.stamp & 0xFF);
  };
  const auto value_of = [](const Packed& packed) {
    return packed.value == packed.value ? packed.value : 0;
  };
  auto at = std::ranges::find(deeds, deed.item, &Packed::item);
  if (at == deeds.end()) ++user.items;
  for (; at != deeds.end() && at->item == deed.item; ++at) {
    if (RoleOf(kind_of(*at)) != RoleOf(kind_of(deed))) continue;
    if (std::pair(deed.stamp, value_of(deed)) > std::pair(at->stamp, value_of(*at))) *at = deed;
    return;
  }
  const auto place = at - deeds.begin();
  if (deeds.size() == deeds.capacity()) deeds.reserve(deeds.size() + deeds.size() / 4 + 1);
  deeds.insert(deeds.begin() + place, deed);
}

void LiveUsers::DropOldestItem(User& user) {
  std::vector<Packed>& deeds = user.deeds;
  auto oldest = deeds.end(), oldest_end = deeds.end();
  uint64_t oldest_stamp = std::numeric_limits<uint64_t>::max();
  for (auto begin = deeds.begin(); begin != deeds.end();) {
    auto end = begin;
    uint64_t newest = 0;
    for (; end != deeds.end() && end->item == begin->item; ++end) {
      newest = std::max(newest, end->stamp >> 8);
    }
    if (newest < oldest_stamp) {
      oldest_stamp = newest;
      oldest = begin;
      oldest_end = end;
    }
    begin = end;
  }
  deeds.erase(oldest, oldest_end);
  --user.items;
}

std::vector<LiveEntry> LiveUsers::Entries(std::string_view user_id) const {
  const Shard& shard = ShardOf(user_id);
  std::vector<Packed> deeds;
  {
    const std::lock_guard lock(shard.mutex);
    const auto at = shard.users.find(user_id);
    if (at == shard.users.end()) return {};
    deeds = at->second.deeds;
  }
  std::vector<LiveEntry> entries;
  const std::shared_lock lock(items_mutex_);
  for (size_t i = 0; i < deeds.size(); ++i) {
    if (i == 0 || deeds[i].item != deeds[i - 1].item) {
      entries.emplace_back(&item_ids_[static_cast<size_t>(deeds[i].item)]);
    }
    entries.back().Add({static_cast<EventKind>(deeds[i].stamp & 0xFF), deeds[i].value,
                        static_cast<int64_t>(deeds[i].stamp >> 8)});
  }
  return entries;
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

int32_t LiveUsers::RowOf(std::string_view item_id) {
  {
    const std::shared_lock lock(items_mutex_);
    const auto at = item_rows_.find(item_id);
    if (at != item_rows_.end()) return at->second;
  }
  const std::lock_guard lock(items_mutex_);
  const auto at = item_rows_.find(item_id);
  if (at != item_rows_.end()) return at->second;  // another thread was first
  item_ids_.emplace_back(item_id);
  const auto row = static_cast<int32_t>(item_ids_.size() - 1);
  item_rows_.emplace(item_ids_.back(), row);
  return row;
}

}  // namespace marquee
