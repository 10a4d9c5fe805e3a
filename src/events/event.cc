#include "events/event.h"

#include <array>
#include <cmath>

#include "base/error.h"
#include "base/text.h"

namespace marquee {
namespace {

constexpr size_t kMaxIdBytes = 256;
constexpr size_t kMaxContextBytes = 4096;
constexpr double kWatchedEnough = 0.5;
constexpr int64_t kEndOf9999Ms = 253'402'300'800'000;

// In the order of the enumeration, whose first value is 1.
constexpr std::array<std::string_view, 9> kKindNames = {
    "rating", "watch", "click", "impression", "like", "dislike", "skip", "search", "remove"};

void CheckText(std::string_view field, std::string_view text, size_t max_bytes) {
  if (text.size() > max_bytes) {
    throw Error(Code::kInvalidArgument,
                StrCat(field, " has ", text.size(), " bytes: must be at most ", max_bytes),
                StrCat("shorten ", field));
  }
  if (!IsValidUtf8(text)) {
    throw Error(Code::kInvalidArgument, StrCat(field, " is not UTF-8"), "send UTF-8");
  }
}

void CheckId(std::string_view field, std::string_view id) {
  if (id.empty()) {
    throw Error(Code::kInvalidArgument, StrCat(field, " is empty"), StrCat("give ", field));
  }
  CheckText(field, id, kMaxIdBytes);
}

void CheckValue(const Event& event) {
  if (std::isinf(event.value)) {
    throw Error(Code::kInvalidArgument, "value is infinite", "give a finite number");
  }
  if (event.kind == EventKind::kRating && !event.has_value()) {
    throw Error(Code::kInvalidArgument, "a rating has no value", "give \"rating\": 4.5");
  }
  if (event.kind == EventKind::kWatch && (event.value < 0 || event.value > 1)) {
    throw Error(Code::kInvalidArgument,
                StrCat("value of a watch is ", event.value, ": must be 0 to 1"),
                "give the share of the film that was watched");
  }
}

}  // namespace

std::string_view EventKindName(EventKind kind) {
  return kKindNames.at(static_cast<size_t>(kind) - 1);
}

std::optional<EventKind> ParseEventKind(std::string_view name) {
  for (size_t i = 0; i < kKindNames.size(); ++i) {
    if (kKindNames[i] == name) return static_cast<EventKind>(i + 1);
  }
  return std::nullopt;
}

std::vector<std::string> EventKindNames() { return {kKindNames.begin(), kKindNames.end()}; }

bool ShowsLiking(EventKind kind, double value, double min_rating) {
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

void CheckEvent(const Event& event) {
  CheckId("user_id", event.user_id);
  if (event.kind != EventKind::kSearch) {
    const bool list = event.kind == EventKind::kImpression && event.item_id.empty();
    if (!list) CheckId("item_id", event.item_id);
  } else if (!event.item_id.empty()) {
    throw Error(Code::kInvalidArgument, StrCat("a search names the item '", event.item_id, "'"),
                "leave the item out, or send a click on it");
  }
  CheckText("session_id", event.session_id, kMaxIdBytes);
  CheckText("idempotency_key", event.idempotency_key, kMaxIdBytes);
  CheckText("context", event.context, kMaxContextBytes);
  CheckValue(event);
  if (event.time_ms < 0 || event.time_ms >= kEndOf9999Ms) {
    throw Error(Code::kInvalidArgument,
                StrCat("timestamp is ", event.time_ms, " ms since 1970: must lie in 1970 to 9999"),
                "give seconds since 1970, or UTC as 2024-01-05T01:02:03Z");
  }
}

}  // namespace marquee
