#include "events/event_log.h"

namespace marquee {

int64_t EventLog::ForEach(int64_t from,
                          const std::function<void(const StoredEvent&)>& visit) const {
  constexpr int kBlock = 4096;
  while (true) {
    const std::vector<StoredEvent> block = Read(from, kBlock);
    for (const StoredEvent& stored : block) visit(stored);
    if (block.empty()) return from;
    from = block.back().offset + 1;
  }
}

}  // namespace marquee
