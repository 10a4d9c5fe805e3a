#include "app/built_in_dags.h"

#include <gmock/gmock.h>

#include "titles/dags.h"

namespace marquee {
namespace {

TEST(BuiltInDags, AreThoseOfTheTitles) {
  const std::vector<flow::DagPtr> dags = BuiltInDags();
  ASSERT_EQ(dags.size(), titles::BuiltInDags().size());
  for (size_t i = 0; i < dags.size(); ++i) {
    EXPECT_EQ(dags[i]->id, titles::BuiltInDags()[i].id);
    EXPECT_EQ(dags[i]->tasks.size(), titles::BuiltInDags()[i].tasks.size());
  }
}

TEST(BuiltInDags, ATaskIsACommandOrTriggersAnother) {
  const std::vector<flow::DagPtr> dags = BuiltInDags();
  const auto master = std::ranges::find(dags, "netflix_master_pipeline", &flow::Dag::id);
  const flow::Task& trigger = (*master)->Named("trigger_data_processing");
  EXPECT_EQ(trigger.kind, flow::Task::Kind::kTrigger);
  EXPECT_EQ(trigger.trigger.dag_id, "netflix_data_processing");
  EXPECT_TRUE(trigger.trigger.wait);
  EXPECT_THAT(trigger.needs, testing::ElementsAre("trigger_data_ingestion"));
  const flow::Task& task = (*master)->Named("setup_environment");
  EXPECT_EQ(task.kind, flow::Task::Kind::kMarquee);
  EXPECT_EQ(task.command[3], "setup_environment");
}

TEST(BuiltInDags, TheMlopsPipelineRunsDailyAndTriesThreeTimes) {
  const std::vector<flow::DagPtr> dags = BuiltInDags();
  const auto mlops = std::ranges::find(dags, "netflix_mlops_pipeline", &flow::Dag::id);
  EXPECT_EQ((*mlops)->schedule.text(), "@daily");
  EXPECT_FALSE((*mlops)->catchup);
  EXPECT_THAT((*mlops)->tags, testing::ElementsAre("netflix", "mlops", "recommendation"));
  EXPECT_EQ((*mlops)->tasks[0].retry.retries, 2);
  EXPECT_EQ((*mlops)->tasks[0].retry.delay_ms, 300'000);
}

}  // namespace
}  // namespace marquee
