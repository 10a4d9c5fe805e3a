// What people did since the data was loaded: the event log, folded into memory.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <limits>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "events/event.h"
#include "recommend/activity.h"

namespace marquee {

struct Deed {
  EventKind kind;
  float value;  // as the event gave it; NaN where it gave none
  int64_t time_ms;
};

// What a user did with an item, as far as it can still count: the latest opinion (rating, like,
// dislike), the latest hint at one (watch, click, skip), the latest removal. Each only grows later,
// so the result does not depend on the order in which deeds are added, nor on how often.
class LiveEntry {
 public:
  // `item_id` must outlive it.
  explicit LiveEntry(const std::string* item_id) : item_id_(item_id) {}

  void Add(const Deed& deed);
  const std::string& item_id() const { return *item_id_; }
  // What counts: of what came after the removal the opinion, else the hint; nothing when all was
  // taken back. Of deeds at one time the greater kind and value stands, and a removal wins.
  std::optional<Deed> Standing() const;
  int64_t newest_ms() const;

 private:
  static constexpr int64_t kNever = std::numeric_limits<int64_t>::min();
  static constexpr Deed kNothing = {EventKind::kSkip, 0, kNever};

  const std::string* item_id_;
  Deed opinion_ = kNothing;
  Deed hint_ = kNothing;
  int64_t removed_ms_ = kNever;
};

// Thread-safe; users are spread over locks. Memory: 16 bytes an opinion, hint or removal that is
// kept (most items have one of the three), a quarter of that in reserve, about 100 bytes a user and
// each item's id once.
class LiveUsers {
 public:
  // Of a user, the `max_entries` items that were last acted on are kept; what is dropped is as if
  // it had not been. REQUIRES: > 0.
  explicit LiveUsers(int max_entries = 500) : max_entries_(static_cast<size_t>(max_entries)) {}

  // Impressions and searches change nothing. O(entries of the user). REQUIRES: as CheckEvent has
  // it.
  void Observe(const Event& event);
  // One an item; empty for somebody who did nothing.
  std::vector<LiveEntry> Entries(std::string_view user_id) const;
  void Forget(std::string_view user_id);
  int64_t num_users() const;
  // In no order.
  std::vector<std::string> UserIds() const;
  // Of titles, whoever met them.
  const LiveActivity& activity() const { return activity_; }
  LiveActivity& activity() { return activity_; }

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  // One deed in 16 bytes.
  struct Packed {
    uint64_t stamp;  // time_ms * 256 + kind
    float value;
    int32_t item;  // row in item_ids_
  };
  struct User {
    std::vector<Packed> deeds;  // those of an item stand together, at most one of each role
    size_t items = 0;           // how many different ones
  };
  struct Shard {
    mutable std::mutex mutex;
    std::unordered_map<std::string, User, Hash, std::equal_to<>> users;
  };
  Shard& ShardOf(std::string_view user_id) { return shards_[Hash()(user_id) % shards_.size()]; }
  const Shard& ShardOf(std::string_view user_id) const {
    return shards_[Hash()(user_id) % shards_.size()];
  }
  static void Put(User& user, const Packed& deed);
  static void DropOldestItem(User& user);
  int32_t RowOf(std::string_view item_id);

  const size_t max_entries_;
  std::array<Shard, 64> shards_;
  LiveActivity activity_;
  mutable std::shared_mutex items_mutex_;
  std::deque<std::string> item_ids_;  // guarded by items_mutex_; an element never moves or changes
  std::unordered_map<std::string_view, int32_t> item_rows_;  // guarded by items_mutex_
};

}  // namespace marquee
