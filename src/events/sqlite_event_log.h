// The event log in one SQLite file: the embedded default.
#pragma once

#include <filesystem>
#include <memory>

#include "events/event_log.h"

namespace marquee {

struct SqliteEventLogOptions {
  std::filesystem::path path;  // "events.db"; made, with its folder, when it is not there
  int max_waiting = 200'000;   // events that may wait to be written before Append refuses more
};

// Write-ahead logging with synchronous=FULL: a commit is one fsync. A single writer thread takes
// all that waits as one transaction (group commit), so many callers share an fsync; readers do not
// wait for it. Several processes may write one file: they take turns. Cost: an append is one fsync;
// the index by user and by time is a merge tree that grows some thousand events at a time, so a
// lookup reads a page a run and the newest events (docs/benchmarks.md). Memory: the waiting events,
// 16 MiB of pages a connection, 100 MB while the largest runs are merged.
//
// Throws unavailable when the file cannot be opened, data_loss when it is not such a log or
// damaged, failed_precondition when a newer version of Marquee wrote it.
std::unique_ptr<EventLog> OpenSqliteEventLog(const SqliteEventLogOptions& options);

}  // namespace marquee
