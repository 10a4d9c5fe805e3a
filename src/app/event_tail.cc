#include "app/event_tail.h"

#include <algorithm>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

namespace marquee {

EventTail::EventTail(const EventLog& log, RecommendEngine& engine, int64_t from,
                     std::chrono::milliseconds every)
    : log_(log), engine_(engine), next_(from), every_(every), thread_([this] { Run(); }) {}

EventTail::~EventTail() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void EventTail::Run() {
  bool failed = false;
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, every_, [this] { return stopping_; })) {
    lock.unlock();
    try {
      CatchUp();
      failed = false;
    } catch (const Error& error) {
      if (!failed) LogWarning(StrCat("events of other processes: ", error.message()));
      failed = true;
    }
    lock.lock();
  }
}

void EventTail::CatchUp() {
  constexpr int kBlock = 4096;
  const int64_t end = log_.end_offset();
  while (next_ < end) {
    const int64_t own = log_.EndOfOwn(next_);
    if (own > next_) {
      next_ = own;
      continue;
    }
    const std::vector<StoredEvent> block = log_.Read(next_, kBlock);
    for (const StoredEvent& stored : block) engine_.Observe(stored.event);
    // An empty block: what was there has been removed since.
    next_ = block.empty() ? end : block.back().offset + 1;
  }
}

}  // namespace marquee
