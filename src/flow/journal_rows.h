// Internal: how entries come into the journal.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "flow/journal.h"
#include "flow/sql.h"

namespace marquee::flow {

// Of the latest try of `task`, as it stands; the run's number alone is kept of `run`.
JournalEntry EntryOf(JournalEntry::Kind kind, int64_t time_us, const DagRun& run,
                     const TaskInstance& task);
JournalEntry EntryOf(JournalEntry::Kind kind, int64_t time_us, const DagRun& run);

// Of a task that was in state `before` and is passed over: a try that waited ends with it.
JournalEntry PassedOver(JournalEntry::Kind kind, int64_t time_us, const DagRun& run,
                        TaskInstance task, TaskState before);

// Reasons that WasEndedByHand knows.
inline constexpr std::string_view kCancelledReason = "it was cancelled";
inline constexpr std::string_view kByHand = " by hand";

// How a try ended that came to `state`: kTaskSucceeded, kTaskFailed, kTaskRetried, ...
JournalEntry::Kind KindOfEnd(TaskState state);

// Numbers the entries and adds them. Takes the turn of the schedulers, until the transaction ends.
void WriteJournal(Session& session, std::span<const JournalEntry> entries);

// Whether an entry of that kind is there for the task and run.
bool IsJournaled(Session& session, JournalEntry::Kind kind, int64_t run,
                 const std::string& task_id);

}  // namespace marquee::flow
