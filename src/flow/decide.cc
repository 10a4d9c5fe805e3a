#include "flow/decide.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "flow/context.h"
#include "flow/journal_rows.h"
#include "flow/rows.h"
#include "flow/sla.h"
#include "flow/template.h"
#include "flow/times.h"

namespace marquee::flow {
namespace {

// Of the last run before `run`, by date.
std::optional<int64_t> RunBefore(Session& session, const DagRun& run) {
  Rows rows = session.Query(
      "select run from dag_runs where dag_id = ? and logical_us < ? order by logical_us desc "
      "limit 1",
      {run.dag_id, run.date_us()});
  return rows.Next() ? std::optional<int64_t>(rows.Int(0)) : std::nullopt;
}

bool WentWell(TaskState state) {
  return state == TaskState::kSuccess || state == TaskState::kSkipped;
}

}  // namespace

void EndTry(Session& session, const Dag* dag, const DagRun& run, TaskState state,
            TaskInstance* task) {
  task->state = state;
  task->next_us.reset();
  task->triggered_run.reset();
  const Task* const declared = dag == nullptr ? nullptr : dag->Find(task->task_id);
  const bool again = state == TaskState::kFailed && declared != nullptr &&
                     task->try_number <= task->max_tries && run.state == RunState::kRunning;
  WriteTry(session, *task);
  if (!again) return;
  const std::string key =
      StrCat(run.dag_id, "#", task->task_id, "#", ReplaceAll(FormatTime(run.date_us()), "T", " "));
  task->state = TaskState::kUpForRetry;
  task->next_us =
      task->end_us.value_or(0) + RetryDelayMs(declared->retry, task->try_number, key) * 1000;
}

Decider::Decider(const Context& context, const Dag& dag, DagRun run)
    : context_(context), dag_(dag), run_(std::move(run)) {
  SyncTasks();
}

// A DAG may have other tasks than when the run was made.
void Decider::SyncTasks() {
  std::vector<TaskInstance> there = TasksOf(context_.session, run_.run);
  std::vector<TaskInstance> added, removed;
  for (const Task& task : dag_.tasks) {
    const auto found = std::ranges::find(there, task.id, &TaskInstance::task_id);
    TaskInstance instance =
        found == there.end() ? NewInstance(dag_, task, run_.run) : std::move(*found);
    if (found == there.end()) {
      added.push_back(instance);
    } else {
      there.erase(found);
    }
    if (instance.state == TaskState::kRemoved) instance.state = TaskState::kNone;
    instances_.push_back(std::move(instance));
  }
  for (TaskInstance& instance : there) {
    if (IsFinished(instance.state) || instance.claim != 0) continue;
    instance.state = TaskState::kRemoved;
    removed.push_back(std::move(instance));
  }
  AddTasks(context_.session, added);
  WriteTasks(context_.session, removed);
  before_ = instances_;
}

TaskInstance& Decider::Instance(const Task& task) { return instances_[dag_.PlaceOf(task)]; }

void Decider::WakeAt(int64_t us) { wake_us_ = std::min(wake_us_.value_or(us), us); }

void Decider::Note(JournalEntry::Kind kind, const TaskInstance& instance) {
  context_.outcome->journal.push_back(EntryOf(kind, context_.now_us, run_, instance));
}

void Decider::Say(const TaskInstance& instance, std::string text) {
  context_.outcome->log.push_back(
      {run_, instance.task_id, std::max(instance.try_number, 1), std::move(text)});
}

std::optional<int64_t> Decider::Decide() {
  if (!TimeIsUp()) {
    for (const Task& task : dag_.tasks) DecideTask(task, &Instance(task));
  }
  for (const Task& task : dag_.tasks) CheckSla(task, Instance(task));
  std::vector<TaskInstance> changed;
  for (size_t i = 0; i < instances_.size(); ++i) {
    if (instances_[i] == before_[i]) continue;
    changed.push_back(instances_[i]);
    context_.outcome->changes.push_back({run_, instances_[i]});
  }
  WriteTasks(context_.session, changed);
  const bool done = std::ranges::all_of(instances_, [](const TaskInstance& instance) {
    return IsFinished(instance.state) && instance.claim == 0;
  });
  if (done && run_.state == RunState::kRunning) EndRun();
  return wake_us_;
}

// Missed is missed once, whatever comes of the task.
void Decider::CheckSla(const Task& task, const TaskInstance& instance) {
  if (task.sla_ms == 0) return;
  if (!LateBy(task, run_, instance, context_.now_us)) {
    if (!IsFinished(instance.state)) WakeAt(DueUs(task, run_) + 1);
    return;
  }
  if (!IsJournaled(context_.session, JournalEntry::Kind::kSlaMissed, run_.run, task.id)) {
    Note(JournalEntry::Kind::kSlaMissed, instance);
  }
}

bool Decider::TimeIsUp() {
  if (dag_.run_timeout_ms == 0) return false;
  const int64_t end = run_.start_us.value_or(context_.now_us) + dag_.run_timeout_ms * 1000;
  if (context_.now_us < end) {
    WakeAt(end);
    return false;
  }
  for (TaskInstance& instance : instances_) {
    if (IsFinished(instance.state)) continue;
    const TaskState before = instance.state;
    instance.reason = "the run took longer than its run_timeout";
    // One whose process runs is ended: its row no longer says that it does.
    instance.state = instance.claim == 0 ? TaskState::kSkipped : TaskState::kFailed;
    instance.end_us = context_.now_us;
    instance.next_us.reset();
    if (instance.claim != 0) continue;
    context_.outcome->journal.push_back(
        PassedOver(JournalEntry::Kind::kTaskSkipped, context_.now_us, run_, instance, before));
  }
  run_.state = RunState::kFailed;
  EndRun();
  return true;
}

void Decider::DecideTask(const Task& task, TaskInstance* instance) {
  const bool due = instance->next_us.value_or(0) <= context_.now_us;
  switch (instance->state) {
    case TaskState::kNone:
      return Consider(task, instance);
    case TaskState::kRestarting:
      if (instance->claim == 0) Consider(task, instance);
      return;
    case TaskState::kUpForRetry:
      if (due && instance->claim == 0) return Begin(task, instance);
      return WakeAt(*instance->next_us);
    case TaskState::kDeferred:
      if (instance->triggered_run) return LookAtTriggered(instance);
      if (due) return Look(task, instance);
      return WakeAt(*instance->next_us);
    default:
      return;
  }
}

void Decider::Consider(const Task& task, TaskInstance* instance) {
  if (instance->claim != 0) return;
  std::vector<TaskState> upstream;
  for (const size_t place : task.upstream) upstream.push_back(instances_[place].state);
  switch (Judge(task.trigger_rule, upstream)) {
    case Verdict::kWait:
      return;
    case Verdict::kSkip:
      return Pass(TaskState::kSkipped, instance);
    case Verdict::kUpstreamFailed:
      return Pass(TaskState::kUpstreamFailed, instance);
    case Verdict::kRun:
      if (PastAllows(task)) Begin(task, instance);
  }
}

bool Decider::PastAllows(const Task& task) {
  if (!task.depends_on_past) return true;
  const std::optional<int64_t> before = RunBefore(context_.session, run_);
  if (!before) return true;
  for (const TaskInstance& past : TasksOf(context_.session, *before)) {
    const bool is_same = past.task_id == task.id;
    const bool is_downstream =
        task.wait_for_downstream && std::ranges::any_of(task.downstream, [&](size_t place) {
          return dag_.tasks[place].id == past.task_id;
        });
    if ((is_same || is_downstream) && !WentWell(past.state)) return false;
  }
  return true;
}

// Decided without being run.
void Decider::Pass(TaskState state, TaskInstance* instance) {
  instance->state = state;
  instance->start_us = instance->end_us = context_.now_us;
  context_.outcome->journal.push_back(
      PassedOver(KindOfEnd(state), context_.now_us, run_, *instance, TaskState::kNone));
}

void Decider::BeginTry(TaskInstance* instance) {
  ++instance->try_number;
  instance->start_us = context_.now_us;
  instance->queued_us = instance->scheduled_us = context_.now_us;
  instance->end_us.reset();
  instance->exit_code.reset();
  instance->usage = {};
  instance->reason.clear();
  instance->pid.reset();
  instance->hostname = context_.hostname;
  Note(JournalEntry::Kind::kTaskStarted, *instance);
}

void Decider::Begin(const Task& task, TaskInstance* instance) {
  instance->next_us.reset();
  const bool is_sensor =
      task.kind == Task::Kind::kSensor && task.sensor.kind != Sensor::Kind::kHttp;
  if (task.kind != Task::Kind::kEmpty && task.kind != Task::Kind::kTrigger && !is_sensor) {
    instance->state = TaskState::kScheduled;
    instance->scheduled_us = context_.now_us;
    return;
  }
  BeginTry(instance);
  if (task.kind == Task::Kind::kEmpty) return Finish(TaskState::kSuccess, "", instance);
  if (task.kind == Task::Kind::kTrigger) return StartTrigger(task, instance);
  Look(task, instance);
}

void Decider::Finish(TaskState state, std::string reason, TaskInstance* instance) {
  instance->end_us = context_.now_us;
  instance->reason = std::move(reason);
  if (!instance->reason.empty()) Say(*instance, instance->reason);
  EndTry(context_.session, &dag_, run_, state, instance);
  Note(KindOfEnd(instance->state), *instance);
  if (instance->next_us) WakeAt(*instance->next_us);
}

void Decider::StartTrigger(const Task& task, TaskInstance* instance) {
  const DagPtr other = context_.dags.Find(task.trigger.dag_id);
  if (other == nullptr) {
    return Finish(TaskState::kFailed, StrCat("there is no DAG '", task.trigger.dag_id, "'"),
                  instance);
  }
  DagRun run;
  try {
    run.conf = RenderTemplates(task.trigger.conf, ContextOf(dag_, run_, *instance, context_.home));
  } catch (const Error& error) {
    return Finish(TaskState::kFailed, error.message(), instance);
  }
  for (const auto& [key, value] : run_.conf.AsObject()) {
    if (run.conf.Find(key) == nullptr) run.conf[key] = value;
  }
  run.type = RunType::kTriggered;
  run.logical_us = run.run_after_us = run.queued_us = context_.now_us;
  run.interval = other->schedule.Around(context_.now_us);
  run.triggered_by = "operator";
  run.user_name = run_.user_name;
  run.parent_run = run_.run;
  run.root_run = run_.root_run;
  UpsertDag(context_.session, other->id, true, context_.now_us);
  run = AddRun(context_.session, *other, std::move(run));
  context_.outcome->changes.push_back({run, std::nullopt});
  Say(*instance, StrCat("run ", run.run_id, " of DAG ", other->id, " was made"));
  if (!task.trigger.wait) return Finish(TaskState::kSuccess, "", instance);
  instance->state = TaskState::kDeferred;
  instance->triggered_run = run.run;
}

void Decider::LookAtTriggered(TaskInstance* instance) {
  Rows rows = context_.session.Query("select state, dag_id, run_id from dag_runs where run = ?",
                                     {*instance->triggered_run});
  if (!rows.Next()) return Finish(TaskState::kFailed, "the run it made was deleted", instance);
  const auto state = ParseRunState(rows.Text(0)).value_or(RunState::kFailed);
  if (!IsFinished(state)) return;
  const std::string which = StrCat("run ", rows.Text(2), " of DAG ", rows.Text(1));
  if (state == RunState::kSuccess) {
    Say(*instance, StrCat(which, " succeeded"));
    return Finish(TaskState::kSuccess, "", instance);
  }
  Finish(TaskState::kFailed, StrCat(which, " failed"), instance);
}

void Decider::Look(const Task& task, TaskInstance* instance) {
  TaskState state = TaskState::kFailed;
  try {
    state = Sense(task, instance);
  } catch (const Error& error) {
    return Finish(TaskState::kFailed, error.message(), instance);
  }
  if (IsFinished(state)) {
    return Finish(state, state == TaskState::kFailed ? "what it waits for failed" : "", instance);
  }
  const int64_t end = *instance->start_us + task.sensor.timeout_ms * 1000;
  if (context_.now_us >= end) {
    return Finish(task.sensor.soft_fail ? TaskState::kSkipped : TaskState::kFailed,
                  "it waited longer than its timeout", instance);
  }
  instance->state = TaskState::kDeferred;
  instance->next_us = std::min(context_.now_us + task.sensor.interval_ms * 1000, end);
  WakeAt(*instance->next_us);
}

// kNone: not yet.
TaskState Decider::Sense(const Task& task, TaskInstance* instance) {
  if (task.sensor.kind == Sensor::Kind::kDag) return SenseDag(task);
  const std::string target =
      RenderTemplate(task.sensor.target, ContextOf(dag_, run_, *instance, context_.home));
  if (task.sensor.kind == Sensor::Kind::kTable) return SenseTable(target, instance);
  std::error_code ignored;
  return std::filesystem::exists(target, ignored) ? TaskState::kSuccess : TaskState::kNone;
}

// A version that this task has not seen yet; what it saw stands in its note.
TaskState Decider::SenseTable(const std::string& table, TaskInstance* instance) {
  if (!context_.table_version) {
    throw Error(Code::kFailedPrecondition, StrCat("table ", table, ": there are no tables here"));
  }
  const std::optional<int64_t> version = context_.table_version(table);
  if (!version) return TaskState::kNone;
  int64_t seen = -1;
  {
    Rows rows = context_.session.Query(
        "select t.note from task_instances t join dag_runs r on r.run = t.run "
        "where r.dag_id = ? and t.task_id = ? and t.state = 'success' and t.note is not null "
        "and t.run <> ? order by t.run desc limit 1",
        {dag_.id, instance->task_id, run_.run});
    if (rows.Next()) seen = ParseInt(rows.Text(0).substr(rows.Text(0).rfind(' ') + 1)).value_or(-1);
  }
  if (*version <= seen) return TaskState::kNone;
  instance->note = StrCat(table, " version ", *version);
  return TaskState::kSuccess;
}

// The run of the same date.
TaskState Decider::SenseDag(const Task& task) {
  Rows rows =
      context_.session.Query("select run, state from dag_runs where dag_id = ? and logical_us = ?",
                             {task.sensor.target, run_.date_us()});
  if (!rows.Next()) return TaskState::kNone;
  const int64_t other = rows.Int(0);
  if (task.sensor.task.empty()) {
    const auto state = ParseRunState(rows.Text(1)).value_or(RunState::kFailed);
    if (!IsFinished(state)) return TaskState::kNone;
    return state == RunState::kSuccess ? TaskState::kSuccess : TaskState::kFailed;
  }
  for (const TaskInstance& instance : TasksOf(context_.session, other)) {
    if (instance.task_id != task.sensor.task) continue;
    if (WentWell(instance.state)) return TaskState::kSuccess;
    return IsFinished(instance.state) ? TaskState::kFailed : TaskState::kNone;
  }
  return TaskState::kNone;
}

RunState Decider::EndState() {
  if (run_.state != RunState::kRunning) return run_.state;
  std::vector<TaskState> leaves;
  for (const size_t place : dag_.Leaves()) leaves.push_back(instances_[place].state);
  return StateOfRun(leaves);
}

void Decider::EndRun() {
  run_.state = EndState();
  run_.end_us = context_.now_us;
  context_.session.Run("update dag_runs set state = ?, end_us = ? where run = ?",
                       {std::string(RunStateName(run_.state)), context_.now_us, run_.run});
  // Whoever waits for it, by a task or for a place.
  context_.session.Run(
      "update dag_runs set dirty = 1 where run in (select t.run from task_instances t where "
      "t.triggered_run = ?) or (dag_id = ? and state in ('queued', 'running'))",
      {run_.run, run_.dag_id});
  wake_us_.reset();
  context_.outcome->changes.push_back({run_, std::nullopt});
  const auto kind = run_.state == RunState::kSuccess ? JournalEntry::Kind::kRunSucceeded
                                                     : JournalEntry::Kind::kRunFailed;
  context_.outcome->journal.push_back(EntryOf(kind, context_.now_us, run_));
}

}  // namespace marquee::flow
