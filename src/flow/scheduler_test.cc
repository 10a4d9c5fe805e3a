// What becomes of runs: real processes, an injected clock, each kind of database.
#include "flow/scheduler.h"

#include <signal.h>
#include <sys/wait.h>

#include "flow/test_flow.h"

namespace marquee::flow {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using SchedulerTest = FlowContract;

INSTANTIATE_TEST_SUITE_P(Databases, SchedulerTest, testing::Values("Sqlite", "Postgres"),
                         DatabaseName);

TEST_P(SchedulerTest, TasksRunOneAfterAnother) {
  Add({{.id = "d",
        .tasks = {EmptyTask("start"), ShellTask("a", {"start"}, "echo a >> out"),
                  ShellTask("b", {"start"}, "echo b >> other"),
                  ShellTask("c", {"a", "b"}, "cat out other > both; echo done")}}});
  EXPECT_EQ(RunOnce("d"), RunState::kSuccess);
  EXPECT_EQ(States(last_), "start:success a:success b:success c:success");
  EXPECT_EQ(ReadFile(folder_.path() / "both"), "a\nb\n");
  EXPECT_THAT(Log(last_, "c"), HasSubstr("\ndone\n"));
  const TaskInstance task = TaskOf(last_, "c");
  EXPECT_EQ(task.try_number, 1);
  EXPECT_EQ(task.exit_code, 0);
  EXPECT_GT(task.usage.peak_rss_bytes.value(), 0);
  EXPECT_FALSE(task.hostname.empty());
  EXPECT_EQ(TaskOf(last_, "start").operator_name, "EmptyOperator");
}

TEST_P(SchedulerTest, AFailureReachesTheLeaves) {
  Add({{.id = "d",
        .tasks = {ShellTask("a", {}, "exit 1"), ShellTask("b", {"a"}, "true"),
                  ShellTask("skips", {}, "exit 99"), ShellTask("after", {"skips"}, "true")}}});
  EXPECT_EQ(RunOnce("d"), RunState::kFailed);
  EXPECT_EQ(States(last_), "a:failed b:upstream_failed skips:skipped after:skipped");
  EXPECT_EQ(TaskOf(last_, "a").reason, "exit code 1");
  EXPECT_EQ(TaskOf(last_, "b").try_number, 0);
}

TEST_P(SchedulerTest, ARunWhoseLeavesAreWellIsASuccess) {
  Task last = ShellTask("b", {"a"}, "true");
  last.trigger_rule = TriggerRule::kAllDone;
  Add({{.id = "d", .tasks = {ShellTask("a", {}, "exit 1"), last}}});
  EXPECT_EQ(RunOnce("d"), RunState::kSuccess);
}

TEST_P(SchedulerTest, AFailedTryIsFollowedByAnotherAfterItsDelay) {
  Task task = ShellTask("a", {}, "echo x >> tries; [ $(wc -l < tries) -ge 3 ]");
  task.retry = {.retries = 2, .delay_ms = 60'000};
  Add({{.id = "d", .tasks = {task}}});
  const auto scheduler = NewScheduler();
  const DagRun run = store_->Trigger(Named("d"), {});
  for (int tried = 1; tried <= 2; ++tried) {
    Until(*scheduler, [&] {
      const TaskInstance now = TaskOf(run, "a");
      return now.state == TaskState::kUpForRetry && now.try_number == tried;
    });
    clock_.Advance(59'000);
    for (int i = 0; i < 3; ++i) scheduler->Turn();
    EXPECT_EQ(TaskOf(run, "a").state, TaskState::kUpForRetry);
    clock_.Advance(5'000'000);
  }
  EXPECT_EQ(Finish(*scheduler, run), RunState::kSuccess);
  std::vector<TaskState> states;
  for (const TaskInstance& tried : store_->Tries(run, "a")) states.push_back(tried.state);
  EXPECT_THAT(states, ElementsAre(TaskState::kFailed, TaskState::kFailed, TaskState::kSuccess));
}

TEST_P(SchedulerTest, ATaskThatTakesTooLongFails) {
  Task task = ShellTask("a", {}, "sleep 1000");
  task.execution_timeout_ms = 100;
  Add({{.id = "d", .tasks = {task}}});
  EXPECT_EQ(RunOnce("d"), RunState::kFailed);
  EXPECT_THAT(TaskOf(last_, "a").reason, HasSubstr("longer than its execution_timeout"));
}

TEST_P(SchedulerTest, ARunThatTakesTooLongFailsAndItsTasksEnd) {
  Add({{.id = "d",
        .run_timeout_ms = 60'000,
        .tasks = {ShellTask("a", {}, "echo 1 > begun; sleep 1000"), EmptyTask("b", {"a"})}}});
  const auto scheduler = NewScheduler();
  const DagRun run = store_->Trigger(Named("d"), {});
  Until(*scheduler, [&] { return Exists("begun"); });
  clock_.Advance(61'000);
  EXPECT_EQ(Finish(*scheduler, run), RunState::kFailed);
  EXPECT_EQ(States(run), "a:failed b:skipped");
  Until(*scheduler, [&] { return scheduler->running() == 0; });
}

TEST_P(SchedulerTest, TemplatesAndConfReachTheCommand) {
  Dag dag{.id = "d", .tasks = {ShellTask("a", {}, "echo {{ params.who }} $MARQUEE_RUN_ID")}};
  dag.params["who"] = "nobody";
  Add({std::move(dag)});
  Json conf;
  conf["who"] = "$(exit 3) Ada";
  EXPECT_EQ(RunOnce("d", conf), RunState::kSuccess);
  EXPECT_THAT(Log(last_, "a"), HasSubstr("\n$(exit 3) Ada " + last_.run_id + "\n"));
}

TEST_P(SchedulerTest, ATemplateThatCannotBeFilledInFailsTheTask) {
  Add({{.id = "d", .tasks = {ShellTask("a", {}, "echo {{ conf.who }}")}}});
  EXPECT_EQ(RunOnce("d"), RunState::kFailed);
  EXPECT_THAT(TaskOf(last_, "a").reason, HasSubstr("the run's conf has no 'who'"));
}

TEST_P(SchedulerTest, ARunOfAPausedDagWaits) {
  Add({{.id = "d", .tasks = {EmptyTask("a")}}});
  store_->SetPaused("d", true);
  const auto scheduler = NewScheduler();
  const DagRun run = store_->Trigger(Named("d"), {});
  for (int i = 0; i < 3; ++i) scheduler->Turn();
  EXPECT_EQ(store_->GetRun(run.run).state, RunState::kQueued);
  store_->SetPaused("d", false);
  EXPECT_EQ(Finish(*scheduler, run), RunState::kSuccess);
}

TEST_P(SchedulerTest, RunsByScheduleComeWhenTheirIntervalEnds) {
  clock_ = ManualClock(ParseTime("2026-01-01T12:00").value() / 1000);
  Add({{.id = "d",
        .schedule = Schedule("@daily", TimeZone()),
        .start_us = ParseTime("2026-01-01"),
        .tasks = {EmptyTask("a")}}});
  const auto scheduler = NewScheduler();
  const auto count = [&] { return store_->SearchRuns({.dag_ids = {"d"}}).total; };
  for (int i = 0; i < 3; ++i) scheduler->Turn();
  EXPECT_EQ(count(), 0);
  clock_.Advance(12 * 3'600'000);
  Until(*scheduler, [&] { return count() == 1; });
  const DagRun run = store_->SearchRuns({}).items.at(0);
  EXPECT_EQ(run.run_id, "scheduled__2026-01-01T00:00:00+00:00");
  EXPECT_EQ(Finish(*scheduler, run), RunState::kSuccess);
  // Back an hour, and three days forward: none comes twice, and only the latest is made up for.
  clock_.Advance(-3'600'000);
  for (int i = 0; i < 3; ++i) scheduler->Turn();
  EXPECT_EQ(count(), 1);
  clock_.Advance(73 * 3'600'000);
  Until(*scheduler, [&] { return count() == 2; });
  EXPECT_EQ(store_->SearchRuns({}).items.at(1).run_id, "scheduled__2026-01-04T00:00:00+00:00");
}

TEST_P(SchedulerTest, WithCatchupNoIntervalIsLeftOutAndOnlySoManyRunAtOnce) {
  clock_ = ManualClock(ParseTime("2026-01-04T12:00").value() / 1000);
  Add({{.id = "d",
        .schedule = Schedule("@daily", TimeZone()),
        .start_us = ParseTime("2026-01-01"),
        .catchup = true,
        .max_active_runs = 1,
        .tasks = {ShellTask("a", {}, "echo {{ ds }} >> days; mkdir only && rmdir only")}}});
  const auto scheduler = NewScheduler();
  Until(*scheduler,
        [&] { return store_->SearchRuns({.states = {RunState::kSuccess}}).total == 3; });
  EXPECT_EQ(ReadFile(folder_.path() / "days"), "2026-01-01\n2026-01-02\n2026-01-03\n");
}

TEST_P(SchedulerTest, ATaskMayDependOnTheRunBefore) {
  clock_ = ManualClock(ParseTime("2026-02-01").value() / 1000);
  Task task = ShellTask("a", {}, "echo {{ ds }} >> days; [ ! -e bad ]");
  task.depends_on_past = true;
  Add({{.id = "d", .schedule = Schedule("@daily", TimeZone()), .tasks = {task}}});
  Make("bad");
  const std::vector<DagRun> runs =
      store_->Backfill(Named("d"), ParseTime("2026-01-01").value(), ParseTime("2026-01-02").value(),
                       Json::MakeObject());
  const auto scheduler = NewScheduler();
  EXPECT_EQ(Finish(*scheduler, runs.at(0)), RunState::kFailed);
  for (int i = 0; i < 3; ++i) scheduler->Turn();
  EXPECT_EQ(States(runs.at(1)), "a:none");
  std::filesystem::remove(folder_.path() / "bad");
  store_->Clear(Named("d"), {.run_id = runs.at(0).run_id});
  EXPECT_EQ(Finish(*scheduler, runs.at(1)), RunState::kSuccess);
  EXPECT_EQ(ReadFile(folder_.path() / "days"), "2026-01-01\n2026-01-01\n2026-01-02\n");
}

TEST_P(SchedulerTest, PoolsAndPrioritiesSayWhatRuns) {
  std::vector<Task> tasks;
  for (const char* id : {"low", "middle", "high"}) {
    Task task = ShellTask(id, {}, StrCat("echo ", id, " >> order; mkdir only && rmdir only"));
    task.pool = "one";
    task.priority = id[0] == 'h' ? 3 : id[0] == 'm' ? 2 : 1;
    tasks.push_back(task);
  }
  Add({{.id = "d", .tasks = tasks}});
  store_->SetPool("one", 1, "one at a time");
  EXPECT_EQ(RunOnce("d"), RunState::kSuccess);
  EXPECT_EQ(ReadFile(folder_.path() / "order"), "high\nmiddle\nlow\n");
  EXPECT_EQ(store_->GetPool("one").occupied, 0);
}

TEST_P(SchedulerTest, ATaskMayRunAnotherDagAndWaitForIt) {
  Task trigger{.id = "call", .kind = Task::Kind::kTrigger};
  trigger.trigger = {.dag_id = "inner", .conf = Json::MakeObject({{"day", "{{ ds }}"}})};
  Add({{.id = "outer", .tasks = {trigger, EmptyTask("end", {"call"})}},
       {.id = "inner",
        .tasks = {ShellTask("a", {}, "echo {{ conf.day }} {{ conf.who }}; [ ! -e bad ]")}}});
  Json conf;
  conf["who"] = "Ada";
  EXPECT_EQ(RunOnce("outer", conf), RunState::kSuccess);
  const DagRun inner = store_->SearchRuns({.dag_ids = {"inner"}}).items.at(0);
  EXPECT_EQ(inner.root_run, last_.run);
  EXPECT_THAT(Log(inner, "a"), HasSubstr("2023-11-14 Ada"));
  EXPECT_THAT(Log(last_, "call"), HasSubstr("succeeded"));
  Make("bad");
  EXPECT_EQ(RunOnce("outer", conf), RunState::kFailed);
  EXPECT_EQ(States(last_), "call:failed end:upstream_failed");
}

TEST_P(SchedulerTest, SensorsWaitForFilesAndGiveUp) {
  Task file{.id = "file", .kind = Task::Kind::kSensor};
  file.sensor = {.target = (folder_.path() / "{{ ds }}").string(), .interval_ms = 10'000};
  Task soft{.id = "soft", .kind = Task::Kind::kSensor};
  soft.sensor = {.target = "/no/such/file", .timeout_ms = 60'000, .soft_fail = true};
  Add({{.id = "d", .tasks = {file, soft}}});
  const auto scheduler = NewScheduler();
  const DagRun run = store_->Trigger(Named("d"), {});
  Until(*scheduler, [&] { return States(run) == "file:deferred soft:deferred"; });
  Make("2023-11-14");
  clock_.Advance(11'000);
  Until(*scheduler, [&] { return States(run) == "file:success soft:deferred"; });
  clock_.Advance(60'000);
  EXPECT_EQ(Finish(*scheduler, run), RunState::kSuccess);
  EXPECT_EQ(States(run), "file:success soft:skipped");
}

TEST_P(SchedulerTest, ANewVersionOfATableStartsARunAndSatisfiesASensor) {
  int64_t version = 4;
  Task sensor{.id = "sensor", .kind = Task::Kind::kSensor};
  sensor.sensor = {.kind = Sensor::Kind::kTable, .target = "silver.ratings"};
  Add({{.id = "d", .schedule = Schedule::OnTables({"silver.ratings"}), .tasks = {sensor}}});
  SchedulerOptions options = Options();
  options.table_version = [&](const std::string& table) {
    return table == "silver.ratings" ? std::optional(version) : std::nullopt;
  };
  const auto scheduler = NewScheduler(options);
  for (int i = 0; i < 3; ++i) scheduler->Turn();
  EXPECT_EQ(store_->SearchRuns({}).total, 0);
  for (const int64_t next : {5, 6}) {
    version = next;
    clock_.Advance(2'000);
    steady_.Advance(2'000);
    Until(*scheduler,
          [&] { return store_->SearchRuns({.states = {RunState::kSuccess}}).total == next - 4; });
  }
  const DagRun run = store_->SearchRuns({.order_by = {"-logical_date"}}).items.at(0);
  EXPECT_EQ(run.type, RunType::kTable);
  EXPECT_EQ(run.conf.Dump(), R"({"tables":{"silver.ratings":6}})");
}

TEST_P(SchedulerTest, ClearedTasksRunAgainWithTheirNextTry) {
  Add({{.id = "d",
        .tasks = {ShellTask("a", {}, "echo a >> ran"), ShellTask("b", {"a"}, "echo b >> ran"),
                  ShellTask("c", {"b"}, "echo c >> ran")}}});
  EXPECT_EQ(RunOnce("d"), RunState::kSuccess);
  const ClearRequest from_b{
      .run_id = last_.run_id, .task_ids = {"b"}, .downstream = true, .dry_run = true};
  EXPECT_EQ(store_->Clear(Named("d"), from_b).size(), 2u);
  EXPECT_EQ(store_->GetRun(last_.run).state, RunState::kSuccess);
  ClearRequest real = from_b;
  real.dry_run = false;
  store_->Clear(Named("d"), real);
  const auto scheduler = NewScheduler();
  EXPECT_EQ(Finish(*scheduler, last_), RunState::kSuccess);
  EXPECT_EQ(ReadFile(folder_.path() / "ran"), "a\nb\nc\nb\nc\n");
  EXPECT_EQ(TaskOf(last_, "b").try_number, 2);
  EXPECT_EQ(store_->Tries(last_, "b").size(), 2u);
}

TEST_P(SchedulerTest, ATaskThatIsClearedWhileItRunsIsEndedFirst) {
  Add({{.id = "d",
        .tasks = {ShellTask("a", {},
                            "mkdir only || exit 7; trap 'rmdir only; exit 1' TERM; "
                            "echo x >> begun; [ $(wc -l < begun) = 2 ] && exit 0; "
                            "while :; do sleep 0.01; done")}}});
  const auto scheduler = NewScheduler();
  const DagRun run = store_->Trigger(Named("d"), {});
  Until(*scheduler, [&] { return Exists("begun"); });
  store_->Clear(Named("d"), {.run_id = run.run_id});
  EXPECT_EQ(TaskOf(run, "a").state, TaskState::kRestarting);
  EXPECT_EQ(Finish(*scheduler, run), RunState::kSuccess);
  EXPECT_EQ(TaskOf(run, "a").try_number, 2);
}

TEST_P(SchedulerTest, ARunThatIsSetToFailedEndsItsTasks) {
  Add({{.id = "d", .tasks = {ShellTask("a", {}, "echo 1 > begun; sleep 1000")}}});
  const auto scheduler = NewScheduler();
  const DagRun run = store_->Trigger(Named("d"), {});
  Until(*scheduler, [&] { return Exists("begun"); });
  EXPECT_THAT([&] { store_->DeleteRun("d", run.run_id); },
              ThrowsError(Code::kFailedPrecondition, HasSubstr("task a of it runs")));
  store_->SetRunState("d", run.run_id, RunState::kFailed);
  Until(*scheduler, [&] { return scheduler->running() == 0 && TaskOf(run, "a").claim == 0; });
  EXPECT_EQ(store_->GetRun(run.run).state, RunState::kFailed);
  EXPECT_EQ(States(run), "a:failed");
  store_->DeleteRun("d", run.run_id);
}

TEST_P(SchedulerTest, AKilledProcessIsAFailedTry) {
  Task task = ShellTask(
      "a", {}, "[ -e killed ] && exit 0; echo $PPID > pid.new; mv pid.new pid; sleep 1000");
  task.retry = {.retries = 1, .delay_ms = 0};
  Add({{.id = "d", .tasks = {task}}});
  const auto scheduler = NewScheduler();
  const DagRun run = store_->Trigger(Named("d"), {});
  Until(*scheduler, [&] { return Exists("pid"); });
  Make("killed");
  kill(static_cast<pid_t>(ParseInt(Trim(ReadFile(folder_.path() / "pid"))).value()), SIGKILL);
  EXPECT_EQ(Finish(*scheduler, run), RunState::kSuccess);
  EXPECT_EQ(store_->Tries(run, "a").at(0).reason, "its process was killed");
}

TEST_P(SchedulerTest, AnotherGoesOnWithWhatAKilledSchedulerLeft) {
  Add({{.id = "d",
        .tasks = {ShellTask("a", {}, "mkdir only || exit 7; echo 1 > begun; " + Await("go")),
                  ShellTask("b", {"a"}, "true")}}});
  const DagRun run = store_->Trigger(Named("d"), {});
  // A process of its own, that is killed while its task runs.
  const pid_t victim = fork();
  if (victim == 0) {
    database::Database database({.url = url_}, schema_);
    FlowStore store(database, clock_);
    Scheduler scheduler(store, *dags_, Options(), clock_, steady_);
    while (!Exists("begun")) {
      if (!scheduler.Turn()) scheduler.Wait(std::chrono::milliseconds(10));
    }
    raise(SIGKILL);
  }
  int status = 0;
  waitpid(victim, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  const auto scheduler = NewScheduler();
  Until(*scheduler, [&] { return scheduler->running() == 1; });
  EXPECT_EQ(TaskOf(run, "a").owner, scheduler->id());
  Make("go");
  EXPECT_EQ(Finish(*scheduler, run), RunState::kSuccess);
  EXPECT_EQ(TaskOf(run, "a").try_number, 1);
}

TEST_P(SchedulerTest, WhatWasClaimedAndNeverStartedIsStartedByAnother) {
  Add({{.id = "d", .tasks = {ShellTask("a", {}, "true")}}});
  const DagRun run = store_->Trigger(Named("d"), {});
  ScheduleWithoutPlaces();
  database_->Write([&](database::Session& session) {
    session.Run(
        "update task_instances set state = 'running', claim = 5, try_number = 1, "
        "owner = 'gone' where run = ?",
        {run.run});
    session.Run(
        "insert into schedulers (id, place, hostname, started_us, beat, beat_us) "
        "select 'gone', max(place), 'h', 0, 0, 0 from schedulers");
  });
  const auto scheduler = NewScheduler();
  EXPECT_EQ(Finish(*scheduler, run), RunState::kSuccess);
  EXPECT_EQ(TaskOf(run, "a").try_number, 1);
}

TEST_P(SchedulerTest, AnotherMachineTakesOverOnlyWhenThatOneMustHaveEndedItsTasks) {
  Task task = ShellTask("a", {}, "true");
  task.retry = {.retries = 1, .delay_ms = 0};
  Add({{.id = "d", .tasks = {task}}});
  const DagRun run = store_->Trigger(Named("d"), {});
  ScheduleWithoutPlaces();
  database_->Write([&](database::Session& session) {
    session.Run(
        "update task_instances set state = 'running', claim = 5, try_number = 1, "
        "owner = 'far' where run = ?",
        {run.run});
    session.Run(
        "insert into schedulers (id, place, hostname, started_us, beat, beat_us) "
        "values ('far', 'elsewhere', 'h', 0, 0, 0)");
  });
  const auto scheduler = NewScheduler();
  for (const int64_t ms : {10'000, 200'000, 100'000}) {
    steady_.Advance(ms);
    scheduler->Turn();
    EXPECT_EQ(TaskOf(run, "a").owner, "far");
  }
  clock_.Advance(1'000'000'000);  // a jump of the time of day says nothing
  steady_.Advance(10'000);
  scheduler->Turn();
  EXPECT_EQ(TaskOf(run, "a").owner, "far");
  steady_.Advance(60'000);
  EXPECT_EQ(Finish(*scheduler, run), RunState::kSuccess);
  EXPECT_EQ(TaskOf(run, "a").try_number, 2);
}

TEST_P(SchedulerTest, TwoSchedulersShareTheWorkAndNoTaskRunsTwice) {
  std::vector<Task> tasks;
  for (int i = 0; i < 20; ++i) {
    tasks.push_back(ShellTask(StrCat("t", i), {}, StrCat("mkdir t", i, " && echo ", i, " >> ran")));
  }
  Add({{.id = "d", .max_active_tasks = 100, .tasks = tasks}});
  SchedulerOptions options = Options();
  options.folder = folder_.path() / "other";
  const auto one = NewScheduler();
  const auto two = NewScheduler(options);
  const DagRun run = store_->Trigger(Named("d"), {});
  Until(*one, [&] {
    two->Turn();
    return IsFinished(store_->GetRun(run.run).state);
  });
  EXPECT_EQ(store_->GetRun(run.run).state, RunState::kSuccess);
  std::map<std::string, int> owners;
  const std::string ran = ReadFile(folder_.path() / "ran");
  EXPECT_EQ(std::ranges::count(ran, '\n'), 20);
}

TEST_P(SchedulerTest, OneThatIsForOneRunLeavesTheOthers) {
  Task trigger{.id = "call", .kind = Task::Kind::kTrigger};
  trigger.trigger = {.dag_id = "inner"};
  Add({{.id = "outer", .tasks = {trigger}},
       {.id = "inner", .tasks = {ShellTask("a", {}, "true")}}});
  store_->SetPaused("outer", true);
  store_->SetPaused("inner", true);
  const DagRun other = store_->Trigger(Named("inner"), {});
  const DagRun run = store_->Trigger(Named("outer"), {});
  SchedulerOptions options = Options();
  options.only_root = run.run;
  std::vector<std::string> seen;
  options.observe = [&](const DagRun& of, const TaskInstance* task) {
    if (task == nullptr) seen.push_back(StrCat(of.dag_id, " ", RunStateName(of.state)));
  };
  const auto scheduler = NewScheduler(options);
  EXPECT_EQ(Finish(*scheduler, run), RunState::kSuccess);
  EXPECT_EQ(store_->GetRun(other.run).state, RunState::kQueued);
  EXPECT_THAT(seen, ElementsAre("outer running", "inner queued", "inner running", "inner success",
                                "outer success"));
}

TEST_P(SchedulerTest, ADagThatChangedMeanwhileIsFollowed) {
  std::filesystem::create_directories(folder_.path() / "dags");
  const auto file = folder_.path() / "dags" / "d.toml";
  WriteFileAtomic(file,
                  "[[tasks]]\nid = 'a'\ncommand = 'true'\n[[tasks]]\nid = 'b'\ncommand = "
                  "'false'\nneeds = 'a'\n");
  Add({});
  const auto scheduler = NewScheduler();
  const DagRun run = store_->Trigger(Named("d"), {});
  store_->SetPaused("d", false);
  WriteFileAtomic(file,
                  "[[tasks]]\nid = 'a'\ncommand = 'true'\n[[tasks]]\nid = 'c'\ncommand = "
                  "'true'\nneeds = 'a'\n");
  EXPECT_EQ(Finish(*scheduler, run), RunState::kSuccess);
  EXPECT_EQ(States(run), "a:success b:removed c:success");
}

}  // namespace
}  // namespace marquee::flow
