// FlowStore: runs.
#include <algorithm>
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

void CheckNewRun(const Dag& dag, const NewRun& run) {
  if (!run.run_id.empty() && !IsRunId(run.run_id)) {
    throw Error(Code::kInvalidArgument,
                StrCat("the run id is '", run.run_id,
                       "': it must match ^[A-Za-z0-9_.~:+-]+$ and have at most 250 characters"),
                "choose another, or leave it out");
  }
  if (!run.conf.is_object()) {
    throw Error(Code::kInvalidArgument, StrCat("conf is ", run.conf.Dump(), ": must be an object"),
                "as in {\"source\": \"file.csv\"}");
  }
  if (run.interval && run.interval->start_us > run.interval->end_us) {
    throw Error(Code::kInvalidArgument, StrCat("DAG ", dag.id,
                                               ": the data interval ends before "
                                               "it starts"));
  }
}

DagRun RunOf(const Dag& dag, const NewRun& wanted, int64_t now_us) {
  DagRun run;
  run.run_id = wanted.run_id;
  run.type = wanted.type;
  run.run_after_us = wanted.run_after_us.value_or(wanted.logical_us.value_or(now_us));
  if (!wanted.without_date) {
    run.logical_us = wanted.logical_us.value_or(now_us);
    run.interval = wanted.interval ? *wanted.interval : dag.schedule.Around(*run.logical_us);
  }
  run.queued_us = now_us;
  run.conf = wanted.conf;
  run.note = wanted.note;
  run.triggered_by = wanted.triggered_by;
  run.user_name = wanted.user_name;
  return run;
}

// "a in (?, ?) and ..." as it grows.
class Conditions {
 public:
  template <typename T, typename TextOf>
  void In(const char* column, const std::vector<T>& wanted, const TextOf& text_of) {
    if (wanted.empty()) return;
    Begin();
    StrAppend(&text_, column, " in (");
    // As many places as one of a few lengths, so that there are few statements.
    size_t places = 1;
    while (places < wanted.size()) places *= 4;
    for (size_t i = 0; i < places; ++i) {
      text_ += i == 0 ? "?" : ", ?";
      values_.emplace_back(std::string(text_of(wanted[std::min(i, wanted.size() - 1)])));
    }
    text_ += ")";
  }
  void Compare(const char* column_and_operator, const std::optional<int64_t>& value) {
    if (!value) return;
    Begin();
    StrAppend(&text_, column_and_operator, " ?");
    values_.emplace_back(*value);
  }
  const std::string& text() const { return text_; }
  const SqlValues& values() const { return values_; }

 private:
  void Begin() { text_ += text_.empty() ? " where " : " and "; }

  std::string text_;
  SqlValues values_;
};

constexpr auto kSame = [](const std::string& text) { return text; };

std::string ColumnOfOrder(std::string_view name) {
  static const std::vector<std::pair<std::string_view, std::string_view>> columns = {
      {"id", "run"},
      {"dag_id", "dag_id"},
      {"run_id", "run_id"},
      {"dag_run_id", "run_id"},
      {"logical_date", "logical_us"},
      {"execution_date", "logical_us"},
      {"run_after", "run_after_us"},
      {"start_date", "start_us"},
      {"end_date", "end_us"},
      {"updated_at", "decided_us"},
      {"state", "state"},
      {"run_type", "type"},
      {"conf", "conf"},
      {"external_trigger", "type"},
      {"data_interval_start", "interval_start_us"},
      {"data_interval_end", "interval_end_us"},
      {"last_scheduling_decision", "decided_us"}};
  const auto found =
      std::ranges::find(columns, name, [](const auto& entry) { return entry.first; });
  if (found != columns.end()) return std::string(found->second);
  throw Error(Code::kInvalidArgument,
              StrCat("Ordering with '", name,
                     "' is disallowed or the attribute does not exist"
                     " on the model"),
              "try logical_date, start_date, end_date, state or dag_run_id");
}

