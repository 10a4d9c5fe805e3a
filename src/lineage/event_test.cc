// Entries of the journal as events, held to what OpenLineage's schema demands.
#include "lineage/event.h"

#include <gmock/gmock.h>

#include "base/text.h"
#include "flow/times.h"

namespace marquee::lineage {
namespace {

using flow::JournalEntry;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::MatchesRegex;
using Kind = JournalEntry::Kind;

constexpr char kUuid[] = "[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";

class EventTest : public testing::Test {
 protected:
  EventTest() {
    flow::Task load{.id = "load",
                    .kind = flow::Task::Kind::kEmpty,
                    .inlets = {"silver.ratings", "s3://in/{{ ds }}.csv", "{{ conf.none }}"},
                    .outlets = {"/out/{{ dag_id }}"},
                    .owner = "bea",
                    .doc = "Loads it."};
    flow::Task wait{.id = "wait",
                    .kind = flow::Task::Kind::kSensor,
                    .sensor = {.kind = flow::Sensor::Kind::kTable, .target = "bronze.ratings"}};
    set_.dags["d"] = flow::MakeDag(
        {.id = "d", .description = "The ratings", .owner = "ada", .tasks = {load, wait}});
    entry_.kind = Kind::kTaskStarted;
    entry_.time_us = 1'700'000'000'123'000;
    entry_.run = {.run = 7, .dag_id = "d", .run_id = "one", .queued_us = 5, .root_run = 7};
    entry_.run.logical_us = 1'699'920'000'000'000;
    entry_.run.interval = {1'699'920'000'000'000, 1'700'006'400'000'000};
    entry_.task_id = "load";
    entry_.try_number = 2;
  }

  Json Event() { return Find().value(); }
  std::optional<Json> Find() { return RunEventOf(entry_, context_); }
  std::string TypeOf(Kind kind, const std::string& reason = {}) {
    entry_.kind = kind;
    entry_.reason = reason;
    const std::optional<Json> event = Find();
    return event ? event->GetString("eventType") : "none";
  }
  static std::vector<std::string> Names(const Json& datasets) {
    std::vector<std::string> names;
    for (const Json& each : datasets.AsArray()) {
      names.push_back(StrCat(each.GetString("namespace"), " ", each.GetString("name")));
    }
    return names;
  }
  static const Json& RunFacet(const Json& event, std::string_view name) {
    return event.At("run").At("facets").At(name);
  }

