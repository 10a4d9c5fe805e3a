#include "flow/pass.h"

#include <algorithm>
#include <utility>

#include "base/ids.h"
#include "base/random.h"
#include "base/text.h"
#include "flow/journal_rows.h"
#include "flow/rows.h"
#include "flow/times.h"

namespace marquee::flow {
namespace {

constexpr size_t kRunsAPass = 200;
constexpr int64_t kTasksAPage = 64;
constexpr int64_t kLookAtTablesUs = kSecondUs;

std::string ReasonOf(const EndedTask& ended) {
  using Kind = TaskExit::Kind;
  switch (ended.exit.kind) {
    case Kind::kExited:
      return ended.exit.code == 0 ? "" : StrCat("exit code ", ended.exit.code);
    case Kind::kSignalled:
      return StrCat("killed by signal ", ended.exit.code);
    case Kind::kTimedOut:
      return "it ran longer than its execution_timeout";
    case Kind::kCancelled:
      return std::string(kCancelledReason);
    case Kind::kOrphaned:
      return "no scheduler was there for too long";
    case Kind::kLost:
      return "its process was killed";
    default:
      return ended.message.empty() ? "its process could not be started" : ended.message;
  }
}

// As Airflow's BashOperator takes it: 99 is skipped.
TaskState StateOf(const TaskExit& exit) {
  constexpr int kSkipCode = 99;
  if (exit.kind != TaskExit::Kind::kExited) return TaskState::kFailed;
  if (exit.code == 0) return TaskState::kSuccess;
  return exit.code == kSkipCode ? TaskState::kSkipped : TaskState::kFailed;
}

int64_t NewClaim() {
  // Of the system's entropy, so that two schedulers never take the same.
  static thread_local Rng rng = [] { return Rng(std::hash<std::string>{}(NewUuid())); }();
  return static_cast<int64_t>(rng.Next() >> 1) | 1;
}

// Slots that are taken, by pool and by DAG.
struct Places {
  std::map<std::string, int64_t> of_pool;     // free ones
  std::map<std::string, int64_t> of_dag;      // tasks that run
  std::map<std::string, int64_t> pool_slots;  // -1: no limit
};

Places ReadPlaces(Session& session) {
  Places places;
  {
    Rows rows = session.Query("select name, slots from pools");
    while (rows.Next()) {
      places.pool_slots[rows.Text(0)] = rows.Int(1);
      places.of_pool[rows.Text(0)] = rows.Int(1);
    }
  }
  Rows rows = session.Query(
      "select t.pool, r.dag_id, sum(t.pool_slots), count(*) from task_instances t "
      "join dag_runs r on r.run = t.run where t.claim <> 0 group by t.pool, r.dag_id");
  while (rows.Next()) {
    places.of_pool[rows.Text(0)] -= rows.Int(2);
    places.of_dag[rows.Text(1)] += rows.Int(3);
  }
  return places;
}

bool TakePlace(const Dag& dag, const TaskInstance& task, Places* places) {
  const auto pool = places->pool_slots.find(task.pool);
  if (pool == places->pool_slots.end()) return false;
  int64_t& free = places->of_pool[task.pool];
  int64_t& running = places->of_dag[dag.id];
  if (pool->second >= 0 && free < task.pool_slots) return false;
  if (running >= dag.max_active_tasks) return false;
  free -= task.pool_slots;
  ++running;
  return true;
}

}  // namespace

Pass::Pass(const Input& input) : in_(input) {}

PassResult Pass::Run(const std::vector<EndedTask>& ended) {
  TakeTurn();
  for (const EndedTask& each : ended) Apply(each);
  if (in_.creates_runs) CreateRuns();
  StartQueued();
  DecideRuns();
  Claim();
  FindCancels();
  WriteJournal(in_.session, result_.outcome.journal);
  return std::move(result_);
}

// Schedulers that share a database decide one after another.
void Pass::TakeTurn() { in_.session.Run("update turn set n = n + 1 where one = 1"); }

void Pass::WakeAt(int64_t us) { result_.wake_us = std::min(result_.wake_us.value_or(us), us); }

std::string Pass::Scope(SqlValues* values) const {
  if (!in_.options.only_root) return "";
  values->emplace_back(*in_.options.only_root);
  return " and root_run = ?";
}

void Pass::Apply(const EndedTask& ended) {
  TaskInstance task;
  {
    Rows rows = in_.session.Query(SelectTasks() + " where run = ? and task_id = ? and claim = ?",
                                  {ended.run, ended.task_id, ended.claim});
    if (!rows.Next()) return;
    task = ReadTask(rows);
  }
  const DagRun run = FindRun(in_.session, ended.run);
  SetEnd(ended, run, &task);
  WriteTasks(in_.session, {&task, 1});
  Touch(in_.session, run.run);
  const DagPtr dag = in_.dags.Find(run.dag_id);
  const bool past = dag != nullptr && std::ranges::any_of(dag->tasks, &Task::depends_on_past);
  if (past) {
    in_.session.Run("update dag_runs set dirty = 1 where dag_id = ? and state = 'running'",
                    {run.dag_id});
  }
  result_.outcome.changes.push_back({run, task});
}

void Pass::SetEnd(const EndedTask& ended, const DagRun& run, TaskInstance* task) {
  const DagPtr dag = in_.dags.Find(run.dag_id);
  task->claim = 0;
  task->owner.clear();
  task->usage = {ended.exit.cpu_ms, ended.exit.peak_rss_bytes};
  task->exit_code =
      ended.exit.kind == TaskExit::Kind::kExited || ended.exit.kind == TaskExit::Kind::kSignalled
          ? std::optional<int64_t>(ended.exit.code)
          : std::nullopt;
  task->reason = ReasonOf(ended);
  // The clock may have been put back or forward meanwhile.
  const int64_t end_us = ended.exit.end_us > 0 ? ended.exit.end_us : in_.now_us;
  const int64_t start_us = task->start_us.value_or(end_us);
  task->end_us = std::max(std::min(end_us, in_.now_us), start_us);
  const TaskState wanted = task->state;
  const bool never_was = ended.exit.kind == TaskExit::Kind::kNoRoom ||
                         (ended.exit.kind == TaskExit::Kind::kNotStarted && ended.message.empty());
  if (never_was && wanted == TaskState::kRunning) {
    // Claimed by a scheduler that could not start it, or was killed before: as if it had not been.
    task->state = TaskState::kScheduled;
    --task->try_number;
    task->reason.clear();
    return;
  }
  if (wanted == TaskState::kRunning || wanted == TaskState::kQueued) {
    EndTry(in_.session, dag.get(), run, StateOf(ended.exit), task);
  } else {
    // In the state that somebody gave it, or about to run again.
    if (wanted == TaskState::kRestarting) task->state = TaskState::kFailed;
    WriteTry(in_.session, *task);
  }
  JournalEntry entry = EntryOf(KindOfEnd(task->state), *task->end_us, run, *task);
  if (wanted == TaskState::kRestarting) {
    entry.kind = JournalEntry::Kind::kTaskRetried;
    task->state = TaskState::kNone;
    task->next_us.reset();
  }
  entry.datasets = ended.datasets;
  result_.outcome.journal.push_back(std::move(entry));
  if (!task->reason.empty()) {
    result_.outcome.log.push_back({run, task->task_id, task->try_number, task->reason});
  }
}

void Pass::CreateRuns() {
  if (in_.options.only_root) return;
  std::vector<DagRecord> records;
  {
    Rows rows = in_.session.Query(SelectDags() + " where paused = 0 and active = 1");
    while (rows.Next()) records.push_back(ReadDag(rows));
  }
  for (const DagRecord& record : records) {
    const DagPtr dag = in_.dags.Find(record.dag_id);
    if (dag == nullptr) continue;
    if (dag->schedule.kind() == Schedule::Kind::kTables) {
      CreateRunOfTables(*dag, record);
    } else {
      CreateRunsOf(*dag, record);
    }
  }
}

int64_t Pass::ActiveRuns(const std::string& dag_id) {
  Rows rows = in_.session.Query(
      "select count(*) from dag_runs where dag_id = ? and state in ('queued', 'running')",
      {dag_id});
  rows.Next();
  return rows.Int(0);
}

void Pass::CreateRunsOf(const Dag& dag, DagRecord record) {
  const Schedule::Bounds bounds{.start_us = dag.start_us.value_or(record.created_us),
                                .end_us = dag.end_us,
                                .catchup = dag.catchup};
  while (true) {
    const auto next = dag.schedule.Next(bounds, record.last_end_us, in_.now_us);
    if (!next) return;
    if (next->end_us > in_.now_us) {
      result_.create_us = std::min(result_.create_us.value_or(next->end_us), next->end_us);
      return;
    }
    if (ActiveRuns(dag.id) >= dag.max_active_runs) {
      result_.held_back = true;
      return;
    }
    DagRun run;
    run.type = RunType::kScheduled;
    run.logical_us = next->start_us;
    run.interval = *next;
    run.run_after_us = next->end_us;
    run.queued_us = in_.now_us;
    run.triggered_by = "timetable";
    const bool there =
        in_.session
            .Query("select 1 from dag_runs where dag_id = ? and (logical_us = ? or run_id = ?)",
                   {dag.id, next->start_us, RunIdOf(RunType::kScheduled, next->start_us)})
            .Next();
    if (!there) result_.outcome.changes.push_back({AddRun(in_.session, dag, run), std::nullopt});
    record.last_end_us = next->end_us;
    in_.session.Run("update dags set last_end_us = ? where dag_id = ?", {next->end_us, dag.id});
  }
}

void Pass::CreateRunOfTables(const Dag& dag, const DagRecord& record) {
  const int64_t again = in_.now_us + kLookAtTablesUs;
  result_.create_us = std::min(result_.create_us.value_or(again), again);
  if (!in_.options.table_version) return;
  Json versions = Json::MakeObject();
  bool is_new = false;
  for (const std::string& table : dag.schedule.tables()) {
    const std::optional<int64_t> version = in_.options.table_version(table);
    if (!version) continue;
    versions[table] = *version;
    is_new = is_new || record.table_versions.GetInt(table, -1) < *version;
  }
  // Those that are there at the first look are where it begins to count.
  const bool is_first = record.table_versions.size() == 0;
  if (versions.size() == 0 || !(is_new || is_first)) return;
  if (!is_first && ActiveRuns(dag.id) >= dag.max_active_runs) {
    result_.held_back = true;
    return;
  }
  in_.session.Run("update dags set table_versions = ? where dag_id = ?", {versions.Dump(), dag.id});
  if (is_first) return;
  DagRun run;
  run.type = RunType::kTable;
  run.logical_us = run.run_after_us = run.queued_us = in_.now_us;
  run.interval = DataInterval{in_.now_us, in_.now_us};
  run.conf["tables"] = versions;
  run.triggered_by = "asset";
  result_.outcome.changes.push_back({AddRun(in_.session, dag, run), std::nullopt});
}

void Pass::StartQueued() {
  SqlValues values;
  const std::string scope = Scope(&values);
  const char* const unpaused =
      in_.options.only_root ? "" : " and dag_id in (select dag_id from dags where paused = 0)";
  std::vector<DagRun> queued;
  {
    Rows rows = in_.session.Query(StrCat(SelectRuns(), " where state = 'queued'", scope, unpaused,
                                         " order by run_after_us, run limit 1000"),
                                  std::move(values));
    while (rows.Next()) queued.push_back(ReadRun(rows));
  }
  std::map<std::string, int64_t> running;
  for (DagRun& run : queued) {
    const DagPtr dag = in_.dags.Find(run.dag_id);
    if (dag == nullptr) continue;
    if (run.run_after_us > in_.now_us) {
      WakeAt(run.run_after_us);
      continue;
    }
    if (!running.contains(run.dag_id)) {
      Rows rows = in_.session.Query(
          "select count(*) from dag_runs where dag_id = ? and state = 'running'", {run.dag_id});
      rows.Next();
      running[run.dag_id] = rows.Int(0);
    }
    if (running[run.dag_id] >= dag->max_active_runs) continue;
    ++running[run.dag_id];
    in_.session.Run("update dag_runs set state = 'running', start_us = ?, dirty = 1 where run = ?",
                    {in_.now_us, run.run});
    run.state = RunState::kRunning;
    run.start_us = in_.now_us;
    result_.outcome.journal.push_back(EntryOf(JournalEntry::Kind::kRunStarted, in_.now_us, run));
    result_.outcome.changes.push_back({run, std::nullopt});
  }
}

void Pass::DecideRuns() {
  SqlValues values = {in_.now_us};
  const std::string scope = Scope(&values);
  std::vector<DagRun> due;
  {
    Rows rows = in_.session.Query(
        StrCat(SelectRuns(), " where (dirty = 1 or (state = 'running' and wake_us <= ?))", scope,
               " order by run limit ", kRunsAPass),
        std::move(values));
    while (rows.Next()) due.push_back(ReadRun(rows));
  }
  result_.more = due.size() == kRunsAPass;
  static const std::function<std::optional<int64_t>(const std::string&)> none;
  const Decider::Context context{.session = in_.session,
                                 .dags = in_.dags,
                                 .now_us = in_.now_us,
                                 .hostname = in_.hostname,
                                 .home = in_.options.home.string(),
                                 .table_version = in_.options.table_version,
                                 .outcome = &result_.outcome};
  for (DagRun& run : due) {
    // First: what a decision touches is to be looked at again.
    in_.session.Run("update dag_runs set dirty = 0, decided_us = ? where run = ?",
                    {in_.now_us, run.run});
    const DagPtr dag = in_.dags.Find(run.dag_id);
    if (dag == nullptr || run.state != RunState::kRunning) continue;
    const int64_t number = run.run;
    const std::optional<int64_t> wake = Decider(context, *dag, std::move(run)).Decide();
    in_.session.Run("update dag_runs set wake_us = ? where run = ?", {OrNull(wake), number});
  }
  SqlValues more;
  const std::string of = Scope(&more);
  Rows rows = in_.session.Query(
      StrCat("select min(wake_us), max(dirty) from dag_runs where state in ('queued', 'running')",
             of),
      std::move(more));
  rows.Next();
  if (!rows.IsNull(0)) WakeAt(rows.Int(0));
  result_.more = result_.more || rows.Int(1) == 1;
}

// Looked at in order, a page at a time: only as many as there are places for, however many wait.
std::vector<TaskInstance> Pass::Waiting(int64_t offset) {
  SqlValues values;
  const std::string scope = Scope(&values);
  const char* const unpaused = in_.options.only_root ? ""
                                                     : " and exists (select 1 from dags d where "
                                                       "d.dag_id = r.dag_id and d.paused = 0)";
  values.emplace_back(kTasksAPage);
  values.emplace_back(offset);
  std::vector<TaskInstance> page;
  Rows rows = in_.session.Query(
      StrCat(SelectTasks(),
             " where state = 'scheduled' and claim = 0 and exists (select 1 from dag_runs r "
             "where r.run = task_instances.run and r.state = 'running'",
             scope, unpaused,
             ") order by priority_weight desc, scheduled_us, run, position limit ? offset ?"),
      std::move(values));
  while (rows.Next()) page.push_back(ReadTask(rows));
  return page;
}

void Pass::Claim() {
  if (in_.free_places <= 0) return;
  Places places = ReadPlaces(in_.session);
  std::map<int64_t, DagRun> runs;
  std::vector<TaskInstance> claimed;
  const auto is_full = [&] { return std::ssize(claimed) >= in_.free_places; };
  for (int64_t offset = 0; !is_full(); offset += kTasksAPage) {
    std::vector<TaskInstance> page = Waiting(offset);
    for (TaskInstance& task : page) {
      if (is_full()) break;
      const auto [run, added] = runs.try_emplace(task.run);
      if (added) run->second = FindRun(in_.session, task.run);
      const DagPtr dag = in_.dags.Find(run->second.dag_id);
      if (dag == nullptr || dag->Find(task.task_id) == nullptr) continue;
      if (!TakePlace(*dag, task, &places)) continue;
      BeginClaimed(&task);
      result_.starts.push_back({dag, run->second, task});
      result_.outcome.journal.push_back(
          EntryOf(JournalEntry::Kind::kTaskStarted, in_.now_us, run->second, task));
      result_.outcome.changes.push_back({run->second, task});
      claimed.push_back(std::move(task));
    }
    if (std::ssize(page) < kTasksAPage) break;
  }
  WriteTasks(in_.session, claimed);
}

void Pass::BeginClaimed(TaskInstance* task) const {
  task->state = TaskState::kRunning;
  ++task->try_number;
  task->claim = NewClaim();
  task->owner = in_.id;
  task->hostname = in_.hostname;
  task->queued_us = task->start_us = in_.now_us;
  task->end_us.reset();
  task->pid.reset();
  task->exit_code.reset();
  task->usage = {};
  task->reason.clear();
}

void Pass::FindCancels() {
  Rows rows = in_.session.Query(
      "select claim from task_instances where claim <> 0 and owner = ? and "
      "state not in ('running', 'queued')",
      {in_.id});
  while (rows.Next()) result_.cancels.push_back(rows.Int(0));
}

}  // namespace marquee::flow
