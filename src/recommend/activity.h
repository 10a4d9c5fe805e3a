// How often titles are met, over time: what charts are made from.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "events/event.h"
#include "interactions/interactions.h"

namespace marquee {

// Of loaded interactions, by day. Immutable, thread-safe. 2 bytes an interaction.
class LoadedActivity {
 public:
  LoadedActivity() = default;
  // O(nnz log(row)).
  explicit LoadedActivity(const SparseMatrix& by_item);

  // Interactions with an item on a day (since 1970) of [from, to). O(log row).
  int64_t Count(int32_t item, int64_t from_day, int64_t to_day) const;

 private:
  std::vector<int64_t> offsets_ = {0};
  std::vector<uint16_t> days_;  // ascending within an item
};

// Of events, by hour. Thread-safe. Ratings, watches, clicks and likes count; removals take nothing
// back, nor does erasing a person: a count names nobody.
class LiveActivity {
 public:
  void Observe(const Event& event);

  struct Counts {
    int64_t before = 0;  // in [since, from) hours since 1970
    int64_t within = 0;  // from `from` on
  };
  // By item id. O(items and hours that were met).
  std::map<std::string, Counts, std::less<>> Count(int64_t since_hour, int64_t from_hour) const;
  // The newest hour that was met; 0 without events.
  int64_t newest_hour() const;

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::map<int64_t, int64_t>> hours_;  // guarded by mutex_
};

}  // namespace marquee
