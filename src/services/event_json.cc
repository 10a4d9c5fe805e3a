#include "services/event_json.h"

#include <cmath>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/json_fields.h"
#include "base/text.h"

namespace marquee {
namespace {

const std::vector<std::string> kFields = {"user_id",         "item_id", "movie_id",  "event",
                                          "rating",          "value",   "timestamp", "session_id",
                                          "idempotency_key", "context"};

std::string OptionalText(const Json& json, std::string_view field) {
  const Json* value = GivenField(json, field);
  if (value == nullptr) return "";
  if (!value->is_string()) RefuseField(field, *value, "a string");
  return value->AsString();
}

double OptionalNumber(std::string_view field, const Json* value) {
  if (value == nullptr) return std::nan("");
  if (!value->is_number()) RefuseField(field, *value, "a number");
  return value->AsDouble();
}

EventKind KindOf(const Json& json) {
  const Json* value = GivenField(json, "event");
  if (value == nullptr)
    return GivenField(json, "rating") != nullptr ? EventKind::kRating : EventKind::kClick;
  const std::vector<std::string> names = EventKindNames();
  if (!value->is_string()) RefuseField("event", *value, "one of " + Join(names, ", "));
  const std::optional<EventKind> kind = ParseEventKind(value->AsString());
  if (kind) return *kind;
  throw Error(Code::kInvalidArgument,
              StrCat("event '", value->AsString().substr(0, 80), "' is unknown",
                     DidYouMean(value->AsString(), names)),
              "events are: " + Join(names, ", "));
}

int64_t TimeOf(const Json& json, int64_t now_ms) {
  const Json* value = GivenField(json, "timestamp");
  if (value == nullptr) return now_ms;
  if (value->is_number() && std::abs(value->AsDouble()) < 1e12)
    return std::llround(value->AsDouble() * 1000);
  if (value->is_string()) {
    const std::optional<int64_t> time_ms = ParseUtc(value->AsString());
    if (time_ms) return *time_ms;
  }
  RefuseField("timestamp", *value, "seconds since 1970, or UTC as 2024-01-05T01:02:03Z");
}

std::string ContextOf(const Json& json) {
  const Json* value = GivenField(json, "context");
  if (value == nullptr) return "";
  if (!value->is_object()) RefuseField("context", *value, "an object");
  return value->Dump();
}

}  // namespace

Event ParseEvent(const Json& json, int64_t now_ms) {
  RequireObject("an event", json, kFields);
  Event event;
  if (const Json* user = GivenField(json, "user_id")) event.user_id = IdField("user_id", *user);
  const Json* item = GivenOnce(json, "item_id", "movie_id");
  if (item != nullptr) event.item_id = IdField("item_id", *item);
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
