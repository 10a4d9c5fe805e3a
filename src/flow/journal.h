// What happened to runs and tasks, in order, for whoever tells others of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "database/database.h"
#include "flow/entities.h"

namespace marquee::flow {

struct JournalEntry {
  enum class Kind {
    kRunStarted,
    kRunSucceeded,
    kRunFailed,
    kTaskStarted,  // a try
    kTaskSucceeded,
    kTaskFailed,   // for good
    kTaskRetried,  // its try failed, and another follows
    kTaskSkipped,
    kTaskUpstreamFailed,
    kSlaMissed,  // once a task and run, when its time is over
  };
  int64_t number = 0;  // grows
  Kind kind = Kind::kRunStarted;
  int64_t time_us = 0;
  DagRun run = {};                       // as it is now
  std::string task_id = {};              // "": of the run
  int try_number = 0;                    // 0: of no try: it was passed over
  std::optional<int64_t> start_us = {};  // of the run or the try
  std::string operator_name = {};
  std::string reason = {};  // why it failed
  Json datasets =
      Json();  // what the try read and wrote: {"inputs": [...], "outputs": [...]}, or null
};

// "run_started", "task_failed", "sla_missed", ...
std::string_view JournalKindName(JournalEntry::Kind kind);

// Whether somebody ended it while it ran: cancelled it, or gave it its state by hand.
bool WasEndedByHand(const JournalEntry& entry);

// One reader of a name at a time, of all processes on the database: it holds a lease from Next
// until `lease_ms` later. An entry is given again until it is done: at least once. A new name
// begins with what happens after it was first made. Entries go with their run, read or not.
// Thread-safe.
class JournalReader {
 public:
  // What is passed in must outlive it.
  JournalReader(database::Database& database, const Clock& clock, std::string name,
                int64_t lease_ms = 60'000);
  // Those that are not done, oldest first, at most `limit`; nothing while somebody else reads.
  std::vector<JournalEntry> Next(int64_t limit);
  // That entry and all before it; false when the lease was lost to another.
  bool Done(int64_t number);
  // Gives the lease back.
  void Release();

 private:
  database::Database& database_;
  const Clock& clock_;
  const std::string name_;
  const int64_t lease_ms_;
  const std::string holder_;
};

}  // namespace marquee::flow
