#include "events/background_appender.h"

#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

namespace marquee {

BackgroundAppender::BackgroundAppender(EventLog& log, size_t max_waiting)
    : log_(log), max_waiting_(max_waiting), thread_([this] { AppendUntilStopped(); }) {}

BackgroundAppender::~BackgroundAppender() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_.notify_one();
  thread_.join();
}

void BackgroundAppender::Add(std::vector<Event> events) {
  const std::lock_guard lock(mutex_);
  if (waiting_.size() + events.size() > max_waiting_) {
    dropped_ += static_cast<int64_t>(events.size());
    return;
  }
  for (Event& event : events) waiting_.push_back(std::move(event));
  if (!appending_) work_.notify_one();
}

void BackgroundAppender::Flush() {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [this] { return waiting_.empty() && !appending_; });
}

int64_t BackgroundAppender::appended() const {
  const std::lock_guard lock(mutex_);
  return appended_;
}

int64_t BackgroundAppender::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

void BackgroundAppender::AppendUntilStopped() {
  std::unique_lock lock(mutex_);
  while (true) {
    work_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const std::vector<Event> events = std::exchange(waiting_, {});
    appending_ = true;
    lock.unlock();
    bool failed = false;
    try {
      log_.Append(events);
    } catch (const Error& error) {
      failed = true;
      LogWarning(
          StrCat(events.size(), " events that were not waited for are lost: ", error.what()));
    }
    lock.lock();
    appending_ = false;
    (failed ? dropped_ : appended_) += static_cast<int64_t>(events.size());
    idle_.notify_all();
  }
}

}  // namespace marquee
