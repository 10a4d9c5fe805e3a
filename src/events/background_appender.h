// Events that need not be durable before the answer: appended by a thread of their own.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "events/event_log.h"

namespace marquee {

// Thread-safe. What waits is bounded: when the log is slower than its callers, further events are
// dropped and counted. A killed process loses what waits, at most some milliseconds of it while the
// log keeps up.
class BackgroundAppender {
 public:
  // `log` must outlive it. REQUIRES: max_waiting > 0.
  BackgroundAppender(EventLog& log, size_t max_waiting);
  // Appends what waits.
  ~BackgroundAppender();
  BackgroundAppender(const BackgroundAppender&) = delete;
  BackgroundAppender& operator=(const BackgroundAppender&) = delete;

  // Never waits. REQUIRES: CheckEvent passes.
  void Add(std::vector<Event> events);
  // Waits until what was added before is appended or dropped.
  void Flush();

  int64_t appended() const;
  // For want of room, or because the log failed.
  int64_t dropped() const;

 private:
  void AppendUntilStopped();

  EventLog& log_;
  const size_t max_waiting_;
  mutable std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable idle_;
  std::vector<Event> waiting_;  // guarded by mutex_, as all below
  bool appending_ = false;
  bool stopping_ = false;
  int64_t appended_ = 0;
  int64_t dropped_ = 0;
  std::thread thread_;
};

}  // namespace marquee