std::string OrderOfRuns(const std::vector<std::string>& order_by) {
  std::string order = " order by ";
  for (const std::string& term : order_by) {
    const bool descending = term.starts_with('-');
    StrAppend(&order, ColumnOfOrder(std::string_view(term).substr(descending ? 1 : 0)),
              descending ? " desc, " : ", ");
  }
  return order + "run";
}

Conditions ConditionsOf(const RunSearch& search) {
  Conditions where;
  where.In("dag_id", search.dag_ids, kSame);
  where.In("run_id", search.run_ids, kSame);
  where.In("state", search.states, RunStateName);
  where.In("type", search.types, RunTypeName);
  where.Compare("logical_us >=", search.logical_from_us);
  where.Compare("logical_us <=", search.logical_to_us);
  where.Compare("start_us >=", search.start_from_us);
  where.Compare("start_us <=", search.start_to_us);
  where.Compare("end_us >=", search.end_from_us);
  where.Compare("end_us <=", search.end_to_us);
  return where;
}

int64_t CountOf(Session& session, const std::string& sql, const SqlValues& values) {
  Rows rows = session.Query(sql, values);
  rows.Next();
  return rows.Int(0);
}

}  // namespace

DagRun FlowStore::Trigger(const Dag& dag, const NewRun& wanted) {
  CheckNewRun(dag, wanted);
  DagRun run = database_.Write([&](Session& session) {
    const int64_t now = NowUs(clock_);
    UpsertDag(session, dag.id, true, now);
    DagRun made = RunOf(dag, wanted, now);
    // Two by hand may come in one millisecond, of which the clock tells no more.
    if (!wanted.logical_us && made.logical_us) {
      made.logical_us = FirstFreeDate(session, dag.id, *made.logical_us);
    }
    return AddRun(session, dag, std::move(made));
  });
  Changed();
  return run;
}

std::vector<DagRun> FlowStore::Backfill(const Dag& dag, int64_t from_us, int64_t to_us,
                                        const Json& conf) {
  if (from_us > to_us) {
    throw Error(Code::kInvalidArgument, "the first day of the backfill is after the last");
  }
  const std::vector<DataInterval> intervals = dag.schedule.Between(from_us, to_us);
  std::vector<DagRun> made = database_.Write([&](Session& session) {
    std::vector<DagRun> runs;
    const int64_t now = NowUs(clock_);
    UpsertDag(session, dag.id, true, now);
    for (const DataInterval& interval : intervals) {
      const bool there = session
                             .Query("select 1 from dag_runs where dag_id = ? and logical_us = ?",
                                    {dag.id, interval.start_us})
                             .Next();
      if (there) continue;
      const NewRun wanted{.logical_us = interval.start_us,
                          .interval = interval,
                          .conf = conf,
                          .type = RunType::kBackfill,
                          .triggered_by = "backfill"};
      runs.push_back(AddRun(session, dag, RunOf(dag, wanted, now)));
    }
    return runs;
  });
  Changed();
  return made;
}

DagRun FlowStore::GetRun(const std::string& dag_id, const std::string& run_id) {
  return database_.Read([&](Session& session) { return FindRun(session, dag_id, run_id); });
}

DagRun FlowStore::GetRun(int64_t run) {
  return database_.Read([&](Session& session) { return FindRun(session, run); });
}

Found<DagRun> FlowStore::SearchRuns(const RunSearch& search) {
  const Conditions where = ConditionsOf(search);
  const std::string order = OrderOfRuns(search.order_by);
  return database_.Read([&](Session& session) {
    Found<DagRun> found;
    found.total =
        CountOf(session, StrCat("select count(*) from dag_runs", where.text()), where.values());
    SqlValues values = where.values();
    values.emplace_back(search.limit);
    values.emplace_back(search.offset);
    Rows rows = session.Query(StrCat(SelectRuns(), where.text(), order, " limit ? offset ?"),
                              std::move(values));
    while (rows.Next()) found.items.push_back(ReadRun(rows));
    return found;
  });
}

