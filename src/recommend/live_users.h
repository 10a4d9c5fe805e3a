// What people did since the data was loaded: the event log, folded into memory.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
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

// Thread-safe; users are spread over locks. Memory: 48 bytes an entry, and each id once.
class LiveUsers {
 public:
  // Of a user, the `max_entries` items that were last acted on are kept; what is dropped is as if
  // it had not been. REQUIRES: > 0.
  explicit LiveUsers(int max_entries = 500) : max_entries_(static_cast<size_t>(max_entries)) {}

  // Impressions and searches change nothing. O(entries of the user).
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
  LiveActivity activity_;
  std::mutex items_mutex_;
  // Guarded by items_mutex_; an element never moves.
  std::unordered_set<std::string, Hash, std::equal_to<>> items_;
};

}  // namespace marquee
