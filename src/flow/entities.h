// What is kept of runs, as plain values. Times are microseconds since 1970.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "flow/schedule.h"
#include "flow/states.h"

namespace marquee::flow {

struct DagRecord {
  std::string dag_id;
  bool paused = false;
  bool active = true;  // whether it is declared now
  int64_t created_us = 0;
  std::optional<int64_t> last_end_us = {};   // of the last interval that got a run by schedule
  Json table_versions = Json::MakeObject();  // those that the last run by table was for
};

struct DagRun {
  int64_t run = 0;  // inside
  std::string dag_id = {};
  std::string run_id = {};
  RunType type = RunType::kManual;
  RunState state = RunState::kQueued;
  std::optional<int64_t> logical_us = {};
  std::optional<DataInterval> interval = {};
  int64_t run_after_us = 0;
  int64_t queued_us = 0;
  std::optional<int64_t> start_us = {};
  std::optional<int64_t> end_us = {};
  std::optional<int64_t> decided_us = {};
  Json conf = Json::MakeObject();
  std::optional<std::string> note = {};
  std::string triggered_by = {};  // "cli", "rest_api", "operator", "timetable", "backfill", ...
  std::string user_name = {};
  std::optional<int64_t> parent_run = {};
  int64_t root_run = 0;
  std::optional<int64_t> wake_us = {};

  int64_t date_us() const { return logical_us.value_or(run_after_us); }
};

// What a try used.
struct Usage {
  std::optional<int64_t> cpu_ms = {};
  std::optional<int64_t> peak_rss_bytes = {};

  bool operator==(const Usage&) const = default;
};

struct TaskInstance {
  int64_t run = 0;
  std::string task_id = {};
  int64_t position = 0;  // in its DAG
  TaskState state = TaskState::kNone;
  int try_number = 0;  // of the latest try; 0: none yet
  int max_tries = 0;   // the last that a failure is followed by another
  std::string pool = {};
  int64_t pool_slots = 1;
  int64_t priority_weight = 1;
  std::string operator_name = {};
  std::optional<int64_t> queued_us = {};
  std::optional<int64_t> scheduled_us = {};
  std::optional<int64_t> start_us = {};
  std::optional<int64_t> end_us = {};
  std::optional<int64_t> next_us = {};        // when a retry or the next look is due
  std::optional<int64_t> triggered_run = {};  // that it waits for
  std::string owner = {};                     // the scheduler whose process runs
  int64_t claim = 0;                          // of that process; 0: none
  std::optional<int64_t> pid = {};
  std::string hostname = {};
  std::optional<int64_t> exit_code = {};
  Usage usage = {};
  std::string reason = {};  // why it failed; "" when there is nothing to say
  std::optional<std::string> note = {};

  bool operator==(const TaskInstance&) const = default;
};

struct Pool {
  std::string name;
  int64_t slots = 0;
  std::string description = {};
  int64_t occupied = 0;   // slots of tasks that run
  int64_t scheduled = 0;  // slots of tasks that wait for a place
};

}  // namespace marquee::flow
