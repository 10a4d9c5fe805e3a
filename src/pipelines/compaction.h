// From the event log to bronze.events: what people did becomes a table like any other.
#pragma once

#include <cstdint>

#include "events/event_log.h"
#include "pipelines/import.h"

namespace marquee {

struct CompactResult {
  int64_t events;   // appended
  int64_t from;     // the offset of the log from which on they were taken
  int64_t to;       // the offset up to which, itself not, the table holds them now
  int64_t version;  // of the table; -1 while there is none
  bool was_up_to_date() const { return from == to; }
};

// Appends the events that came since the last time to bronze.events, in one commit. How far it is
// stands in that commit (StreamStep), by the id of the log: a run that dies, or two at once,
// neither lose an event nor bring it twice. Events that retention removed before are not there to
// be taken. Throws failed_precondition when another run was first; data_loss when the table holds
// more than the log ever had, which then is an older copy. Memory: a block of events.
CompactResult CompactEvents(const PipelineRun& run, const EventLog& log, lake::Lake& lake);

}  // namespace marquee
