// What other processes write to the event log, folded into the engine of this one.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/ticker.h"
#include "events/event_log.h"
#include "recommend/engine.h"

namespace marquee {

// Looks every `every` whether the log has grown, on a thread of its own, from its start to its end.
// What was appended through `log` itself is passed over: whoever appends observes it too. A log
// that cannot be read for a while is a warning, and followed again from where it was. `log` and
// `engine` must outlive it. Cost: one lookup in the log a turn.
class EventTail {
 public:
  // Events below `from` have been observed.
  EventTail(const EventLog& log, RecommendEngine& engine, int64_t from,
            std::chrono::milliseconds every);

 private:
  void Turn();
  void CatchUp();

  const EventLog& log_;
  RecommendEngine& engine_;
  int64_t next_;         // of the ticker's thread, as is the next
  bool failed_ = false;  // the last turn
  Ticker ticker_;        // last: it uses the rest
};

}  // namespace marquee
