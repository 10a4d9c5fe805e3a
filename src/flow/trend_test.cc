#include "flow/trend.h"

#include "flow/test_flow.h"

namespace marquee::flow {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TaskHistory Took(const std::vector<double>& seconds) {
  TaskHistory task{.task_id = "a", .runs = {}};
  for (const double each : seconds) {
    const auto number = static_cast<int64_t>(task.runs.size());
    task.runs.push_back({.run_id = StrCat("run", number),
                         .date_us = number,
                         .state = TaskState::kSuccess,
                         .tries = 1,
                         .seconds = each});
  }
  return task;
}

TEST(Trend, ComparesMediansOfTheLatestRunsWithThoseBefore) {
  const Trend trend = TrendOf(Took({4, 1, 2, 3, 3, 90, 3, 2}));
  EXPECT_EQ(trend.before_seconds, 2) << "of 4, 1, 2";
  EXPECT_EQ(trend.latest_seconds, 3) << "of 3, 3, 90, 3, 2";
  EXPECT_EQ(trend.change(), 0.5);
}

TEST(Trend, SaysNothingWhereThereIsNothingToCompare) {
  EXPECT_EQ(TrendOf(Took({1, 2})).latest_seconds, 1.5);
  EXPECT_EQ(TrendOf(Took({1, 2})).change(), std::nullopt);
  EXPECT_EQ(TrendOf(Took({})).latest_seconds, std::nullopt);
  EXPECT_EQ(TrendOf(Took({0, 1, 1, 1, 1, 1})).change(), std::nullopt) << "those before took none";
}

TEST(Trend, RunsThatFailedDoNotCount) {
  TaskHistory task = Took({1, 1, 50});
  task.runs[2].state = TaskState::kFailed;
  EXPECT_EQ(TrendOf(task).latest_seconds, 1);
  EXPECT_THAT(SecondsOf(task), ElementsAre(1, 1));
}

TEST(Trend, ASparkLineIsHighestWhereTheValueIs) {
  EXPECT_EQ(SparkLine(std::vector<double>{0, 3.5, 7}), "▁▅█");
  EXPECT_EQ(SparkLine(std::vector<double>{0, 0}), "▁▁");
  EXPECT_THAT(SparkLine({}), IsEmpty());
}

TEST(Trend, APictureNamesEachTask) {
  TaskHistory other = Took({2, 2});
  other.task_id = "b<c";
  const std::string svg = HistorySvg("nightly", std::vector{Took({1, 2, 3}), other});
  EXPECT_THAT(svg, HasSubstr("Time of the tasks of nightly"));
  EXPECT_THAT(svg, HasSubstr("b&lt;c"));
}

using HistoryTest = FlowContract;
INSTANTIATE_TEST_SUITE_P(Databases, HistoryTest, testing::Values("Sqlite", "Postgres"),
                         DatabaseName);

TEST_P(HistoryTest, IsOfTheLatestRunsTheOldestFirst) {
  Task again = ShellTask("again", {"skips"}, "echo x >> tries; [ $(wc -l < tries) -ne 3 ]");
  again.trigger_rule = TriggerRule::kAllDone;
  Add({{.id = "d", .tasks = {ShellTask("skips", {}, "exit 99"), again}},
       {.id = "other", .tasks = {EmptyTask("a")}}});
  for (int i = 0; i < 3; ++i) {
    RunOnce("d");
    clock_.Advance(60'000);
  }
  const std::vector<TaskHistory> history = store_->History("d", 2);
  ASSERT_EQ(history.size(), 2);
  EXPECT_EQ(history[0].task_id, "skips") << "in the order of the DAG";
  EXPECT_EQ(history[1].task_id, "again");
  ASSERT_EQ(history[1].runs.size(), 2);
  EXPECT_LT(history[1].runs[0].date_us, history[1].runs[1].date_us);
  EXPECT_EQ(history[1].runs[0].state, TaskState::kSuccess);
  EXPECT_EQ(history[1].runs[1].state, TaskState::kFailed);
  EXPECT_EQ(history[1].runs[1].run_id, last_.run_id);
  EXPECT_GT(history[1].runs[0].usage.peak_rss_bytes.value(), 0);
  EXPECT_EQ(history[0].runs[0].state, TaskState::kSkipped);
  EXPECT_THAT(store_->History("other", 2), IsEmpty());
}

}  // namespace
}  // namespace marquee::flow
