// Events that need not be durable before the answer: appended by a thread of their own.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "base/batch_worker.h"
#include "events/event_log.h"

namespace marquee {

// Thread-safe. What waits is bounded: when the log is slower than its callers, further events are
// dropped and counted. A killed process loses what waits, at most a tenth of a second of it while
// the log keeps up.
class BackgroundAppender {
 public:
  // `log` must outlive it. Its end appends what waits.
  BackgroundAppender(EventLog& log, size_t max_waiting);
  // Never waits. REQUIRES: CheckEvent passes.
  void Add(std::vector<Event> events);
  // Waits until what was added before is appended or dropped.
  void Flush() { worker_.Flush(); }

  int64_t appended() const { return appended_; }
  // For want of room, or because the log failed.
  int64_t dropped() const { return dropped_; }

 private:
  void Append(const std::vector<Event>& events);

  EventLog& log_;
  std::atomic<int64_t> appended_ = 0;
  std::atomic<int64_t> dropped_ = 0;
  BatchWorker<Event> worker_;  // last: its thread uses the rest
};

}  // namespace marquee
