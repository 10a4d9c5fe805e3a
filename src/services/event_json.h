// Events as clients write and read them.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/json.h"
#include "events/event_log.h"

namespace marquee {

// {"user_id", "item_id" or "movie_id", "event", "rating" or "value", "timestamp", "session_id",
// "idempotency_key", "context"}: ids are strings or integers; without an event it is a rating where
// there is one, else a click; a timestamp is seconds since 1970 or UTC text, `now_ms` without one;
// context is an object. Throws invalid_argument that names the field, for an unknown one with the
// nearest, and what CheckEvent throws.
Event ParseEvent(const Json& json, int64_t now_ms);

// {"offset", "user_id", "item_id", "event", "value", "timestamp", "session_id", "context"}; what
// is not there is null.
Json RenderEvent(const StoredEvent& stored);

}  // namespace marquee
