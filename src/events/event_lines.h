// Events as lines of JSON: what one message of a Kafka topic holds. Inside the module only.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/event.h"

namespace marquee {

// One event a line: {"user_id", "item_id", "event", "value", "time_ms", "session_id",
// "idempotency_key", "context"}; what an event lacks is left out.
std::string EventLines(std::span<const Event> events);

// Back again; nothing for a line that is no event, of which a warning is logged.
std::vector<std::optional<Event>> ParseEventLines(std::string_view lines);

}  // namespace marquee
