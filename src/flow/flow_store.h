// DAGs, runs and task instances as people and programs ask for them. What runs is the scheduler's
// (flow/scheduler.h), which is told of each change.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "database/database.h"
#include "flow/dag.h"
#include "flow/entities.h"
#include "flow/trend.h"

namespace marquee::flow {

// A run to be made.
struct NewRun {
  std::string run_id = {};                    // "": made up
  std::optional<int64_t> logical_us = {};     // none: now
  bool without_date = false;                  // no logical date, as API v2 may ask
  std::optional<DataInterval> interval = {};  // none: as the schedule says
  std::optional<int64_t> run_after_us = {};   // none: now
  Json conf = Json::MakeObject();
  std::optional<std::string> note = {};
  RunType type = RunType::kManual;
  std::string triggered_by = "cli";
  std::string user_name = {};
};

struct RunSearch {
  std::vector<std::string> dag_ids = {};  // none: all
  std::vector<std::string> run_ids = {};
  std::vector<RunState> states = {};
  std::vector<RunType> types = {};
  std::optional<int64_t> logical_from_us = {};
  std::optional<int64_t> logical_to_us = {};
  std::optional<int64_t> start_from_us = {};
  std::optional<int64_t> start_to_us = {};
  std::optional<int64_t> end_from_us = {};
  std::optional<int64_t> end_to_us = {};
  // One of kRunOrders, '-' before it for the largest first; then by number.
  std::vector<std::string> order_by = {};
  int64_t offset = 0;
  int64_t limit = 100;
};

template <typename T>
struct Found {
  std::vector<T> items;
  int64_t total = 0;  // without offset and limit
};

struct TaskSearch {
  std::vector<std::string> dag_ids = {};
  std::vector<std::string> run_ids = {};
  std::vector<std::string> task_ids = {};
  std::vector<TaskState> states = {};
  std::vector<std::string> pools = {};
  int64_t offset = 0;
  int64_t limit = 100;
};

struct TaskOfRun {
  DagRun run;
  TaskInstance task;
};

// What is cleared: of the run, or of each run in the time.
struct ClearRequest {
  std::optional<std::string> run_id = {};  // none: every run with a date in the time
  std::optional<int64_t> from_us = {};
  std::optional<int64_t> to_us = {};
  bool future = false;  // with run_id: those with later dates too
  bool past = false;
  std::vector<std::string> task_ids = {};  // none: all
  bool downstream = false;
  bool upstream = false;
  bool only_failed = false;
  bool only_running = false;
  bool reset_runs = true;  // whether runs that ended go on
  bool dry_run = false;
};

// How the tries of a task went.
struct TaskStatistics {
  std::string task_id;
  int64_t tries = 0;
  int64_t successes = 0;
  double mean_seconds = 0;  // of tries that ended, as the next
  double max_seconds = 0;
  double cpu_seconds = 0;  // a try
  int64_t peak_rss_bytes = 0;
};

// Thread-safe; many processes may use one database. Each call is one transaction. Throws not_found,
// already_exists, invalid_argument, failed_precondition, and what database::Session throws.
class FlowStore {
 public:
  // What is passed in must outlive it.
  FlowStore(database::Database& database, const Clock& clock)
      : database_(database), clock_(clock) {}

  // `changed` is called after each change that the scheduler of this process is to look at.
  void OnChange(std::function<void()> changed);

  // What is kept of the DAGs; those that are new are added, `paused` or not.
  void AddDags(const std::vector<std::string>& dag_ids, bool paused);
  std::vector<DagRecord> Dags();
  DagRecord GetDag(const std::string& dag_id);
  void SetPaused(const std::string& dag_id, bool paused);
  // With all its runs. Throws failed_precondition while one of its tasks runs.
  void DeleteDag(const std::string& dag_id);

  DagRun Trigger(const Dag& dag, const NewRun& run);
  // One for each interval that begins in the time and has none yet, the oldest first.
  std::vector<DagRun> Backfill(const Dag& dag, int64_t from_us, int64_t to_us, const Json& conf);
  DagRun GetRun(const std::string& dag_id, const std::string& run_id);
  DagRun GetRun(int64_t run);
  Found<DagRun> SearchRuns(const RunSearch& search);
  // Tasks that run are ended.
  DagRun SetRunState(const std::string& dag_id, const std::string& run_id, RunState state);
  DagRun SetRunNote(const std::string& dag_id, const std::string& run_id,
                    const std::optional<std::string>& note);
  // Throws failed_precondition while one of its tasks runs.
  void DeleteRun(const std::string& dag_id, const std::string& run_id);

  // In the order of the DAG.
  std::vector<TaskInstance> Tasks(int64_t run);
  // Throws not_found.
  TaskOfRun GetTask(const std::string& dag_id, const std::string& run_id,
                    const std::string& task_id);
  Found<TaskOfRun> SearchTasks(const TaskSearch& search);
  // The tries that ended, and the one that runs, in order.
  std::vector<TaskInstance> Tries(const DagRun& run, const std::string& task_id);
  // Without a process: a task that runs is ended first.
  std::vector<TaskOfRun> SetTaskStates(const Dag& dag, const ClearRequest& which, TaskState state);
  // They run again, each with its next try. Gives them as they were.
  std::vector<TaskOfRun> Clear(const Dag& dag, const ClearRequest& request);
  std::vector<TaskStatistics> Statistics(const std::string& dag_id);
  // How each task that ended fared in the latest `runs` runs, in the order of the DAG.
  std::vector<TaskHistory> History(const std::string& dag_id, int64_t runs);

  std::vector<Pool> Pools();
  Pool GetPool(const std::string& name);
  // Adds it or changes it.
  void SetPool(const std::string& name, int64_t slots, const std::optional<std::string>& note);
  // Throws invalid_argument for the default one.
  void DeletePool(const std::string& name);

  // When a scheduler was last heard of.
  std::optional<int64_t> LatestBeat();
  // Runs that ended before `us`, with all that is kept of them; gives their numbers, dag and run
  // ids, at most `limit`.
  std::vector<DagRun> RemoveRunsBefore(int64_t us, int64_t limit);

  database::Database& database() { return database_; }
  const Clock& clock() const { return clock_; }

 private:
  void Changed() const;
  std::vector<TaskOfRun> Select(database::Session& session, const Dag& dag,
                                const ClearRequest& request);

  database::Database& database_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::function<void()> changed_;  // guarded by mutex_
};

// What runs may be ordered by: "logical_date", "start_date", ...
const std::vector<std::string>& RunOrders();

}  // namespace marquee::flow
