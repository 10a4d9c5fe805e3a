// Declarations of DAGs: what they may say, and where a mistake is.
#include "flow/dag_file.h"

#include <gmock/gmock.h>

#include "base/error_matchers.h"
#include "base/files.h"
#include "base/text.h"
#include "flow/dag_catalogue.h"
#include "flow/sla.h"
#include "flow/template.h"
#include "flow/times.h"

namespace marquee::flow {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kWhole = R"(
id = "nightly"
description = "every night"
schedule = "30 2 * * *"
timezone = "Europe/Berlin"
start_date = 2026-01-01
end_date = "2026-12-31T12:00:00+01:00"
catchup = true
max_active_runs = 1
max_active_tasks = 3
run_timeout = "2h"
owner = "ada"
tags = ["films", "nightly"]

[params]
folder = "/tmp/in"

[default_args]
retries = 2
retry_delay = "10s"
pool = "small"

[[tasks]]
id = "load"
needs = "wait"
command = "wc -l {{ params.folder }}/{{ ds }}.csv"
execution_timeout = "5m"
env = { MODE = "{{ run_id }}" }

[[tasks]]
id = "wait"
sensor = { file = "{{ params.folder }}/{{ ds }}.csv", interval = "5s", timeout = "1h", soft_fail = true }

[[tasks]]
id = "train"
needs = ["load"]
marquee = "train --model ials"
retries = 0
memory_limit = "2GB"
priority = 5

[[tasks]]
id = "tell"
needs = ["load", "train"]
trigger_rule = "all_done"
http = { url = "http://localhost/{{ conf.who }}", method = "POST", body = "done", headers = { "X-A" = "b" } }

[[tasks]]
id = "then"
needs = ["tell"]
trigger = { dag = "other", conf = { day = "{{ ds }}" }, wait = false }

[[tasks]]
id = "end"
needs = ["then"]
empty = true
)";

class DagFileTest : public testing::Test {
 protected:
  Dag Read(std::string_view text) {
    WriteFileAtomic(file_, text);
    return ReadDagFile(file_);
  }
  void Refuses(std::string_view text, int line, std::string_view why) {
    EXPECT_THAT([&] { Read(text); },
                ThrowsError(Code::kInvalidArgument,
                            AllOf(HasSubstr("a.toml line " + std::to_string(line) + ":"),
                                  HasSubstr(std::string(why)))))
        << text;
  }

  TempDir folder_;
  const std::filesystem::path file_ = folder_.path() / "a.toml";
};

