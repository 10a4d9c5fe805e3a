// Internal: rows of the tables to values and back.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "flow/dag.h"
#include "flow/entities.h"
#include "flow/sql.h"

namespace marquee::flow {

// Begins with the columns that ReadRun reads: "select ... from dag_runs".
std::string SelectRuns();
DagRun ReadRun(const Rows& rows);
// Throws not_found.
DagRun FindRun(Session& session, const std::string& dag_id, const std::string& run_id);
DagRun FindRun(Session& session, int64_t run);

std::string SelectTasks();
TaskInstance ReadTask(const Rows& rows);
// In the order of the DAG.
std::vector<TaskInstance> TasksOf(Session& session, int64_t run);
void WriteTasks(Session& session, std::span<const TaskInstance> tasks);  // those that are there
void AddTasks(Session& session, std::span<const TaskInstance> tasks);
// What the latest try of `task` came to, beside those before it.
void WriteTry(Session& session, const TaskInstance& task);

// As it is before anything happens.
TaskInstance NewInstance(const Dag& dag, const Task& task, int64_t run);

// Adds the run with a task instance for each task; gives it with its number. A run id of "" is
// made up from `run.type` and its date, and so is a later date when another run has that. Throws
// already_exists for a run id or date that another run has.
DagRun AddRun(Session& session, const Dag& dag, DagRun run);

// `us`, or the first moment after it that no run of the DAG has as its date.
int64_t FirstFreeDate(Session& session, const std::string& dag_id, int64_t us);

// The scheduler is to look at it.
void Touch(Session& session, int64_t run);

void UpsertDag(Session& session, const std::string& dag_id, bool paused, int64_t now_us);
DagRecord ReadDag(const Rows& rows);  // of SelectDags
std::string SelectDags();

}  // namespace marquee::flow
