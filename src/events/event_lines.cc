#include "events/event_lines.h"

#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"

namespace marquee {
namespace {

Json EventJson(const Event& event) {
  Json json = Json::MakeObject({{"user_id", event.user_id},
                                {"event", EventKindName(event.kind)},
                                {"time_ms", event.time_ms}});
  if (!event.item_id.empty()) json["item_id"] = event.item_id;
  if (event.has_value()) json["value"] = event.value;
  if (!event.session_id.empty()) json["session_id"] = event.session_id;
  if (!event.idempotency_key.empty()) json["idempotency_key"] = event.idempotency_key;
  if (!event.context.empty()) json["context"] = event.context;
  return json;
}

Event ParseEventJson(const Json& json) {
  const std::optional<EventKind> kind = ParseEventKind(json.At("event").AsString());
  if (!kind) throw Error(Code::kInvalidArgument, "the kind of event is unknown");
  Event event{.user_id = json.GetString("user_id"),
              .item_id = json.GetString("item_id"),
              .kind = *kind,
              .value = json.GetDouble("value", std::nan("")),
              .time_ms = json.At("time_ms").AsInt(),
              .session_id = json.GetString("session_id"),
              .idempotency_key = json.GetString("idempotency_key"),
              .context = json.GetString("context")};
  CheckEvent(event);
  return event;
}

}  // namespace

std::string EventLines(std::span<const Event> events) {
  std::string lines;
  for (const Event& event : events) {
    if (!lines.empty()) lines += '\n';
    lines += EventJson(event).Dump();
  }
  return lines;
}

std::vector<std::optional<Event>> ParseEventLines(std::string_view lines) {
  std::vector<std::optional<Event>> events;
  for (const std::string_view line : Split(lines, "\n")) {
    try {
      events.emplace_back(ParseEventJson(Json::Parse(line)));
    } catch (const Error& error) {
      LogWarning(StrCat("event log: a line of the topic is no event: ", error.message()));
      events.emplace_back();
    }
  }
  return events;
}

}  // namespace marquee
