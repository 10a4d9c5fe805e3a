#include "flow/journal.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"
#include "base/ids.h"
#include "base/text.h"
#include "flow/journal_rows.h"
#include "flow/rows.h"
#include "flow/times.h"

namespace marquee::flow {
namespace {

using EntryKind = JournalEntry::Kind;

constexpr std::array<std::pair<EntryKind, std::string_view>, 10> kJournalKinds = {
    {{EntryKind::kRunStarted, "run_started"},
     {EntryKind::kRunSucceeded, "run_succeeded"},
     {EntryKind::kRunFailed, "run_failed"},
     {EntryKind::kTaskStarted, "task_started"},
     {EntryKind::kTaskSucceeded, "task_succeeded"},
     {EntryKind::kTaskFailed, "task_failed"},
     {EntryKind::kTaskRetried, "task_retried"},
     {EntryKind::kTaskSkipped, "task_skipped"},
     {EntryKind::kTaskUpstreamFailed, "task_upstream_failed"},
     {EntryKind::kSlaMissed, "sla_missed"}}};

EntryKind ParseKind(std::string_view name) {
  const auto found = std::ranges::find(kJournalKinds, name, [](const auto& e) { return e.second; });
  if (found != kJournalKinds.end()) return found->first;
  throw Error(Code::kDataLoss, StrCat("the journal has an entry of kind '", name, "'"),
              "a newer program wrote it: use that one");
}

JournalEntry ReadEntry(const Rows& rows) {
  JournalEntry entry;
  entry.number = rows.Int(0);
  entry.run.run = rows.Int(1);
  entry.kind = ParseKind(rows.Text(2));
  entry.time_us = rows.Int(3);
  entry.task_id = rows.Text(4);
  entry.try_number = static_cast<int>(rows.Int(5));
  entry.start_us = OptionalInt(rows, 6);
  entry.operator_name = rows.Text(7);
  entry.reason = rows.Text(8);
  if (const std::string datasets = rows.Text(9); !datasets.empty()) {
    entry.datasets = Json::Parse(datasets);
  }
  return entry;
}

}  // namespace

std::string_view JournalKindName(EntryKind kind) {
  return std::ranges::find(kJournalKinds, kind, [](const auto& e) { return e.first; })->second;
}

bool WasEndedByHand(const JournalEntry& entry) {
  return entry.reason == kCancelledReason || entry.reason.ends_with(kByHand);
}

JournalEntry EntryOf(EntryKind kind, int64_t time_us, const DagRun& run) {
  JournalEntry entry{.kind = kind, .time_us = time_us, .run = run};
  entry.start_us = run.start_us;
  return entry;
}

JournalEntry EntryOf(EntryKind kind, int64_t time_us, const DagRun& run, const TaskInstance& task) {
  JournalEntry entry{.kind = kind, .time_us = time_us, .run = run};
  entry.task_id = task.task_id;
  entry.try_number = task.try_number;
  entry.start_us = task.start_us;
  entry.operator_name = task.operator_name;
  entry.reason = task.reason;
  return entry;
}

EntryKind KindOfEnd(TaskState state) {
  switch (state) {
    case TaskState::kSuccess:
      return EntryKind::kTaskSucceeded;
    case TaskState::kSkipped:
      return EntryKind::kTaskSkipped;
    case TaskState::kUpForRetry:
      return EntryKind::kTaskRetried;
    case TaskState::kUpstreamFailed:
      return EntryKind::kTaskUpstreamFailed;
    default:
      return EntryKind::kTaskFailed;
  }
}

JournalEntry PassedOver(EntryKind kind, int64_t time_us, const DagRun& run, TaskInstance task,
                        TaskState before) {
  if (before != TaskState::kDeferred) task.try_number = 0;
  return EntryOf(kind, time_us, run, task);
}

void WriteJournal(Session& session, std::span<const JournalEntry> entries) {
  if (entries.empty()) return;
  int64_t number = 0;
  {
    Rows rows = session.Query("update turn set journaled = journaled + ? returning journaled",
                              {static_cast<int64_t>(entries.size())});
    rows.Next();
    number = rows.Int(0) - static_cast<int64_t>(entries.size());
  }
  std::vector<SqlValues> values;
  for (const JournalEntry& entry : entries) {
    values.push_back({++number, entry.run.run, std::string(JournalKindName(entry.kind)),
                      entry.time_us, entry.task_id, int64_t{entry.try_number},
                      OrNull(entry.start_us), entry.operator_name, entry.reason,
                      entry.datasets.is_null() ? std::string() : entry.datasets.Dump()});
  }
  session.RunMany(
      "insert into journal (number, run, kind, time_us, task_id, try_number, start_us, operator, "
      "reason, datasets) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      values);
}

bool IsJournaled(Session& session, EntryKind kind, int64_t run, const std::string& task_id) {
  return session
      .Query("select 1 from journal where run = ? and kind = ? and task_id = ? limit 1",
             {run, std::string(JournalKindName(kind)), task_id})
      .Next();
}

JournalReader::JournalReader(database::Database& database, const Clock& clock, std::string name,
                             int64_t lease_ms)
    : database_(database),
      clock_(clock),
      name_(std::move(name)),
      lease_ms_(lease_ms),
      holder_(NewUuid()) {
  database_.Write([this](Session& session) {
    session.Run(
        "insert into journal_readers (name, done, holder, until_us) "
        "select ?, journaled, '', 0 from turn where one = 1 on conflict (name) do nothing",
        {name_});
  });
}

std::vector<JournalEntry> JournalReader::Next(int64_t limit) {
  // Most often there is nothing, and then nothing is written.
  const bool there = database_.Read([this](Session& session) {
    return session
        .Query(
            "select 1 from journal where number > "
            "(select done from journal_readers where name = ?) limit 1",
            {name_})
        .Next();
  });
  if (!there) return {};
  return database_.Write([&](Session& session) {
    std::vector<JournalEntry> entries;
    const int64_t now_us = NowUs(clock_);
    const int64_t until_us = now_us + lease_ms_ * 1000;
    // One that ends later than any that begins now is of a clock that was put back.
    const bool ours = session.Run(
                          "update journal_readers set holder = ?, until_us = ? where name = ? and "
                          "(holder = ? or holder = '' or until_us <= ? or until_us > ?)",
                          {holder_, until_us, name_, holder_, now_us, until_us}) == 1;
    if (!ours) return entries;
    {
      Rows rows = session.Query(
          "select number, run, kind, time_us, task_id, try_number, start_us, operator, reason, "
          "datasets from journal where number > "
          "(select done from journal_readers where name = ?) order by number limit ?",
          {name_, limit});
      while (rows.Next()) entries.push_back(ReadEntry(rows));
    }
    for (JournalEntry& entry : entries) entry.run = FindRun(session, entry.run.run);
    return entries;
  });
}

bool JournalReader::Done(int64_t number) {
  return database_.Write([&](Session& session) {
    return session.Run("update journal_readers set done = ? where name = ? and holder = ?",
                       {number, name_, holder_}) == 1;
  });
}

void JournalReader::Release() {
  database_.Write([this](Session& session) {
    session.Run("update journal_readers set holder = '' where name = ? and holder = ?",
                {name_, holder_});
  });
}

}  // namespace marquee::flow
