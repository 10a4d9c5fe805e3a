// What people did since the data was loaded: the event log, folded into memory.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "events/event.h"

namespace marquee {

// What stands of the events of a user with an item.
struct LiveEntry {
  const std::string* item_id;  // lives as long as the LiveUsers
  EventKind kind;              // kRemove: all of it was taken back
  float value;                 // as the event gave it; NaN where it gave none
  int64_t time_ms;
};

// Whether an event of `kind`, as given, is a sign that the user likes the item: a rating above
// `min_rating`, a like, a click, a film watched by half or more.
bool ShowsLiking(EventKind kind, float value, float min_rating);

// Whether `newer` stands in place of `older`, both of one user with one item: what says an opinion
// (rating, like, dislike) goes before what only hints at one, a removal and what follows it by
// time; among equals the later one, of equal times the one whose kind and value are greater. So the
// result of a fold does not depend on the order of its events.
bool Supersedes(const LiveEntry& newer, const LiveEntry& older);

// Thread-safe; users are spread over locks. Memory: 24 bytes an entry, some 150 a user and 80 an
// item id.
class LiveUsers {
 public:
  // Of a user, the `max_entries` items that were last acted on are kept. REQUIRES: > 0.
  explicit LiveUsers(int max_entries = 500) : max_entries_(static_cast<size_t>(max_entries)) {}

  // Impressions and searches change nothing. O(entries of the user).
  void Observe(const Event& event);
  // One an item; empty for somebody who did nothing.
  std::vector<LiveEntry> Entries(std::string_view user_id) const;
  void Forget(std::string_view user_id);
  int64_t num_users() const;

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  struct Shard {
    mutable std::mutex mutex;
    std::unordered_map<std::string, std::vector<LiveEntry>, Hash, std::equal_to<>> users;
  };
  Shard& ShardOf(std::string_view user_id) { return shards_[Hash()(user_id) % shards_.size()]; }
  const Shard& ShardOf(std::string_view user_id) const {
    return shards_[Hash()(user_id) % shards_.size()];
  }
  const std::string* Intern(std::string_view item_id);

  const size_t max_entries_;
  std::array<Shard, 64> shards_;
  std::mutex items_mutex_;
  // Guarded by items_mutex_; an element never moves.
  std::unordered_set<std::string, Hash, std::equal_to<>> items_;
};

}  // namespace marquee
