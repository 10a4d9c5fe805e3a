// Brings what the journal says to somebody, in order, however often that fails.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/cancel.h"
#include "flow/journal.h"

namespace marquee::flow {

// Of a name, as JournalReader; its calls are for one thread at a time. What is not told when it
// ends comes at the next start.
class JournalPump {
 public:
  // Tells it, or throws Error: then it is told again, after 1 s, and after twice as long each
  // time, at most a minute. It must take less than 5 s.
  using Tell = std::function<void(const JournalEntry& entry)>;

  // What is passed in must outlive it. `steady`: for the pauses; `stop`: ends a turn early.
  JournalPump(database::Database& database, const Clock& clock, const Clock& steady,
              std::string name, Tell tell, const CancelToken& stop);
  ~JournalPump();
  JournalPump(const JournalPump&) = delete;
  JournalPump& operator=(const JournalPump&) = delete;

  // Tells some entries, if there are any and no pause is on; whether to go on at once. What fails
  // is logged, the first time.
  bool Turn();
  // Tells what is there, pause or not, until something fails, the time is over or `cancel`.
  void Drain(int64_t at_most_ms, const CancelToken& cancel);

 private:
  using Ends = std::function<bool()>;
  bool TurnUntil(const Ends& ends);
  bool TellSome(const Ends& ends);

  const Clock& steady_;
  const std::string name_;
  const Tell tell_;
  const CancelToken& stop_;
  JournalReader reader_;
  int64_t pause_ms_ = 0;  // the latest one; 0: all went well
  int64_t next_ms_ = 0;   // of `steady`
};

}  // namespace marquee::flow
