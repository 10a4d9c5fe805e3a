// Internal: one turn of a scheduler: everything that is due, in one transaction.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "flow/dag_catalogue.h"
#include "flow/decide.h"
#include "flow/entities.h"
#include "flow/scheduler_options.h"
#include "flow/sql.h"
#include "flow/task_process.h"

namespace marquee::flow {

// A process that ended, or never was.
struct EndedTask {
  int64_t run = 0;
  std::string task_id;
  int64_t claim = 0;
  TaskExit exit;
  std::string message = {};  // why it did not start
  Json datasets = Json();    // flow/datasets.h
};

// What a turn came to.
struct PassResult {
  struct Start {
    DagPtr dag;
    DagRun run;
    TaskInstance task;
  };
  Outcome outcome;
  std::vector<Start> starts;
  std::vector<int64_t> cancels;  // claims of ours whose rows no longer want them to run
  std::optional<int64_t> wake_us;
  std::optional<int64_t> create_us;  // when the next run by schedule is due
  bool held_back = false;            // a run by schedule is due and waits for another to end
  bool more = false;                 // it stopped early: go on at once
};

class Pass {
 public:
  struct Input {
    Session& session;
    const DagSet& dags;
    const SchedulerOptions& options;
    std::string id;  // of this scheduler
    std::string hostname;
    int64_t now_us;
    int free_places;           // processes that may be started
    bool creates_runs = true;  // whether it looks for runs that are due by schedule
  };
  explicit Pass(const Input& input);

  PassResult Run(const std::vector<EndedTask>& ended);

 private:
  void TakeTurn();
  void Apply(const EndedTask& ended);
  void SetEnd(const EndedTask& ended, const DagRun& run, TaskInstance* task);
  void CreateRuns();
  void CreateRunsOf(const Dag& dag, DagRecord record);
  void CreateRunOfTables(const Dag& dag, const DagRecord& record);
  int64_t ActiveRuns(const std::string& dag_id);
  void StartQueued();
  void DecideRuns();
  std::vector<TaskInstance> Waiting(int64_t offset);
  void Claim();
  void BeginClaimed(TaskInstance* task) const;
  void FindCancels();
  void WakeAt(int64_t us);
  // " and root_run = ?" where only one is wanted.
  std::string Scope(SqlValues* values) const;

  const Input& in_;
  PassResult result_;
};

}  // namespace marquee::flow