DagRun FlowStore::SetRunState(const std::string& dag_id, const std::string& run_id,
                              RunState state) {
  DagRun changed = database_.Write([&](Session& session) {
    const int64_t now = NowUs(clock_);
    const DagRun run = FindRun(session, dag_id, run_id);
    const bool finished = IsFinished(state);
    session.Run(
        "update dag_runs set state = ?, dirty = 1, end_us = ?, "
        "start_us = coalesce(start_us, ?) where run = ?",
        {std::string(RunStateName(state)), finished ? SqlValue(now) : SqlValue(),
         finished ? SqlValue(now) : SqlValue(), run.run});
    if (finished) {
      std::vector<TaskInstance> tasks = TasksOf(session, run.run);
      std::vector<JournalEntry> entries;
      for (TaskInstance& task : tasks) {
        if (IsFinished(task.state)) continue;
        // Those that run are ended by the scheduler that sees it; the others are passed over.
        const TaskState before = task.state;
        task.state = task.claim == 0              ? TaskState::kSkipped
                     : state == RunState::kFailed ? TaskState::kFailed
                                                  : TaskState::kSuccess;
        task.end_us = now;
        task.next_us.reset();
        if (task.claim == 0) {
          entries.push_back(PassedOver(JournalEntry::Kind::kTaskSkipped, now, run, task, before));
        }
      }
      WriteTasks(session, tasks);
      if (!IsFinished(run.state)) {
        entries.push_back(EntryOf(state == RunState::kSuccess ? JournalEntry::Kind::kRunSucceeded
                                                              : JournalEntry::Kind::kRunFailed,
                                  now, run));
        entries.back().reason = StrCat("set to ", RunStateName(state), kByHand);
      }
      WriteJournal(session, entries);
      session.Run(
          "update dag_runs set dirty = 1 where run in "
          "(select t.run from task_instances t where t.triggered_run = ?)",
          {run.run});
    }
    return FindRun(session, run.run);
  });
  Changed();
  return changed;
}

DagRun FlowStore::SetRunNote(const std::string& dag_id, const std::string& run_id,
                             const std::optional<std::string>& note) {
  return database_.Write([&](Session& session) {
    const DagRun run = FindRun(session, dag_id, run_id);
    session.Run("update dag_runs set note = ? where run = ?", {OrNull(note), run.run});
    return FindRun(session, run.run);
  });
}

Found<TaskOfRun> FlowStore::SearchTasks(const TaskSearch& search) {
  Conditions where;
  where.In("task_id", search.task_ids, kSame);
  where.In("state", search.states, TaskStateName);
  where.In("pool", search.pools, kSame);
  Conditions of_runs;
  of_runs.In("dag_id", search.dag_ids, kSame);
  of_runs.In("run_id", search.run_ids, kSame);
  const std::string both = StrCat(where.text(), where.text().empty() ? " where " : " and ",
                                  "run in (select run from dag_runs", of_runs.text(), ")");
  SqlValues values = where.values();
  values.insert(values.end(), of_runs.values().begin(), of_runs.values().end());
  return database_.Read([&](Session& session) {
    Found<TaskOfRun> found;
    found.total = CountOf(session, StrCat("select count(*) from task_instances", both), values);
    SqlValues page = values;
    page.emplace_back(search.limit);
    page.emplace_back(search.offset);
    std::vector<TaskInstance> tasks;
    Rows rows = session.Query(
        StrCat(SelectTasks(), both, " order by run, position, task_id limit ? offset ?"),
        std::move(page));
    while (rows.Next()) tasks.push_back(ReadTask(rows));
    for (TaskInstance& task : tasks) {
      const bool same = !found.items.empty() && found.items.back().run.run == task.run;
      DagRun run = same ? found.items.back().run : FindRun(session, task.run);
      found.items.push_back({std::move(run), std::move(task)});
    }
    return found;
  });
}

const std::vector<std::string>& RunOrders() {
  static const std::vector<std::string> orders = {
      "id",        "dag_id",     "run_id",   "dag_run_id", "logical_date", "execution_date",
      "run_after", "start_date", "end_date", "state",      "run_type"};
  return orders;
}

}  // namespace marquee::flow
