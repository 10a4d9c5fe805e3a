// What other processes write to the event log, folded into the engine of this one.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

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
  ~EventTail();
  EventTail(const EventTail&) = delete;
  EventTail& operator=(const EventTail&) = delete;

 private:
  void Run();
  void CatchUp();

  const EventLog& log_;
  RecommendEngine& engine_;
  int64_t next_;  // of the thread
  const std::chrono::milliseconds every_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace marquee
