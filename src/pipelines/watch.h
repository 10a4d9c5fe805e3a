// Watches a statement from another thread: its progress goes out, a request to cancel comes in.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "base/cancel.h"
#include "base/progress.h"
#include "lake/engine.h"

namespace marquee {

// While it lives, reports the progress of the session's statements as the stage `stage` and
// interrupts them once `cancel` is requested. Ends the stage as done, unless an exception passes.
class SessionWatch {
 public:
  SessionWatch(lake::Session& session, std::string stage, Progress& progress,
               const CancelToken& cancel);
  ~SessionWatch();
  SessionWatch(const SessionWatch&) = delete;
  SessionWatch& operator=(const SessionWatch&) = delete;

  // What the stage says when it is done: "1,000,209 rows".
  void SetOutcome(std::string outcome) { outcome_ = std::move(outcome); }

 private:
  void Run();

  lake::Session& session_;
  const std::string stage_;
  Progress& progress_;
  const CancelToken& cancel_;
  const int exceptions_at_start_;
  std::string outcome_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool done_ = false;
  std::thread thread_;
};

// While it lives, the statements of the session's engine may write rows in any order: on all
// threads, and with less memory. The rows of tables have no order that anything may count on.
class AnyRowOrder {
 public:
  explicit AnyRowOrder(lake::Session& session);
  ~AnyRowOrder();
  AnyRowOrder(const AnyRowOrder&) = delete;
  AnyRowOrder& operator=(const AnyRowOrder&) = delete;

 private:
  lake::Session& session_;
};

}  // namespace marquee
