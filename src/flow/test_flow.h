// For tests: DAGs, runs and schedulers, on each kind of database.
#pragma once

#include <gmock/gmock.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error_matchers.h"
#include "base/files.h"
#include "base/ids.h"
#include "base/text.h"
#include "database/database.h"
#include "database/test_postgres.h"
#include "flow/dag_catalogue.h"
#include "flow/flow_store.h"
#include "flow/launch.h"
#include "flow/scheduler.h"
#include "flow/schema.h"
#include "flow/times.h"

namespace marquee::flow {

inline Task ShellTask(std::string id, std::vector<std::string> needs, std::string script) {
  Task task{.id = std::move(id), .kind = Task::Kind::kCommand, .command = {std::move(script)}};
  task.is_shell = true;
  task.needs = std::move(needs);
  return task;
}

inline Task EmptyTask(std::string id, std::vector<std::string> needs = {}) {
  return {.id = std::move(id), .kind = Task::Kind::kEmpty, .needs = std::move(needs)};
}

class FlowContract : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const bool postgres = std::string_view(GetParam()) == "Postgres";
    if (postgres && !database::PostgresServer::IsThere()) {
      GTEST_SKIP() << "no tools/postgres: set MARQUEE_SHARED";
    }
    schema_.name = schema_name_;
    url_ = postgres ? database::SharedPostgresUrl() : (folder_.path() / "flow.db").string();
    database_ =
        std::make_unique<database::Database>(database::DatabaseOptions{.url = url_}, schema_);
    store_ = std::make_unique<FlowStore>(*database_, clock_);
  }

  // Adds DAGs, unpaused.
  void Add(std::vector<Dag> dags) {
    std::vector<std::string> ids;
    for (Dag& dag : dags) {
      built_.push_back(MakeDag(std::move(dag)));
      ids.push_back(built_.back()->id);
    }
    dags_ = std::make_unique<DagCatalogue>(built_, folder_.path() / "dags", clock_);
    store_->AddDags(ids, false);
    for (const std::string& id : ids) store_->SetPaused(id, false);
  }
  const Dag& Named(const std::string& id) { return *dags_->Current()->Named(id); }

  SchedulerOptions Options() {
    SchedulerOptions options;
    options.folder = folder_.path() / "flow";
    options.home = folder_.path();
    options.nice = 0;
    options.grace_ms = 200;
    options.parallelism = 4;
    return options;
  }
  std::unique_ptr<Scheduler> NewScheduler() { return NewScheduler(Options()); }
  std::unique_ptr<Scheduler> NewScheduler(SchedulerOptions options) {
    return std::make_unique<Scheduler>(*store_, *dags_, std::move(options), clock_, steady_);
  }

  // The run is begun, and its tasks wait for a place.
  void ScheduleWithoutPlaces() {
    SchedulerOptions options = Options();
    options.parallelism = 0;
    NewScheduler(options)->Turn();
  }
  // Turns until it is so; the waiting ends with events, and the bound is for tests that fail.
  static void Until(Scheduler& scheduler, const std::function<bool()>& done) {
    for (int i = 0; i < 2'000 && !done(); ++i) {
      if (!scheduler.Turn()) scheduler.Wait(std::chrono::milliseconds(10));
    }
    ASSERT_TRUE(done());
  }
  RunState Finish(Scheduler& scheduler, const DagRun& run) {
    Until(scheduler, [&] { return IsFinished(store_->GetRun(run.run).state); });
    return store_->GetRun(run.run).state;
  }
  RunState RunOnce(const std::string& dag_id, Json conf = Json::MakeObject()) {
    const auto scheduler = NewScheduler();
    last_ = store_->Trigger(Named(dag_id), {.conf = std::move(conf)});
    return Finish(*scheduler, last_);
  }
  // "a:success b:skipped"
  std::string States(const DagRun& run) {
    std::string states;
    for (const TaskInstance& task : store_->Tasks(run.run)) {
      StrAppend(&states, states.empty() ? "" : " ", task.task_id, ":", TaskStateName(task.state));
    }
    return states;
  }
  TaskInstance TaskOf(const DagRun& run, const std::string& task_id) {
    return store_->GetTask(run.dag_id, run.run_id, task_id).task;
  }
  std::string Log(const DagRun& run, const std::string& task_id, int try_number = 1) {
    return ReadFile(FilesOf(folder_.path() / "flow", run, task_id, try_number).log());
  }
  bool Exists(const char* name) { return std::filesystem::exists(folder_.path() / name); }
  void Make(const char* name) { WriteFileAtomic(folder_.path() / name, ""); }
  // A script that waits for Make(name).
  static std::string Await(const char* name) {
    return StrCat("while [ ! -e ", name, " ]; do sleep 0.01; done; ");
  }

  TempDir folder_;
  std::string url_;
  ManualClock clock_{1'700'000'000'000};
  ManualClock steady_{1'000};
  const std::string schema_name_ = "flow_" + NewRunId();
  database::Schema schema_ = FlowSchema();
  std::unique_ptr<database::Database> database_;
  std::unique_ptr<FlowStore> store_;
  std::vector<DagPtr> built_;
  std::unique_ptr<DagCatalogue> dags_;
  DagRun last_;
};

inline std::string DatabaseName(const testing::TestParamInfo<const char*>& info) {
  return info.param;
}

}  // namespace marquee::flow