TEST_F(DagFileTest, EverythingIsRead) {
  const Dag dag = Read(kWhole);
  EXPECT_EQ(dag.id, "nightly");
  EXPECT_EQ(dag.schedule.kind(), Schedule::Kind::kCron);
  EXPECT_EQ(FormatTimeZ(*dag.start_us), "2026-01-01T00:00:00Z");
  EXPECT_EQ(FormatTimeZ(*dag.end_us), "2026-12-31T11:00:00Z");
  EXPECT_TRUE(dag.catchup);
  EXPECT_EQ(dag.run_timeout_ms, 7'200'000);
  std::vector<std::string> order;
  for (const Task& task : dag.tasks) order.push_back(task.id);
  EXPECT_THAT(order, ElementsAre("wait", "load", "train", "tell", "then", "end"));
  const Task& load = dag.Named("load");
  EXPECT_EQ(load.retry.retries, 2);
  EXPECT_EQ(load.retry.delay_ms, 10'000);
  EXPECT_EQ(load.pool, "small");
  EXPECT_TRUE(load.is_shell);
  EXPECT_EQ(load.owner, "ada");
  EXPECT_EQ(load.execution_timeout_ms, 300'000);
  EXPECT_THAT(load.downstream, ElementsAre(2, 3));
  const Task& train = dag.Named("train");
  EXPECT_THAT(train.command, ElementsAre("train", "--model", "ials"));
  EXPECT_EQ(train.retry.retries, 0);
  EXPECT_EQ(train.memory_limit_bytes, 2'000'000'000);
  EXPECT_EQ(train.priority_weight, 5 + 3);
  EXPECT_EQ(dag.Named("tell").http.headers.at(0).second, "b");
  EXPECT_EQ(dag.Named("tell").trigger_rule, TriggerRule::kAllDone);
  EXPECT_FALSE(dag.Named("then").trigger.wait);
  EXPECT_TRUE(dag.Named("wait").sensor.soft_fail);
  EXPECT_THAT(dag.Leaves(), ElementsAre(5));
}

TEST_F(DagFileTest, TheNameOfTheFileIsTheIdUnlessOneIsSaid) {
  const Dag dag = Read("[[tasks]]\nid = 'x'\nempty = true\n");
  EXPECT_EQ(dag.id, "a");
  EXPECT_EQ(dag.schedule.kind(), Schedule::Kind::kManual);
}

TEST_F(DagFileTest, WhoIsToldIsSaidByTheDagItsDefaultsAndItsTasks) {
  const Dag dag = Read(R"(
on_failure = ["ops", "chat"]
on_success = []
[default_args]
on_retry = "chat"
[[tasks]]
id = "a"
empty = true
on_retry = []
[[tasks]]
id = "b"
empty = true
)");
  EXPECT_THAT(*dag.notices.on_failure, ElementsAre("ops", "chat"));
  EXPECT_THAT(*dag.notices.on_success, IsEmpty());
  EXPECT_FALSE(dag.notices.on_sla_miss);
  EXPECT_THAT(*dag.tasks[0].notices.on_retry, IsEmpty());
  EXPECT_THAT(*dag.tasks[1].notices.on_retry, ElementsAre("chat"));
}

TEST_F(DagFileTest, AMistakeIsNamedWithItsLine) {
  const std::string head = "id = 'd'\n";
  const std::string task = "[[tasks]]\nid = 'x'\n";
  const std::string good = task + "empty = true\n";
  Refuses("id = 'd'\nshedule = '@daily'\n" + good, 2,
          "unknown key 'shedule' of a DAG; did you mean 'schedule'?");
  Refuses(head + task + "comand = 'true'\n", 3, "task 'x' does nothing");
  Refuses(head + good + "retrys = 1\n", 5,
          "unknown key 'retrys' of a task; did you mean 'retries'?");
  Refuses(head + good + "retries = -1\n", 5, "retries is -1: must be 0 to 1000");
  Refuses(head + good + "retry_delay = 5\n", 5, "retry_delay is 5: must be a time");
  Refuses(head + good + "trigger_rule = 'all_sucess'\n", 5, "did you mean 'all_success'?");
  Refuses(head + task + "command = 'true'\nempty = true\n", 5, "both command and empty");
  Refuses(head + "schedule = '61 * * * *'\n" + good, 2, "'61' is not within 0 to 59");
  Refuses(head + "timezone = 'Mars'\n" + good, 2, "no time zone 'Mars'");
  Refuses(head + "start_date = '2026-13-01'\n" + good, 2, "must be a date");
  Refuses(head + "catchup = true\n" + good, 2, "catchup needs a start_date");
  Refuses(head + good + good, 6, "two tasks have the id 'x'");
  Refuses(head + good + "needs = ['y']\n", 5, "it needs 'y', which is no task of the DAG");
  Refuses(head + task + "command = 'echo {{ dz }}'\n", 4, "'{{ dz }}' is not known");
  Refuses(head + task + "command = 'echo {{ params.p }}'\n", 4, "the DAG has no param 'p'");
  Refuses(head + task + "command = 'echo {{ ds'\n", 4, "does not end");
  Refuses(head + task + "sensor = { file = 'a', table = 'b' }\n", 4, "waits for one thing");
  Refuses(head + task + "sensor = { fiel = 'a' }\n", 4, "the sensor waits for nothing");
  Refuses("id = 'a b'\n" + good, 1, "the id is 'a b'");
  Refuses(head, 1, "it has no tasks");
  Refuses(head + "tasks = 3\n", 2, "tasks must be tables");
}

TEST_F(DagFileTest, ACycleIsNamed) {
  Refuses(
      "[[tasks]]\nid = 'a'\nempty = true\nneeds = 'c'\n[[tasks]]\nid = 'b'\nempty = true\n"
      "needs = 'a'\n[[tasks]]\nid = 'c'\nempty = true\nneeds = 'b'\n",
      4, "task 'a': its tasks need each other: a -> b -> c -> a");
}

TEST_F(DagFileTest, TheFolderIsReadAgainWhenItChanges) {
  ManualClock clock(0);
  WriteFileAtomic(file_, "[[tasks]]\nid = 'x'\nempty = true\n");
  DagCatalogue dags({MakeDag({.id = "built", .tasks = {{.id = "t"}}})}, folder_.path(), clock);
  EXPECT_THAT(dags.Current()->dags, SizeIs(2));
  EXPECT_FALSE(dags.Refresh());
  WriteFileAtomic(file_, "[[tasks]]\nid = 'x'\nempty = 7\n");
  EXPECT_TRUE(dags.Refresh());
  EXPECT_THAT(dags.Current()->errors, SizeIs(1));
  EXPECT_THAT(dags.Current()->errors[0].message, HasSubstr("a.toml line 3: empty is 7"));
  EXPECT_NE(dags.Current()->Find("a"), nullptr);  // the last good one
  WriteFileAtomic(folder_.path() / "b.toml", "id = 'built'\n[[tasks]]\nid = 'x'\nempty = true\n");
  EXPECT_TRUE(dags.Refresh());
  EXPECT_THAT(dags.Current()->errors.back().message, HasSubstr("'built' is there already"));
  std::filesystem::remove(file_);
  std::filesystem::remove(folder_.path() / "b.toml");
  EXPECT_TRUE(dags.Refresh());
  EXPECT_THAT(dags.Current()->errors, IsEmpty());
  EXPECT_THAT(dags.Current()->dags, SizeIs(1));
  EXPECT_THAT([&] { dags.Current()->Named("bilt"); },
              ThrowsError(Code::kNotFound, HasSubstr("no DAG 'bilt'; did you mean 'built'?")));
}

TEST(Sla, CountsFromTheEndOfTheInterval) {
  Task task{.id = "t"};
  DagRun run;
  run.interval = DataInterval{0, 10 * kSecondUs};
  TaskInstance instance{.state = TaskState::kSuccess, .end_us = 14 * kSecondUs};
  EXPECT_EQ(LateBy(task, run, instance, 99 * kSecondUs), std::nullopt);
  task.sla_ms = 3'000;
  EXPECT_EQ(LateBy(task, run, instance, 99 * kSecondUs), 1 * kSecondUs);
  task.sla_ms = 4'000;
  EXPECT_EQ(LateBy(task, run, instance, 99 * kSecondUs), std::nullopt);
  instance.state = TaskState::kRunning;
  EXPECT_EQ(LateBy(task, run, instance, 20 * kSecondUs), 6 * kSecondUs);
}

TEST(Templates, KnowTheRun) {
  RunContext context{.dag_id = "d", .task_id = "t", .run_id = "r"};
  context.logical_us = ParseTime("2026-01-31T04:05:06Z").value();
  context.conf["who"] = "Ada; rm -rf /";
  context.params["n"] = 3;
  EXPECT_EQ(RenderTemplate("{{ ds }} {{ds_nodash}} {{ ts_nodash }} {{ params.n }}", context),
            "2026-01-31 20260131 20260131T040506 3");
  EXPECT_EQ(RenderTemplate("{{ params.who }}{{ conf }}", context),
            R"(Ada; rm -rf /{"who":"Ada; rm -rf /"})");
  EXPECT_THAT([&] { RenderTemplate("{{ params.none }}", context); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("no 'none'")));
}

TEST(Templates, AValueIsNeverReadAsACommand) {
  RunContext context;
  context.conf["who"] = "$(rm -rf /)";
  std::map<std::string, std::string> env;
  EXPECT_EQ(RenderScript("echo {{ conf.who }}", context, &env), "echo ${MARQUEE_VALUE_1}");
  EXPECT_EQ(env["MARQUEE_VALUE_1"], "$(rm -rf /)");
}

TEST(DagFile, BlanksInATemplateEndNoWord) {
  const TempDir folder;
  WriteFileAtomic(folder.path() / "d.toml",
                  "[[tasks]]\nid = \"a\"\nmarquee = \" import  {{ home }}/{{ ds }}.csv -x\"\n");
  EXPECT_THAT(ReadDagFile(folder.path() / "d.toml").tasks.at(0).command,
              ElementsAre("import", "{{ home }}/{{ ds }}.csv", "-x"));
}

TEST(DagFile, ATaskSaysWhatItReadsAndWrites) {
  const TempDir folder;
  const std::filesystem::path file = folder.path() / "d.toml";
  const auto declare = [&](const std::string& inlet) {
    WriteFileAtomic(file, StrCat("[[tasks]]\nid = \"a\"\nempty = true\ninlets = [\"", inlet,
                                 "\"]\noutlets = \"s3://bucket/{{ ds }}.csv\"\n"));
    return ReadDagFile(file).tasks.at(0);
  };
  EXPECT_THAT(declare("silver.ratings").inlets, ElementsAre("silver.ratings"));
  EXPECT_THAT(declare("/data/x.csv").outlets, ElementsAre("s3://bucket/{{ ds }}.csv"));
  EXPECT_THAT(
      [&] { declare("ratings"); },
      ThrowsError(Code::kInvalidArgument, HasSubstr("inlets names 'ratings', which is no")));
  EXPECT_THAT([&] { declare("{{ params.x }}"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("d.toml line 4")));
}

}  // namespace
}  // namespace marquee::flow
