// A DAG: tasks, what each needs, and when they run.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "flow/notices.h"
#include "flow/schedule.h"
#include "flow/states.h"
#include "flow/trigger_rule.h"

namespace marquee::flow {

inline constexpr std::string_view kDefaultPool = "default_pool";

// What a sensor waits for.
struct Sensor {
  enum class Kind { kFile, kTable, kDag, kHttp };
  Kind kind = Kind::kFile;
  std::string target = {};  // a path, a table, a DAG or a URL
  std::string task = {};    // of a DAG: this one alone; "": its run
  int status = 0;           // of a URL: this one; 0: any of success
  int64_t interval_ms = 60'000;
  int64_t timeout_ms = int64_t{7} * 86'400'000;
  bool soft_fail = false;  // whether a timeout skips the task
};

// A request; any answer of success will do, unless a status is named.
struct HttpCall {
  std::string method = "GET";
  std::string url = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  int status = 0;
};

// A run of another DAG.
struct TriggerDag {
  std::string dag_id = {};
  Json conf = Json::MakeObject();  // with what this run's conf says beside it
  bool wait = true;                // whether the task ends when that run does, and as it does
};

// Texts may hold templates (flow/template.h).
struct Task {
  enum class Kind { kEmpty, kCommand, kMarquee, kHttp, kTrigger, kSensor };

  std::string id = {};
  Kind kind = Kind::kEmpty;
  std::vector<std::string> command = {};  // a program and its arguments; of kMarquee the arguments
  bool is_shell = false;                  // the one text of `command` is for /bin/sh
  HttpCall http = {};
  TriggerDag trigger = {};
  Sensor sensor = {};
  std::vector<std::string> needs = {};
  // What it is said to read and write: tables ("silver.ratings"), paths, URIs.
  std::vector<std::string> inlets = {};
  std::vector<std::string> outlets = {};
  TriggerRule trigger_rule = TriggerRule::kAllSuccess;
  RetryPolicy retry = {};
  int64_t execution_timeout_ms = 0;  // of a try; 0: none
  int64_t sla_ms = 0;                // from the end of the data interval; 0: none
  int64_t memory_limit_bytes = 0;    // address space of each process; 0: that of the settings
  bool depends_on_past = false;      // the same task of the run before must be done well
  bool wait_for_downstream = false;  // and those that need it too
  std::string pool = std::string(kDefaultPool);
  int pool_slots = 1;
  int priority = 1;
  std::string owner = {};
  std::string doc = {};
  std::map<std::string, std::string> env = {};
  Notices notices = {};

  // Set by MakeDag: places in Dag::tasks, and the priority with that of all that come after it.
  std::vector<size_t> upstream = {};
  std::vector<size_t> downstream = {};
  int64_t priority_weight = 1;
};

// "command", "marquee", ...
std::string_view TaskKindName(Task::Kind kind);
// As Airflow would name what runs it: "BashOperator", ...
std::string_view OperatorName(const Task& task);

struct Dag {
  std::string id = {};
  std::string description = {};
  std::string doc = {};
  std::string owner = "marquee";
  std::vector<std::string> tags = {};
  Schedule schedule = {};
  std::string time_zone = "UTC";
  std::optional<int64_t> start_us = {};  // none: when it was first seen
  std::optional<int64_t> end_us = {};
  bool catchup = false;
  int max_active_runs = 16;
  int max_active_tasks = 16;
  int64_t run_timeout_ms = 0;        // 0: none
  Json params = Json::MakeObject();  // values where a run's conf has none
  Notices notices = {};              // of its runs, and of tasks that say nothing else
  std::vector<Task> tasks = {};
  std::string file = {};  // "": built in

  // Null when there is none of that id.
  const Task* Find(std::string_view task_id) const;
  // REQUIRES: `task` is one of `tasks`.
  size_t PlaceOf(const Task& task) const { return static_cast<size_t>(&task - tasks.data()); }
  // Throws not_found, naming the nearest.
  const Task& Named(std::string_view task_id) const;
  // Itself and all that come after it, in the order of `tasks`.
  std::vector<size_t> WithDownstream(std::vector<size_t> places) const;
  std::vector<size_t> WithUpstream(std::vector<size_t> places) const;
  std::vector<size_t> Leaves() const;
};

using DagPtr = std::shared_ptr<const Dag>;

// What is wrong with a DAG, and with which of its tasks; the place is that in Dag::tasks.
struct DagProblem {
  std::optional<size_t> task;
  std::string field;
  std::string message;
};
// Checks ids, needs and numbers, puts `tasks` into an order in which each comes after those it
// needs, otherwise as they were, and fills in what Task says. Nothing when all is well.
std::optional<DagProblem> CompleteDag(Dag* dag);
// For DAGs that are built in: throws invalid_argument with the problem.
DagPtr MakeDag(Dag dag);

// What ids may be: letters, digits, '_', '-', '.', at most 200.
bool IsDagName(std::string_view id);
// Those and '~', ':', '+', at most 250; not "." and "..".
bool IsRunId(std::string_view run_id);

}  // namespace marquee::flow
