// For tests: DAGs, their runs and a scheduler in a folder of their own, and what serves them.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/files.h"
#include "database/database.h"
#include "flow/dag_catalogue.h"
#include "flow/flow_store.h"
#include "flow/scheduler.h"
#include "flow/schema.h"
#include "flow/times.h"
#include "services/flow_service.h"

namespace marquee {

struct TestFlow {
  static flow::DagPtr Demo() {
    flow::Task first{
        .id = "first", .kind = flow::Task::Kind::kCommand, .command = {"echo 'it''s'"}};
    first.is_shell = true;
    flow::Dag dag{.id = "demo", .tags = {"films"}, .tasks = {first, {.id = "last"}}};
    dag.tasks[1].needs = {"first"};
    dag.tasks[1].sla_ms = 60'000;
    return flow::MakeDag(std::move(dag));
  }

  TempDir folder;
  ManualClock clock{1'700'000'000'000};
  flow::SteadyClock steady;
  database::Database database{{.url = (folder.path() / "flow.db").string()}, flow::FlowSchema()};
  flow::FlowStore store{database, clock};
  flow::DagCatalogue dags{{Demo()}, folder.path() / "dags", clock};
  const FlowService service{store, dags, folder.path()};

  // Begins what there is to begin.
  void TurnOnce() { MakeScheduler()->Turn(); }
  // Runs all there is to run.
  void RunAll() {
    const auto scheduler = MakeScheduler();
    const std::vector<flow::RunState> open = {flow::RunState::kQueued, flow::RunState::kRunning};
    for (int i = 0; i < 2'000 && store.SearchRuns({.states = open}).total > 0; ++i) {
      if (!scheduler->Turn()) scheduler->Wait(std::chrono::milliseconds(10));
    }
  }

 private:
  std::unique_ptr<flow::Scheduler> MakeScheduler() {
    flow::SchedulerOptions options;
    options.folder = folder.path();
    options.home = folder.path();
    return std::make_unique<flow::Scheduler>(store, dags, options, clock, steady);
  }
};

}  // namespace marquee
