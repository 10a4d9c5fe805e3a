// What people do, one event each: the truth that online state and training data are folded from.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace marquee {

enum class EventKind : uint8_t {
  kRating = 1,  // value: on the scale of the data
  kWatch,       // value: the share watched, 0 to 1; without one the whole
  kClick,
  kImpression,  // was shown; without an item a whole list, which `context` tells (impressions.h)
  kLike,
  kDislike,
  kSkip,
  kSearch,  // item_id is empty; `context` holds the words
  kRemove,  // takes back all that the user did with the item
};

// "rating", "watch", ...: as the wire and files name it.
std::string_view EventKindName(EventKind kind);
std::optional<EventKind> ParseEventKind(std::string_view name);
// In the order of the enumeration.
std::vector<std::string> EventKindNames();

struct Event {
  std::string user_id = {};  // 1 to 256 bytes of UTF-8
  std::string item_id = {};  // likewise; empty for a search and for a list that was shown
  EventKind kind = EventKind::kClick;
  double value = std::numeric_limits<double>::quiet_NaN();  // NaN: none was given
  int64_t time_ms = 0;                                      // since 1970, when it happened
  std::string session_id = {};                              // at most 256 bytes; may be empty
  // Of one user: an event with a key that was seen is the same event sent again. Empty: none.
  std::string idempotency_key = {};
  std::string context = {};  // JSON that belongs to the event, at most 4 KiB; may be empty

  bool has_value() const { return value == value; }
};

// Whether it is a sign that the user likes the item: a rating above `min_rating`, a like, a click,
// a film watched by half or more.
bool ShowsLiking(EventKind kind, double value, double min_rating);

// Throws invalid_argument that names the field, its value and what is allowed: an id that is empty,
// too long or not UTF-8, a rating without a value, a watch beyond 0..1, a value that is not finite,
// a search with an item, a time before 1970 or beyond the year 9999.
void CheckEvent(const Event& event);

}  // namespace marquee
