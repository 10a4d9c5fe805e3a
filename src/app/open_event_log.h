// The event log of a home, as its settings say.
#pragma once

#include <memory>

#include "app/environment.h"
#include "events/event_log.h"

namespace marquee {

// Throws what OpenSqliteEventLog or OpenKafkaEventLog throws; invalid_argument when
// events.log is kafka and no brokers are named.
std::unique_ptr<EventLog> OpenEventLog(const Environment& environment);

// Whether there is a log to read: a home that never served has none, unless it is elsewhere.
bool HasEventLog(const Environment& environment);

}  // namespace marquee
