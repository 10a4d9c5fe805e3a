#include "app/event_tail.h"

#include <exception>

#include "base/log.h"
#include "base/text.h"

namespace marquee {

EventTail::EventTail(const EventLog& log, RecommendEngine& engine, int64_t from,
                     std::chrono::milliseconds every)
    : log_(log), engine_(engine), next_(from), ticker_(every, [this] { Turn(); }) {}

void EventTail::Turn() {
  try {
    CatchUp();
    failed_ = false;
  } catch (const std::exception& error) {
    if (!failed_) LogWarning(StrCat("events of other processes: ", error.what()));
    failed_ = true;
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
