// FlowStore: task instances.
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "flow/flow_store.h"
#include "flow/journal_rows.h"
#include "flow/rows.h"
#include "flow/times.h"

namespace marquee::flow {
namespace {

std::vector<DagRun> RunsToClear(Session& session, const Dag& dag, const ClearRequest& request) {
  int64_t from_us = request.from_us.value_or(INT64_MIN);
  int64_t to_us = request.to_us.value_or(INT64_MAX);
  if (request.run_id) {
    DagRun run = FindRun(session, dag.id, *request.run_id);
    if (!request.future && !request.past) return {std::move(run)};
    from_us = request.past ? INT64_MIN : run.date_us();
    to_us = request.future ? INT64_MAX : run.date_us();
  }
  std::vector<DagRun> runs;
  Rows rows = session.Query(
      SelectRuns() + " where dag_id = ? and logical_us >= ? and logical_us <= ? order by run",
      {dag.id, from_us, to_us});
  while (rows.Next()) runs.push_back(ReadRun(rows));
  return runs;
}

std::set<std::string> IdsToClear(const Dag& dag, const ClearRequest& request) {
  std::vector<size_t> places;
  for (const std::string& id : request.task_ids) places.push_back(dag.PlaceOf(dag.Named(id)));
  std::vector<size_t> all = places;
  if (request.downstream) all = dag.WithDownstream(places);
  if (request.upstream) {
    const std::vector<size_t> before = dag.WithUpstream(places);
    all.insert(all.end(), before.begin(), before.end());
  }
  std::set<std::string> ids;
  for (const size_t place : all) ids.insert(dag.tasks[place].id);
  return ids;
}

bool FitsState(const ClearRequest& request, TaskState state) {
  if (request.only_failed) {
    return state == TaskState::kFailed || state == TaskState::kUpstreamFailed;
  }
  return !request.only_running || state == TaskState::kRunning;
}

// Goes on with its next try. While a process of it runs it waits for the end of that.
TaskInstance Cleared(TaskInstance task, const Dag& dag) {
  const Task* const declared = dag.Find(task.task_id);
  task.state = task.claim != 0 ? TaskState::kRestarting : TaskState::kNone;
  task.max_tries = task.try_number + (declared == nullptr ? 0 : declared->retry.retries);
  if (task.claim == 0) {
    task.queued_us.reset();
    task.scheduled_us.reset();
    task.start_us.reset();
    task.end_us.reset();
    task.exit_code.reset();
    task.pid.reset();
    task.usage = {};
    task.reason.clear();
  }
  task.next_us.reset();
  task.triggered_run.reset();
  return task;
}

// Tries without a process that began and are ended by hand: they come to `state`.
void JournalWaiting(Session& session, const std::vector<TaskOfRun>& tasks, TaskState state,
                    int64_t now_us) {
  std::vector<JournalEntry> entries;
  for (const TaskOfRun& each : tasks) {
    if (each.task.state != TaskState::kDeferred) continue;
    entries.push_back(EntryOf(KindOfEnd(state), now_us, each.run, each.task));
    entries.back().reason = StrCat("ended", kByHand);
  }
  WriteJournal(session, entries);
}

void Resume(Session& session, const DagRun& run, bool reset) {
  if (reset && IsFinished(run.state)) {
    session.Run(
        "update dag_runs set state = 'queued', end_us = null, start_us = null, dirty = 1 "
        "where run = ?",
        {run.run});
  } else {
    Touch(session, run.run);
  }
}

}  // namespace

std::vector<TaskInstance> FlowStore::Tasks(int64_t run) {
  return database_.Read([&](Session& session) { return TasksOf(session, run); });
}

TaskOfRun FlowStore::GetTask(const std::string& dag_id, const std::string& run_id,
                             const std::string& task_id) {
  return database_.Read([&](Session& session) {
    DagRun run = FindRun(session, dag_id, run_id);
    Rows rows = session.Query(SelectTasks() + " where run = ? and task_id = ?", {run.run, task_id});
    if (rows.Next()) return TaskOfRun{std::move(run), ReadTask(rows)};
    throw Error(Code::kNotFound,
                StrCat("run ", run_id, " of DAG ", dag_id, " has no task '", task_id, "'"),
                "marquee flow tasks lists them");
  });
}

std::vector<TaskInstance> FlowStore::Tries(const DagRun& run, const std::string& task_id) {
  return database_.Read([&](Session& session) {
    TaskInstance now;
    {
      Rows rows =
          session.Query(SelectTasks() + " where run = ? and task_id = ?", {run.run, task_id});
      if (!rows.Next()) {
        throw Error(Code::kNotFound, StrCat("run ", run.run_id, " has no task '", task_id, "'"));
      }
      now = ReadTask(rows);
    }
    std::vector<TaskInstance> tries;
    Rows rows = session.Query(
        "select try_number, state, start_us, end_us, pid, hostname, exit_code, cpu_ms, "
        "peak_rss_bytes, reason from tries where run = ? and task_id = ? order by try_number",
        {run.run, task_id});
    while (rows.Next()) {
      TaskInstance one = now;
      one.claim = 0;
      one.try_number = static_cast<int>(rows.Int(0));
      one.state = ParseTaskState(rows.Text(1)).value_or(TaskState::kFailed);
      one.start_us = OptionalInt(rows, 2);
      one.end_us = OptionalInt(rows, 3);
      one.pid = OptionalInt(rows, 4);
      one.hostname = rows.Text(5);
      one.exit_code = OptionalInt(rows, 6);
      one.usage = {OptionalInt(rows, 7), OptionalInt(rows, 8)};
      one.reason = rows.Text(9);
      tries.push_back(std::move(one));
    }
    const bool has_latest = !tries.empty() && tries.back().try_number == now.try_number;
    if (now.try_number > 0 && !has_latest) tries.push_back(std::move(now));
    return tries;
  });
}

std::vector<TaskOfRun> FlowStore::Select(database::Session& session, const Dag& dag,
                                         const ClearRequest& request) {
  const std::set<std::string> ids = IdsToClear(dag, request);
  std::vector<TaskOfRun> selected;
  for (const DagRun& run : RunsToClear(session, dag, request)) {
    for (TaskInstance& task : TasksOf(session, run.run)) {
      if (!request.task_ids.empty() && !ids.contains(task.task_id)) continue;
      if (task.state == TaskState::kRemoved || !FitsState(request, task.state)) continue;
      selected.push_back({run, std::move(task)});
    }
  }
  return selected;
}

std::vector<TaskOfRun> FlowStore::Clear(const Dag& dag, const ClearRequest& request) {
  if (request.dry_run) {
    return database_.Read([&](Session& session) { return Select(session, dag, request); });
  }
  std::vector<TaskOfRun> cleared = database_.Write([&](Session& session) {
    std::vector<TaskOfRun> selected = Select(session, dag, request);
    std::vector<TaskInstance> tasks;
    for (const TaskOfRun& each : selected) tasks.push_back(Cleared(each.task, dag));
    WriteTasks(session, tasks);
    JournalWaiting(session, selected, TaskState::kUpForRetry, NowUs(clock_));
    int64_t last = 0;
    for (const TaskOfRun& each : selected) {
      if (each.run.run == last) continue;
      last = each.run.run;
      Resume(session, each.run, request.reset_runs);
    }
    return selected;
  });
  Changed();
  return cleared;
}

std::vector<TaskOfRun> FlowStore::SetTaskStates(const Dag& dag, const ClearRequest& which,
                                                TaskState state) {
  if (!IsFinished(state) || state == TaskState::kRemoved || state == TaskState::kUpstreamFailed) {
    throw Error(Code::kInvalidArgument, StrCat("the new state is '", TaskStateName(state),
                                               "': must be success, failed or "
                                               "skipped"));
  }
  std::vector<TaskOfRun> changed = database_.Write([&](Session& session) {
    std::vector<TaskOfRun> selected = Select(session, dag, which);
    if (which.dry_run) return selected;
    JournalWaiting(session, selected, state, NowUs(clock_));
    std::vector<TaskInstance> tasks;
    for (TaskOfRun& each : selected) {
      each.task.state = state;
      if (!each.task.end_us) each.task.end_us = NowUs(clock_);
      if (!each.task.start_us) each.task.start_us = each.task.end_us;
      each.task.next_us.reset();
      tasks.push_back(each.task);
      Touch(session, each.run.run);
    }
    WriteTasks(session, tasks);
    return selected;
  });
  Changed();
  return changed;
}

std::vector<TaskStatistics> FlowStore::Statistics(const std::string& dag_id) {
  return database_.Read([&](Session& session) {
    std::vector<TaskStatistics> statistics;
    Rows rows = session.Query(
        "select t.task_id, count(*), sum(case when t.state = 'success' then 1 else 0 end), "
        "avg((t.end_us - t.start_us) / 1000000.0), max((t.end_us - t.start_us) / 1000000.0), "
        "avg(t.cpu_ms / 1000.0), max(t.peak_rss_bytes) from tries t "
        "where t.run in (select run from dag_runs where dag_id = ?) and t.end_us is not null "
        "group by t.task_id order by t.task_id",
        {dag_id});
    while (rows.Next()) {
      statistics.push_back({.task_id = rows.Text(0),
                            .tries = rows.Int(1),
                            .successes = rows.Int(2),
                            .mean_seconds = rows.Double(3),
                            .max_seconds = rows.Double(4),
                            .cpu_seconds = rows.IsNull(5) ? 0 : rows.Double(5),
                            .peak_rss_bytes = rows.Int(6)});
    }
    return statistics;
  });
}

std::vector<TaskHistory> FlowStore::History(const std::string& dag_id, int64_t runs) {
  return database_.Read([&](Session& session) {
    std::vector<TaskHistory> history;
    std::map<std::string, size_t> places;
    Rows rows = session.Query(
        "select t.task_id, r.run_id, coalesce(r.logical_us, r.run_after_us), t.state, "
        "t.try_number, t.start_us, t.end_us, t.cpu_ms, t.peak_rss_bytes "
        "from (select * from dag_runs where dag_id = ? order by run desc limit ?) r "
        "join task_instances t on t.run = r.run "
        "where t.start_us is not null and t.end_us is not null and t.claim = 0 "
        "order by r.run, t.position, t.task_id",
        {dag_id, runs});
    while (rows.Next()) {
      const auto [place, added] = places.try_emplace(rows.Text(0), history.size());
      if (added) history.push_back({rows.Text(0), {}});
      history[place->second].runs.push_back(
          {.run_id = rows.Text(1),
           .date_us = rows.Int(2),
           .state = ParseTaskState(rows.Text(3)).value_or(TaskState::kFailed),
           .tries = static_cast<int>(rows.Int(4)),
           .seconds = static_cast<double>(rows.Int(6) - rows.Int(5)) / kSecondUs,
           .usage = {OptionalInt(rows, 7), OptionalInt(rows, 8)}});
    }
    return history;
  });
}

}  // namespace marquee::flow
