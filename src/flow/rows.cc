#include "flow/rows.h"

#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "flow/times.h"

namespace marquee::flow {
namespace {

constexpr std::string_view kRunColumns =
    "run, dag_id, run_id, type, state, logical_us, interval_start_us, interval_end_us, "
    "run_after_us, queued_us, start_us, end_us, decided_us, conf, note, triggered_by, user_name, "
    "parent_run, root_run, wake_us";
constexpr std::string_view kTaskColumns =
    "run, task_id, position, state, try_number, max_tries, pool, pool_slots, priority_weight, "
    "operator, queued_us, scheduled_us, start_us, end_us, next_us, triggered_run, owner, claim, "
    "pid, hostname, exit_code, cpu_ms, peak_rss_bytes, reason, note";

std::optional<std::string> OptionalText(const Rows& rows, int column) {
  return rows.IsNull(column) ? std::nullopt : std::optional<std::string>(rows.Text(column));
}

std::string Text(std::string_view text) { return std::string(text); }

// The values of kTaskColumns after the first two.
SqlValues TaskValues(const TaskInstance& task) {
  return {task.position,
          Text(TaskStateName(task.state)),
          int64_t{task.try_number},
          int64_t{task.max_tries},
          task.pool,
          task.pool_slots,
          task.priority_weight,
          task.operator_name,
          OrNull(task.queued_us),
          OrNull(task.scheduled_us),
          OrNull(task.start_us),
          OrNull(task.end_us),
          OrNull(task.next_us),
          OrNull(task.triggered_run),
          task.owner,
          task.claim,
          OrNull(task.pid),
          task.hostname,
          OrNull(task.exit_code),
          OrNull(task.usage.cpu_ms),
          OrNull(task.usage.peak_rss_bytes),
          task.reason,
          OrNull(task.note)};
}

[[noreturn]] void RefuseSecond(const DagRun& run, const char* what, const std::string& value) {
  throw Error(
      Code::kAlreadyExists,
      StrCat("DAGRun with DAG ID: '", run.dag_id, "' and ", what, ": '", value, "' already exists"),
      "name another, or clear that run");
}

bool HasRunId(Session& session, const DagRun& run) {
  return session
      .Query("select 1 from dag_runs where dag_id = ? and run_id = ?", {run.dag_id, run.run_id})
      .Next();
}

bool HasDate(Session& session, const DagRun& run) {
  return run.logical_us && session
                               .Query("select 1 from dag_runs where dag_id = ? and logical_us = ?",
                                      {run.dag_id, *run.logical_us})
                               .Next();
}

void NameRun(Session& session, DagRun* run) {
  if (!run->run_id.empty()) {
    if (HasRunId(session, *run)) RefuseSecond(*run, "DAGRun ID", run->run_id);
    if (HasDate(session, *run)) RefuseSecond(*run, "logical date", FormatTime(*run->logical_us));
    return;
  }
  // Two runs by hand in one millisecond, of which the clock tells no more, are some microseconds
  // apart.
  const bool movable = run->type == RunType::kManual || run->type == RunType::kTriggered ||
                       run->type == RunType::kTable;
  run->run_id = RunIdOf(run->type, run->date_us());
  while (HasRunId(session, *run) || HasDate(session, *run)) {
    if (!movable) RefuseSecond(*run, "DAGRun ID", run->run_id);
    ++(run->logical_us ? *run->logical_us : run->run_after_us);
    run->run_id = RunIdOf(run->type, run->date_us());
  }
}

}  // namespace

std::string SelectRuns() { return StrCat("select ", kRunColumns, " from dag_runs"); }

DagRun ReadRun(const Rows& rows) {
  DagRun run;
  run.run = rows.Int(0);
  run.dag_id = rows.Text(1);
  run.run_id = rows.Text(2);
  run.type = ParseRunType(rows.Text(3)).value_or(RunType::kManual);
  run.state = ParseRunState(rows.Text(4)).value_or(RunState::kFailed);
  run.logical_us = OptionalInt(rows, 5);
  if (!rows.IsNull(6)) run.interval = DataInterval{rows.Int(6), rows.Int(7)};
  run.run_after_us = rows.Int(8);
  run.queued_us = rows.Int(9);
  run.start_us = OptionalInt(rows, 10);
  run.end_us = OptionalInt(rows, 11);
  run.decided_us = OptionalInt(rows, 12);
  run.conf = Json::Parse(rows.Text(13));
  run.note = OptionalText(rows, 14);
  run.triggered_by = rows.Text(15);
  run.user_name = rows.Text(16);
  run.parent_run = OptionalInt(rows, 17);
  run.root_run = rows.Int(18);
  run.wake_us = OptionalInt(rows, 19);
  return run;
}

DagRun FindRun(Session& session, const std::string& dag_id, const std::string& run_id) {
  Rows rows = session.Query(SelectRuns() + " where dag_id = ? and run_id = ?", {dag_id, run_id});
  if (rows.Next()) return ReadRun(rows);
  throw Error(Code::kNotFound,
              StrCat("DAGRun with DAG ID: '", dag_id, "' and DagRun ID: '", run_id, "' not found"),
              "check both ids");
}

DagRun FindRun(Session& session, int64_t run) {
  Rows rows = session.Query(SelectRuns() + " where run = ?", {run});
  if (rows.Next()) return ReadRun(rows);
  throw Error(Code::kNotFound, StrCat("no run ", run), "it was deleted");
}

std::string SelectTasks() { return StrCat("select ", kTaskColumns, " from task_instances"); }

TaskInstance ReadTask(const Rows& rows) {
  TaskInstance task;
  task.run = rows.Int(0);
  task.task_id = rows.Text(1);
  task.position = rows.Int(2);
  task.state = ParseTaskState(rows.Text(3)).value_or(TaskState::kFailed);
  task.try_number = static_cast<int>(rows.Int(4));
  task.max_tries = static_cast<int>(rows.Int(5));
  task.pool = rows.Text(6);
  task.pool_slots = rows.Int(7);
  task.priority_weight = rows.Int(8);
  task.operator_name = rows.Text(9);
  task.queued_us = OptionalInt(rows, 10);
  task.scheduled_us = OptionalInt(rows, 11);
  task.start_us = OptionalInt(rows, 12);
  task.end_us = OptionalInt(rows, 13);
  task.next_us = OptionalInt(rows, 14);
  task.triggered_run = OptionalInt(rows, 15);
  task.owner = rows.Text(16);
  task.claim = rows.Int(17);
  task.pid = OptionalInt(rows, 18);
  task.hostname = rows.Text(19);
  task.exit_code = OptionalInt(rows, 20);
  task.usage.cpu_ms = OptionalInt(rows, 21);
  task.usage.peak_rss_bytes = OptionalInt(rows, 22);
  task.reason = rows.Text(23);
  task.note = OptionalText(rows, 24);
  return task;
}

std::vector<TaskInstance> TasksOf(Session& session, int64_t run) {
  std::vector<TaskInstance> tasks;
  Rows rows = session.Query(SelectTasks() + " where run = ? order by position, task_id", {run});
  while (rows.Next()) tasks.push_back(ReadTask(rows));
  return tasks;
}

void WriteTasks(Session& session, std::span<const TaskInstance> tasks) {
  std::vector<SqlValues> rows;
  for (const TaskInstance& task : tasks) {
    SqlValues values = TaskValues(task);
    values.emplace_back(task.run);
    values.emplace_back(task.task_id);
    rows.push_back(std::move(values));
  }
  if (rows.empty()) return;
  session.RunMany(
      "update task_instances set position = ?, state = ?, try_number = ?, max_tries = ?, pool = ?, "
      "pool_slots = ?, priority_weight = ?, operator = ?, queued_us = ?, scheduled_us = ?, "
      "start_us = ?, end_us = ?, next_us = ?, triggered_run = ?, owner = ?, claim = ?, pid = ?, "
      "hostname = ?, exit_code = ?, cpu_ms = ?, peak_rss_bytes = ?, reason = ?, note = ? "
      "where run = ? and task_id = ?",
      rows);
}

void AddTasks(Session& session, std::span<const TaskInstance> tasks) {
  std::vector<SqlValues> rows;
  for (const TaskInstance& task : tasks) {
    SqlValues values = TaskValues(task);
    values.insert(values.begin(), {task.run, task.task_id});
    rows.push_back(std::move(values));
  }
  if (rows.empty()) return;
  session.RunMany(StrCat("insert into task_instances (", kTaskColumns,
                         ") values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
                         "?, ?, ?, ?)"),
                  rows);
}

void WriteTry(Session& session, const TaskInstance& task) {
  session.Run(
      "insert into tries (run, task_id, try_number, state, start_us, end_us, pid, hostname, "
      "exit_code, cpu_ms, peak_rss_bytes, reason) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
      "on conflict (run, task_id, try_number) do update set state = excluded.state, "
      "start_us = excluded.start_us, end_us = excluded.end_us, pid = excluded.pid, "
      "hostname = excluded.hostname, exit_code = excluded.exit_code, cpu_ms = excluded.cpu_ms, "
      "peak_rss_bytes = excluded.peak_rss_bytes, reason = excluded.reason",
      {task.run, task.task_id, int64_t{task.try_number}, Text(TaskStateName(task.state)),
       OrNull(task.start_us), OrNull(task.end_us), OrNull(task.pid), task.hostname,
       OrNull(task.exit_code), OrNull(task.usage.cpu_ms), OrNull(task.usage.peak_rss_bytes),
       task.reason});
}

TaskInstance NewInstance(const Dag& dag, const Task& task, int64_t run) {
  TaskInstance instance;
  instance.run = run;
  instance.task_id = task.id;
  instance.position = static_cast<int64_t>(dag.PlaceOf(task));
  instance.max_tries = task.retry.retries;
  instance.pool = task.pool;
  instance.pool_slots = task.pool_slots;
  instance.priority_weight = task.priority_weight;
  instance.operator_name = OperatorName(task);
  return instance;
}

DagRun AddRun(Session& session, const Dag& dag, DagRun run) {
  run.dag_id = dag.id;
  NameRun(session, &run);
  std::optional<int64_t> start, end;
  if (run.interval) {
    start = run.interval->start_us;
    end = run.interval->end_us;
  }
  {
    Rows rows = session.Query(
        "insert into dag_runs (dag_id, run_id, type, state, logical_us, interval_start_us, "
        "interval_end_us, run_after_us, queued_us, conf, note, triggered_by, user_name, "
        "parent_run, dirty) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1) returning run",
        {run.dag_id, run.run_id, Text(RunTypeName(run.type)), Text(RunStateName(run.state)),
         OrNull(run.logical_us), OrNull(start), OrNull(end), run.run_after_us, run.queued_us,
         run.conf.Dump(), OrNull(run.note), run.triggered_by, run.user_name,
         OrNull(run.parent_run)});
    rows.Next();
    run.run = rows.Int(0);
  }
  if (run.root_run == 0) run.root_run = run.run;
  session.Run("update dag_runs set root_run = ? where run = ?", {run.root_run, run.run});
  std::vector<TaskInstance> tasks;
  for (const Task& task : dag.tasks) tasks.push_back(NewInstance(dag, task, run.run));
  AddTasks(session, tasks);
  return run;
}

int64_t FirstFreeDate(Session& session, const std::string& dag_id, int64_t us) {
  while (session.Query("select 1 from dag_runs where dag_id = ? and logical_us = ?", {dag_id, us})
             .Next()) {
    ++us;
  }
  return us;
}

void Touch(Session& session, int64_t run) {
  session.Run("update dag_runs set dirty = 1 where run = ?", {run});
}

void UpsertDag(Session& session, const std::string& dag_id, bool paused, int64_t now_us) {
  session.Run(
      "insert into dags (dag_id, paused, active, created_us, table_versions) "
      "values (?, ?, 1, ?, '{}') on conflict (dag_id) do update set active = 1",
      {dag_id, int64_t{paused}, now_us});
}

std::string SelectDags() {
  return "select dag_id, paused, active, created_us, last_end_us, table_versions from dags";
}

DagRecord ReadDag(const Rows& rows) {
  return {.dag_id = rows.Text(0),
          .paused = rows.Int(1) != 0,
          .active = rows.Int(2) != 0,
          .created_us = rows.Int(3),
          .last_end_us = OptionalInt(rows, 4),
          .table_versions = Json::Parse(rows.Text(5))};
}

}  // namespace marquee::flow
