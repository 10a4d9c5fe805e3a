// What the journal says of runs, and who is told of it.
#include "flow/journal.h"

#include "flow/test_flow.h"

namespace marquee::flow {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class Journal : public FlowContract {
 protected:
  void SetUp() override {
    FlowContract::SetUp();
    if (database_) reader_ = std::make_unique<JournalReader>(*database_, clock_, "test");
  }
  // "task_failed a/1: exit code 1", ...; and they are done.
  std::vector<std::string> Read() {
    std::vector<std::string> lines;
    for (const JournalEntry& entry : reader_->Next(1'000)) {
      std::string line(JournalKindName(entry.kind));
      if (!entry.task_id.empty()) StrAppend(&line, " ", entry.task_id, "/", entry.try_number);
      if (!entry.reason.empty()) StrAppend(&line, ": ", entry.reason);
      lines.push_back(std::move(line));
      EXPECT_TRUE(reader_->Done(entry.number));
    }
    return lines;
  }

  std::unique_ptr<JournalReader> reader_;
};

INSTANTIATE_TEST_SUITE_P(Databases, Journal, testing::Values("Sqlite", "Postgres"), DatabaseName);

TEST_P(Journal, TellsEachBeginAndEndOnce) {
  Task again = ShellTask("a", {"start"}, "test -e tried || { touch tried; exit 3; }");
  again.retry = {.retries = 1, .delay_ms = 0};
  Add({{.id = "d",
        .tasks = {EmptyTask("start"), again, ShellTask("skips", {"a"}, "exit 99"),
                  EmptyTask("after", {"skips"})}}});
  EXPECT_EQ(RunOnce("d"), RunState::kSuccess);
  EXPECT_THAT(Read(), ElementsAre("run_started", "task_started start/1", "task_succeeded start/1",
                                  "task_started a/1", "task_retried a/1: exit code 3",
                                  "task_started a/2", "task_succeeded a/2", "task_started skips/1",
                                  "task_skipped skips/1: exit code 99", "task_skipped after/0",
                                  "run_succeeded"));
  EXPECT_THAT(Read(), IsEmpty());
}

TEST_P(Journal, TellsOfAFailureAndWhatItStops) {
  Add({{.id = "d", .tasks = {ShellTask("a", {}, "exit 1"), EmptyTask("b", {"a"})}}});
  EXPECT_EQ(RunOnce("d"), RunState::kFailed);
  EXPECT_THAT(Read(), ElementsAre("run_started", "task_started a/1", "task_failed a/1: exit code 1",
                                  "task_upstream_failed b/0", "run_failed"));
}

TEST_P(Journal, AnSlaIsMissedOnceAndWhenItsTimeIsOver) {
  Task slow = ShellTask("a", {}, Await("go"));
  slow.sla_ms = 60'000;
  Task kept = ShellTask("b", {}, "true");
  kept.sla_ms = 60'000;
  Add({{.id = "d", .tasks = {slow, kept}}});
  const auto scheduler = NewScheduler();
  const DagRun run = store_->Trigger(Named("d"), {});
  Until(*scheduler, [&] { return TaskOf(run, "b").state == TaskState::kSuccess; });
  clock_.Advance(59'000);
  for (int i = 0; i < 3; ++i) scheduler->Turn();
  EXPECT_THAT(Read(), Not(testing::Contains(HasSubstr("sla"))));
  clock_.Advance(2'000);
  for (int i = 0; i < 3; ++i) scheduler->Turn();
  EXPECT_THAT(Read(), ElementsAre("sla_missed a/1"));
  Make("go");
  EXPECT_EQ(Finish(*scheduler, run), RunState::kSuccess);
  EXPECT_THAT(Read(), ElementsAre("task_succeeded a/1", "run_succeeded"));
}

TEST_P(Journal, WhatIsEndedByHandEnds) {
  Add({{.id = "other", .tasks = {EmptyTask("x")}},
       {.id = "d",
        .tasks = {{.id = "waits", .kind = Task::Kind::kSensor, .sensor = {.target = "never"}},
                  ShellTask("runs", {}, "echo > begun; sleep 1000")}}});
  const auto scheduler = NewScheduler();
  const DagRun run = store_->Trigger(Named("d"), {});
  Until(*scheduler, [&] { return Exists("begun"); });
  store_->SetRunState("d", run.run_id, RunState::kFailed);
  Until(*scheduler, [&] { return scheduler->running() == 0 && !scheduler->Turn(); });
  EXPECT_THAT(Read(), ElementsAre("run_started", "task_started waits/1", "task_started runs/1",
                                  "task_skipped waits/1", "run_failed: set to failed by hand",
                                  "task_failed runs/1: it was cancelled"));
}

TEST_P(Journal, ATryTellsWhatItReadAndWrote) {
  Add({{.id = "d",
        .tasks = {ShellTask("a", {},
                            R"(echo '{"input": {"name": "silver.ratings", "version": 3}}
{"output": {"name": "x"}}
{"output": {"name": "x"}}
what' >> $MARQUEE_LINEAGE_FILE)")}}});
  EXPECT_EQ(RunOnce("d"), RunState::kSuccess);
  std::vector<std::string> datasets;
  for (const JournalEntry& entry : reader_->Next(100)) {
    EXPECT_EQ(entry.run.run_id, last_.run_id);
    if (!entry.datasets.is_null()) datasets.push_back(entry.datasets.Dump());
  }
  EXPECT_THAT(datasets, ElementsAre(R"({"inputs":[{"name":"silver.ratings","version":3}],)"
                                    R"("outputs":[{"name":"x"}]})"));
  EXPECT_THAT(Log(last_, "a"), HasSubstr("1 lines of"));
}

TEST_P(Journal, OneReaderAtATimeUntilItsLeaseEnds) {
  Add({{.id = "d", .tasks = {EmptyTask("a")}}});
  RunOnce("d");
  JournalReader other(*database_, clock_, "test");
  const auto entries = reader_->Next(2);
  EXPECT_THAT(entries, SizeIs(2));
  EXPECT_THAT(other.Next(2), IsEmpty());
  EXPECT_TRUE(reader_->Done(entries[0].number));
  clock_.Advance(61'000);
  EXPECT_THAT(other.Next(10), SizeIs(3));  // what was not done is given again
  EXPECT_FALSE(reader_->Done(entries[1].number));
  other.Release();
  EXPECT_THAT(reader_->Next(10), SizeIs(3));
  clock_.Advance(-3'600'000);  // a lease of a clock that was ahead
  EXPECT_THAT(other.Next(10), SizeIs(3));
}

TEST_P(Journal, ANewReaderBeginsNowAndRemovedRunsAreForgotten) {
  Add({{.id = "d", .tasks = {EmptyTask("a")}}});
  RunOnce("d");
  JournalReader late(*database_, clock_, "late");
  EXPECT_THAT(late.Next(10), IsEmpty());
  store_->DeleteRun("d", last_.run_id);
  EXPECT_THAT(reader_->Next(10), IsEmpty());
  RunOnce("d");  // numbers that were given are not given again
  EXPECT_THAT(late.Next(10), SizeIs(4));
}

}  // namespace
}  // namespace marquee::flow
