#include "recording/run_recorder.h"

#include <gmock/gmock.h>

#include "base/error_matchers.h"
#include "recording/test_run_log.h"

namespace marquee {
namespace {

using testing::HasSubstr;
using tracking::RunStatus;

struct RunRecorderTest : testing::Test {
  std::vector<tracking::Metric> History(const std::string& run_id, const std::string& key) {
    std::vector<tracking::Metric> metrics;
    tests.runs.ReadHistory(run_id, key, 0, "",
                           [&](const tracking::Metric& metric) { metrics.push_back(metric); });
    return metrics;
  }

  TestRuns tests;
  UnsteadyRunLog log{tests.log};
  const NewRecord record{.experiment = "e", .name = "one", .tags = {{"t", "1"}}};
};

TEST_F(RunRecorderTest, RecordsWhatIsAdded) {
  RecordRun(&log, tests.clock, record, [&](RunRecorder& run) {
    run.AddParams(Json::MakeObject(
        {{"factors", 64}, {"loss", "warp"}, {"inner", Json::MakeObject({{"l2", 0.5}})}}));
    for (int step = 1; step <= 3; ++step) run.AddMetric("validation", step * .1, step);
    run.AddText("notes/a.txt", "text");
    tests.clock.Advance(1500);
  });
  const tracking::Run run = tests.Newest("e");
  EXPECT_EQ(run.info.name, "one");
  EXPECT_EQ(run.info.user_id, "ada");
  EXPECT_EQ(run.info.status, RunStatus::kFinished);
  EXPECT_EQ(*run.info.end_ms - run.info.start_ms, 1500);
  EXPECT_EQ(ValueOf(run.params, "factors"), "64");
  EXPECT_EQ(ValueOf(run.params, "loss"), "warp");
  EXPECT_EQ(ValueOf(run.params, "inner.l2"), "0.5");
  EXPECT_EQ(ValueOf(run.tags, "t"), "1");
  EXPECT_EQ(History(run.info.run_id, "validation").size(), 3);
  EXPECT_EQ(tests.Text(run, "notes/a.txt"), "text");
}

TEST_F(RunRecorderTest, MetricsCanBeSeenWhileTheRunLasts) {
  RunRecorder run(&log, tests.clock, record);
  run.AddMetric("m", 1, 1);
  EXPECT_TRUE(History(run.run_id(), "m").empty()) << "they are written together";
  tests.clock.Advance(2000);
  run.AddMetric("m", 2, 2);
  EXPECT_EQ(History(run.run_id(), "m").size(), 2);
}

TEST_F(RunRecorderTest, WorkThatFailsIsAFailedRun) {
  const auto work = [&](RunRecorder&) { throw Error(Code::kInvalidArgument, "no such factor"); };
  EXPECT_THAT([&] { RecordRun(&log, tests.clock, record, work); },
              ThrowsError(Code::kInvalidArgument, testing::HasSubstr("no such factor")));
  const tracking::Run run = tests.Newest("e");
  EXPECT_EQ(run.info.status, RunStatus::kFailed);
  EXPECT_EQ(ValueOf(run.tags, "error"), "no such factor");
}

TEST_F(RunRecorderTest, WorkThatIsCancelledIsAKilledRun) {
  const auto work = [&](RunRecorder& run) {
    run.AddMetric("m", 1, 1);
    throw Error(Code::kCancelled, "told to stop");
  };
  EXPECT_THAT([&] { RecordRun(&log, tests.clock, record, work); },
              ThrowsError(Code::kCancelled, testing::HasSubstr("told to stop")));
  const tracking::Run run = tests.Newest("e");
  EXPECT_EQ(run.info.status, RunStatus::kKilled);
  EXPECT_EQ(History(run.info.run_id, "m").size(), 1) << "what was measured until then stays";
}

TEST_F(RunRecorderTest, TheWorkGoesOnWhereNothingCanBeRecorded) {
  log.down = true;
  bool worked = false;
  RecordRun(&log, tests.clock, record, [&](RunRecorder& run) {
    run.AddMetric("m", 1);
    run.AddText("a", "b");
    EXPECT_EQ(run.run_id(), "");
    EXPECT_THAT(run.problem(), HasSubstr("the run is not recorded: the log is down"));
    worked = true;
  });
  EXPECT_TRUE(worked);
}

TEST_F(RunRecorderTest, MetricsOutlastALogThatIsDownForAWhile) {
  RunRecorder run(&log, tests.clock, record);
  log.down = true;
  tests.clock.Advance(2000);
  run.AddMetric("m", 1, 1);
  EXPECT_THAT(run.problem(), HasSubstr("a metric is not recorded: the log is down"));
  log.down = false;
  run.End(RunStatus::kFinished);
  EXPECT_EQ(History(run.run_id(), "m").size(), 1);
}

TEST_F(RunRecorderTest, WithoutALogNothingHappens) {
  RecordRun(nullptr, tests.clock, record, [&](RunRecorder& run) {
    run.AddParams(Json::MakeObject({{"a", 1}}));
    run.AddMetric("m", 1);
    EXPECT_EQ(run.Register("model", "path", {}), std::nullopt);
  });
  EXPECT_EQ(tests.runs.FindExperiment("e"), std::nullopt);
}

TEST(PartsOf, FitsWhatOneCallTakes) {
  tracking::LogBatch batch;
  batch.metrics.resize(2001);
  batch.params.resize(101);
  batch.tags.resize(5);
  const std::vector<tracking::LogBatch> parts = PartsOf(batch);
  ASSERT_EQ(parts.size(), 5);
  EXPECT_EQ(parts[0].params.size(), 100);
  EXPECT_EQ(parts[0].tags.size(), 5);
  EXPECT_EQ(parts[1].params.size(), 1);
  EXPECT_EQ(parts[4].metrics.size(), 1);
  EXPECT_TRUE(PartsOf({}).empty());
}

}  // namespace
}  // namespace marquee
