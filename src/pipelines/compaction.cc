#include "pipelines/compaction.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "base/error.h"
#include "base/ids.h"
#include "base/text.h"
#include "lake/sql_step.h"
#include "pipelines/watch.h"

namespace marquee {
namespace {

constexpr char kTable[] = "bronze.events";
constexpr char kSource[] = "marquee_raw_events";

// The events of a log with offsets in [from, to).
class EventRows : public lake::RowSource {
 public:
  EventRows(const PipelineRun& run, const EventLog& log, int64_t from, int64_t to)
      : run_(run), log_(log), from_(from), to_(to), next_(from) {}

  std::vector<lake::ColumnInfo> Columns() const override {
    return {{"log_offset", "BIGINT"},  {"user_id", "VARCHAR"}, {"item_id", "VARCHAR"},
            {"kind", "VARCHAR"},       {"value", "VARCHAR"},   {"time_ms", "BIGINT"},
            {"session_id", "VARCHAR"}, {"context", "VARCHAR"}};
  }

  size_t Fill(lake::RowSink& sink) override {
    run_.cancel.ThrowIfRequested(kTable);
    const std::vector<StoredEvent> events = log_.Read(next_, static_cast<int>(sink.capacity()));
    size_t row = 0;
    for (; row < events.size() && events[row].offset < to_; ++row) Put(events[row], row, sink);
    if (row > 0) next_ = events[row - 1].offset + 1;
    const double done = static_cast<double>(next_ - from_) / static_cast<double>(to_ - from_);
    run_.progress.Update(kTable, std::min(done, 0.99), "");
    return row;
  }

 private:
  static void Put(const StoredEvent& stored, size_t row, lake::RowSink& sink) {
    const Event& event = stored.event;
    sink.SetInt(row, 0, stored.offset);
    sink.SetText(row, 1, event.user_id);
    sink.SetText(row, 2, event.item_id);
    sink.SetText(row, 3, EventKindName(event.kind));
    if (event.has_value()) {
      sink.SetText(row, 4, StrCat(event.value));
    } else {
      sink.SetNull(row, 4);
    }
    sink.SetInt(row, 5, event.time_ms);
    sink.SetText(row, 6, event.session_id);
    sink.SetText(row, 7, event.context);
  }

  const PipelineRun& run_;
  const EventLog& log_;
  const int64_t from_;
  const int64_t to_;
  int64_t next_;
};

// What the one step of bronze reads: raw.events and raw.load.
void OpenRaw(const PipelineRun& run, const EventLog& log, const CompactResult& range,
             const std::string& run_id) {
  run.session.Execute(
      StrCat("create schema if not exists raw; create or replace table raw.load as select ",
             lake::SqlText(run_id), " as load_id, cast(",
             lake::SqlText(FormatUtc(run.clock.NowMs())), " as timestamptz) as loaded_at"));
  run.session.AddSource(kSource, std::make_shared<EventRows>(run, log, range.from, range.to));
  run.session.Execute(
      StrCat("create or replace view raw.events as select * from ", lake::SqlName(kSource)));
}

}  // namespace

CompactResult CompactEvents(const PipelineRun& run, const EventLog& log, lake::Lake& lake) {
  CompactResult result{.events = 0, .from = 1, .to = log.end_offset(), .version = -1};
  const std::string app_id = StrCat("marquee.events.", log.id());
  int64_t at = 0;
  if (lake.Exists(kTable)) {
    const lake::Snapshot snapshot = lake.Read(kTable);
    result.version = snapshot.version;
    const auto found = snapshot.streams.find(app_id);
    if (found != snapshot.streams.end()) at = result.from = found->second;
  }
  if (result.from > result.to) {
    throw Error(Code::kDataLoss,
                StrCat(kTable, " holds the events below offset ", result.from,
                       ", but the event log ends at ", result.to, ": it is an older copy"),
                "bring back the newest copy of the event log");
  }
  if (result.was_up_to_date()) return result;
  const lake::SqlSteps steps = lake::ParseSqlFiles(lake::EmbeddedSqlFiles());
  const lake::SqlStep& step = steps.At(kTable);
  const std::string run_id = NewRunId();
  OpenRaw(run, log, result, run_id);
  SessionWatch watch(run.session, kTable, run.progress, run.cancel);
  const lake::WriteResult written =
      lake.Write(run.session,
                 {.table = kTable,
                  .select = step.select,
                  .mode = lake::WriteRequest::Mode::kAppend,
                  .column_comments = step.Comments(),
                  .run_id = run_id,
                  .facts = Json::MakeObject(
                      {{"log", log.id()}, {"from_offset", result.from}, {"to_offset", result.to}}),
                  .stream = lake::StreamStep{app_id, at, result.to}});
  watch.SetOutcome(StrCat(WithThousands(written.rows), " events"));
  result.events = written.rows;
  result.version = written.version;
  return result;
}

}  // namespace marquee
