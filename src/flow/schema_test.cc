// What earlier programs wrote is read, and gone on with, by this one: testdata/ has a database of
// each released version of the tables, as SQL.
#include "flow/schema.h"

#include "base/hash.h"
#include "database/sqlite.h"
#include "flow/journal.h"
#include "flow/test_flow.h"

namespace marquee::flow {
namespace {

using testing::ElementsAre;

TEST(FlowSchema, AReleasedVersionStaysAsItWas) {
  std::vector<std::string> hashes;
  for (const char* version : FlowSchema().versions)
    hashes.push_back(HashHex(HashKind::kSha256, version).substr(0, 16));
  EXPECT_THAT(hashes, ElementsAre("55af05dff3d686c5", "b41a436ac8f35c56"))
      << "change the tables by a further version, with a database of it in testdata";
}

// A run that went well at its second try, and a pool, are in each.
class EarlierFlowTables : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    const std::string dump = StrCat("src/flow/testdata/version", GetParam(), ".sql");
    sqlite::Connection(path_).Run(ReadFile(dump).c_str());
    database_.emplace(database::DatabaseOptions{.url = path_}, FlowSchema());
    store_.emplace(*database_, clock_);
  }

  const TempDir folder_;
  const std::string path_ = (folder_.path() / "flow.db").string();
  const ManualClock clock_{1'800'000'000'000};
  const ManualClock steady_{1'000};
  std::optional<database::Database> database_;
  std::optional<FlowStore> store_;
};

TEST_P(EarlierFlowTables, KeepWhatTheyHold) {
  const DagRun run = store_->GetRun("nightly", "first");
  EXPECT_EQ(run.state, RunState::kSuccess);
  EXPECT_EQ(run.conf.Dump(), R"({"day":"x"})");
  EXPECT_EQ(store_->GetPool("small").slots, 3);
  EXPECT_TRUE(store_->GetDag("nightly").paused);
  const std::vector<TaskInstance> tries = store_->Tries(run, "load");
  ASSERT_EQ(tries.size(), 2);
  EXPECT_EQ(tries[0].state, TaskState::kFailed);
  EXPECT_EQ(tries[0].reason, "exit code 1");
  EXPECT_EQ(tries[0].exit_code, 1);
  EXPECT_EQ(tries[1].state, TaskState::kSuccess);
  EXPECT_GT(tries[1].usage.peak_rss_bytes.value(), 0);
  EXPECT_EQ(store_->GetTask("nightly", "first", "tell").task.operator_name, "EmptyOperator");
}

TEST_P(EarlierFlowTables, GoOnWithFurtherRuns) {
  const DagPtr dag = MakeDag({.id = "nightly", .tasks = {ShellTask("load", {}, "exit 0")}});
  DagCatalogue dags({dag}, folder_.path() / "dags", clock_);
  SchedulerOptions options;
  options.folder = options.home = folder_.path();
  Scheduler scheduler(*store_, dags, options, clock_, steady_);
  JournalReader reader(*database_, clock_, "test");
  store_->SetPaused("nightly", false);
  const DagRun run = store_->Trigger(*dag, {});
  EXPECT_GT(run.run, store_->GetRun("nightly", "first").run);
  for (int i = 0; i < 2'000 && !IsFinished(store_->GetRun(run.run).state); ++i) {
    if (!scheduler.Turn()) scheduler.Wait(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(store_->GetRun(run.run).state, RunState::kSuccess);
  std::vector<std::string> told;
  for (const JournalEntry& entry : reader.Next(10)) told.emplace_back(JournalKindName(entry.kind));
  EXPECT_THAT(told, ElementsAre("run_started", "task_started", "task_succeeded", "run_succeeded"));
}

INSTANTIATE_TEST_SUITE_P(, EarlierFlowTables,
                         testing::Range(1, static_cast<int>(FlowSchema().versions.size()) + 1));

}  // namespace
}  // namespace marquee::flow
