// The event log: what is acknowledged is durable, what is read is in the order of offsets.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/event.h"

namespace marquee {

struct StoredEvent {
  int64_t offset;  // ascending, never used twice; there may be gaps
  Event event;     // without its idempotency key
};

struct Appended {
  int64_t offset;
  bool duplicate;  // the key was seen: the offset is the first one's, and nothing was added
};

// Thread-safe. Every call may throw unavailable when the store cannot be read or written.
class EventLog {
 public:
  virtual ~EventLog() = default;

  // Names the log once and for all: offsets mean something within it only.
  virtual std::string id() const = 0;

  // Returns when all are durable: a power cut after that loses none. All or none of them are added.
  // Results are in the order of `events`. REQUIRES: CheckEvent passes. Throws resource_exhausted
  // when too many wait to be written (try again later), unavailable when they cannot be written,
  // the disk is full for example: then none was.
  virtual std::vector<Appended> Append(std::span<const Event> events) = 0;

  // Events with an offset from `from` on, ascending, at most `limit`.
  virtual std::vector<StoredEvent> Read(int64_t from, int limit) const = 0;
  // Those of a user with an offset below `before`, the newest offset first.
  virtual std::vector<StoredEvent> ReadUser(std::string_view user_id, int64_t before,
                                            int limit) const = 0;
  // Those that happened in [from_ms, to_ms), by time and then offset, after the given pair.
  struct TimePosition {
    int64_t time_ms;
    int64_t offset;
  };
  virtual std::vector<StoredEvent> ReadTime(TimePosition after, int64_t to_ms, int limit) const = 0;
  // The offset that the next event will have at least, whichever process adds it; 1 when nothing
  // was ever added. All below it can be read. Cheap enough to be asked many times a second.
  virtual int64_t end_offset() const = 0;
  // Where the events that this object added, in one piece from `from` on, end; `from` itself where
  // another process added one. Who follows the log and has seen what it appends can skip them.
  virtual int64_t EndOfOwn(int64_t from) const = 0;

  // Calls `visit` on all from `from` on, in order, until there are no more; gives the next offset.
  int64_t ForEach(int64_t from, const std::function<void(const StoredEvent&)>& visit) const;

  // Retention: removes events that happened before `time_ms`; gives how many.
  virtual int64_t RemoveBefore(int64_t time_ms) = 0;
  // Removes all of a user, from the files too; gives how many events there were.
  virtual int64_t EraseUser(std::string_view user_id) = 0;
};

}  // namespace marquee