  flow::DagSet set_;
  EventContext context_{.dags = set_, .home = "/home", .lake = "/home/lake"};
  JournalEntry entry_;
};

TEST_F(EventTest, HasWhatTheSchemaDemands) {
  const Json event = Event();
  EXPECT_EQ(event.GetString("eventType"), "START");
  EXPECT_EQ(event.GetString("eventTime"), "2023-11-14T22:13:20.123000Z");
  EXPECT_THAT(event.At("run").GetString("runId"), MatchesRegex(kUuid));
  EXPECT_EQ(event.At("job").GetString("namespace"), "marquee");
  EXPECT_EQ(event.At("job").GetString("name"), "d.load");
  EXPECT_THAT(event.GetString("producer"), MatchesRegex("urn:marquee:[0-9.]+"));
  EXPECT_EQ(event.GetString("schemaURL"),
            "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent");
  for (const Json* const facets : {&event.At("run").At("facets"), &event.At("job").At("facets")}) {
    for (const auto& [name, facet] : facets->AsObject()) {
      EXPECT_EQ(facet.GetString("_producer"), event.GetString("producer")) << name;
      EXPECT_THAT(facet.GetString("_schemaURL"),
                  MatchesRegex("https://openlineage.io/spec/facets/[0-9-]+/[A-Za-z]+\\.json#/"
                               "\\$defs/[A-Za-z]+"))
          << name;
    }
  }
}

TEST_F(EventTest, SaysWhenForWhomAndOfWhichRun) {
  const Json event = Event();
  const Json& nominal = RunFacet(event, "nominalTime");
  EXPECT_EQ(nominal.GetString("nominalStartTime"), "2023-11-14T00:00:00Z");
  EXPECT_EQ(nominal.GetString("nominalEndTime"), "2023-11-15T00:00:00Z");
  const Json& parent = RunFacet(event, "parent");
  EXPECT_EQ(parent.At("run").GetString("runId"), LineageRunId(entry_.run));
  EXPECT_EQ(parent.At("job").GetString("name"), "d");
  EXPECT_EQ(parent.At("root").At("run"), parent.At("run"));
  EXPECT_EQ(RunFacet(event, "processing_engine").GetString("name"), "Marquee");
  const Json& job = event.At("job").At("facets");
  EXPECT_EQ(job.At("jobType").GetString("jobType"), "TASK");
  EXPECT_EQ(job.At("jobType").GetString("processingType"), "BATCH");
  EXPECT_EQ(job.At("documentation").GetString("description"), "Loads it.");
  EXPECT_EQ(job.At("ownership").At("owners").AsArray().at(0).GetString("name"), "bea");
}

TEST_F(EventTest, ARunOfADagIsOneToo) {
  entry_.kind = Kind::kRunFailed;
  entry_.task_id.clear();
  const Json event = Event();
  EXPECT_EQ(event.GetString("eventType"), "FAIL");
  EXPECT_EQ(event.At("job").GetString("name"), "d");
  EXPECT_EQ(event.At("run").GetString("runId"), LineageRunId(entry_.run));
  EXPECT_EQ(event.At("job").At("facets").At("jobType").GetString("jobType"), "DAG");
  EXPECT_EQ(event.At("job").At("facets").At("documentation").GetString("description"),
            "The ratings");
  EXPECT_EQ(event.At("run").At("facets").Find("parent"), nullptr);
}

TEST_F(EventTest, ATriggeredRunNamesWhoTriggeredIt) {
  const flow::DagRun root{.run = 1, .dag_id = "root", .run_id = "r", .queued_us = 1, .root_run = 1};
  const flow::DagRun parent{
      .run = 2, .dag_id = "mid", .run_id = "m", .queued_us = 2, .root_run = 1};
  context_.find_run = [&](int64_t run) -> std::optional<flow::DagRun> {
    return run == 1 ? root : parent;
  };
  entry_.run.parent_run = 2;
  entry_.run.root_run = 1;
  const Json of_task = RunFacet(Event(), "parent");
  EXPECT_EQ(of_task.At("job").GetString("name"), "d");
  EXPECT_EQ(of_task.At("root").At("run").GetString("runId"), LineageRunId(root));
  entry_.task_id.clear();
  const Json of_run = RunFacet(Event(), "parent");
  EXPECT_EQ(of_run.At("run").GetString("runId"), LineageRunId(parent));
  EXPECT_EQ(of_run.At("root").At("job").GetString("name"), "root");
  context_.find_run = [](int64_t) { return std::nullopt; };  // both were removed
  EXPECT_EQ(Event().At("run").At("facets").Find("parent"), nullptr);
}

TEST_F(EventTest, EachKindHasItsType) {
  EXPECT_EQ(TypeOf(Kind::kTaskStarted), "START");
  EXPECT_EQ(TypeOf(Kind::kTaskSucceeded), "COMPLETE");
  EXPECT_EQ(TypeOf(Kind::kTaskFailed, "exit code 1"), "FAIL");
  EXPECT_EQ(TypeOf(Kind::kTaskRetried, "exit code 1"), "FAIL");
  EXPECT_EQ(TypeOf(Kind::kTaskFailed, "it was cancelled"), "ABORT");
  EXPECT_EQ(TypeOf(Kind::kTaskSkipped), "COMPLETE");
  EXPECT_EQ(TypeOf(Kind::kTaskUpstreamFailed), "none");
  EXPECT_EQ(TypeOf(Kind::kSlaMissed), "none");
  entry_.try_number = 0;  // passed over
  EXPECT_EQ(TypeOf(Kind::kTaskSkipped), "none");
  entry_.task_id.clear();
  EXPECT_EQ(TypeOf(Kind::kRunStarted), "START");
  EXPECT_EQ(TypeOf(Kind::kRunSucceeded), "COMPLETE");
  EXPECT_EQ(TypeOf(Kind::kRunFailed, "set to failed by hand"), "ABORT");
}

TEST_F(EventTest, AFailureSaysWhy) {
  entry_.kind = Kind::kTaskFailed;
  entry_.reason = "exit code 1";
  const Json event = Event();
  const Json& error = RunFacet(event, "errorMessage");
  EXPECT_EQ(error.GetString("message"), "exit code 1");
  EXPECT_EQ(error.GetString("programmingLanguage"), "C++");
}

TEST_F(EventTest, AnIdIsTheSameEachTimeAndOfOneTryAlone) {
  const std::string id = LineageRunId(entry_.run, "load", 2);
  EXPECT_EQ(id, LineageRunId(entry_.run, "load", 2));
  EXPECT_NE(id, LineageRunId(entry_.run, "load", 3));
  EXPECT_NE(id, LineageRunId(entry_.run, "wait", 2));
  EXPECT_NE(id, LineageRunId(entry_.run));
  flow::DagRun again = entry_.run;  // of the same name, after the first was deleted
  ++again.queued_us;
  EXPECT_NE(id, LineageRunId(again, "load", 2));
}

TEST_F(EventTest, DeclaredNamesAreFilledInAndThoseThatCannotBeAreLeftOut) {
  const Json event = Event();
  EXPECT_THAT(Names(event.At("inputs")),
              ElementsAre("file /home/lake/silver/ratings", "s3://in 2023-11-14.csv"));
  EXPECT_THAT(Names(event.At("outputs")), ElementsAre("file /out/d"));
  entry_.task_id = "wait";
  EXPECT_THAT(Names(Event().At("inputs")), ElementsAre("file /home/lake/bronze/ratings"));
  set_.dags.clear();
  EXPECT_THAT(Names(Event().At("inputs")), IsEmpty());
}

TEST_F(EventTest, WhatTheTryToldGoesBeforeWhatIsDeclared) {
  entry_.datasets = Json::Parse(R"({
    "inputs": [{"namespace": "file", "name": "/home/lake/silver/ratings", "version": 3},
               {"namespace": "file", "name": "/home/lake/silver/ratings", "version": 4,
                "fields": [{"name": "user_id", "type": "string"}, {"type": "no name"}, 5]},
               {"version": 1}],
    "outputs": [{"name": "x", "rows": 7, "bytes": 90, "files": "many"}]})");
  const Json event = Event();
  EXPECT_THAT(Names(event.At("inputs")),
              ElementsAre("file /home/lake/silver/ratings", "s3://in 2023-11-14.csv"));
  const Json& facets = event.At("inputs").AsArray()[0].At("facets");
  EXPECT_EQ(facets.At("version").GetString("datasetVersion"), "4");
  EXPECT_EQ(facets.At("schema").At("fields").Dump(), R"([{"name":"user_id","type":"string"}])");
  EXPECT_THAT(Names(event.At("outputs")), ElementsAre("file /out/d", "file x"));
  const Json& statistics =
      event.At("outputs").AsArray()[1].At("outputFacets").At("outputStatistics");
  EXPECT_EQ(statistics.GetInt("rowCount"), 7);
  EXPECT_EQ(statistics.GetInt("size"), 90);
  EXPECT_EQ(statistics.Find("fileCount"), nullptr);
  EXPECT_THAT(statistics.GetString("_schemaURL"), testing::HasSubstr("1-0-2/OutputStatistics"));
}

}  // namespace
}  // namespace marquee::lineage
