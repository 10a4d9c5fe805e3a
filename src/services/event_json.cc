#include "services/event_json.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"

namespace marquee {
namespace {

const std::vector<std::string> kFields = {"user_id",         "item_id", "movie_id",  "event",
                                          "rating",          "value",   "timestamp", "session_id",
                                          "idempotency_key", "context"};

[[noreturn]] void Refuse(std::string_view field, const Json& value, std::string_view wanted) {
  throw Error(Code::kInvalidArgument,
              StrCat(field, " is ", value.Dump().substr(0, 80), ": must be ", wanted),
              StrCat("give ", field, " as ", wanted));
}

void RequireKnownFields(const Json& json) {
  if (!json.is_object()) {
    throw Error(Code::kInvalidArgument,
                StrCat("an event is ", json.Dump().substr(0, 80), ": must be an object"),
                R"(send {"user_id": 42, "movie_id": 1, "rating": 4.5})");
  }
  for (const auto& [field, value] : json.AsObject()) {
    if (std::ranges::find(kFields, field) != kFields.end()) continue;
    throw Error(Code::kInvalidArgument,
                StrCat("unknown field '", field, "'", DidYouMean(field, kFields)),
                "an event takes: " + Join(kFields, ", "));
  }
}

// Null when it is absent, or null.
const Json* Given(const Json& json, std::string_view field) {
  const Json* value = json.Find(field);
  return value == nullptr || value->is_null() ? nullptr : value;
}

const Json* GivenOnce(const Json& json, std::string_view one, std::string_view other) {
  const Json* value = Given(json, one);
  const Json* twin = Given(json, other);
  if (value != nullptr && twin != nullptr) {
    throw Error(Code::kInvalidArgument, StrCat("both ", one, " and ", other, " are given"),
                "they mean the same: give one");
  }
  return value != nullptr ? value : twin;
}

std::string IdText(std::string_view field, const Json* value) {
  if (value == nullptr) return "";
  if (value->is_int()) return std::to_string(value->AsInt());
  if (!value->is_string()) Refuse(field, *value, "a string or an integer");
  return value->AsString();
}

std::string OptionalText(const Json& json, std::string_view field) {
  const Json* value = Given(json, field);
  if (value == nullptr) return "";
  if (!value->is_string()) Refuse(field, *value, "a string");
  return value->AsString();
}

double OptionalNumber(std::string_view field, const Json* value) {
  if (value == nullptr) return std::nan("");
  if (!value->is_number()) Refuse(field, *value, "a number");
  return value->AsDouble();
}

EventKind KindOf(const Json& json) {
  const Json* value = Given(json, "event");
  if (value == nullptr)
    return Given(json, "rating") != nullptr ? EventKind::kRating : EventKind::kClick;
  const std::vector<std::string> names = EventKindNames();
  if (!value->is_string()) Refuse("event", *value, "one of " + Join(names, ", "));
  const std::optional<EventKind> kind = ParseEventKind(value->AsString());
  if (kind) return *kind;
  throw Error(Code::kInvalidArgument,
              StrCat("event '", value->AsString().substr(0, 80), "' is unknown",
                     DidYouMean(value->AsString(), names)),
              "events are: " + Join(names, ", "));
}

int64_t TimeOf(const Json& json, int64_t now_ms) {
  const Json* value = Given(json, "timestamp");
  if (value == nullptr) return now_ms;
  if (value->is_number() && std::abs(value->AsDouble()) < 1e12)
    return std::llround(value->AsDouble() * 1000);
  if (value->is_string()) {
    const std::optional<int64_t> time_ms = ParseUtc(value->AsString());
    if (time_ms) return *time_ms;
  }
  Refuse("timestamp", *value, "seconds since 1970, or UTC as 2024-01-05T01:02:03Z");
}

std::string ContextOf(const Json& json) {
  const Json* value = Given(json, "context");
  if (value == nullptr) return "";
  if (!value->is_object()) Refuse("context", *value, "an object");
  return value->Dump();
}

Json TextOrNull(const std::string& text) { return text.empty() ? Json() : Json(text); }

}  // namespace

Event ParseEvent(const Json& json, int64_t now_ms) {
  RequireKnownFields(json);
  Event event;
  event.user_id = IdText("user_id", Given(json, "user_id"));
  event.item_id = IdText("item_id", GivenOnce(json, "item_id", "movie_id"));
  event.kind = KindOf(json);
  event.value = OptionalNumber("value", GivenOnce(json, "value", "rating"));
  event.time_ms = TimeOf(json, now_ms);
  event.session_id = OptionalText(json, "session_id");
  event.idempotency_key = OptionalText(json, "idempotency_key");
  event.context = ContextOf(json);
  CheckEvent(event);
  return event;
}

Json RenderEvent(const StoredEvent& stored) {
  const Event& event = stored.event;
  return Json::MakeObject(
      {{"offset", stored.offset},
       {"user_id", event.user_id},
       {"item_id", TextOrNull(event.item_id)},
       {"event", EventKindName(event.kind)},
       {"value", event.has_value() ? Json(event.value) : Json()},
       {"timestamp", FormatUtc(event.time_ms)},
       {"session_id", TextOrNull(event.session_id)},
       {"context", event.context.empty() ? Json() : Json::Parse(event.context)}});
}

}  // namespace marquee
