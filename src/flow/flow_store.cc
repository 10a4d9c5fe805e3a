// FlowStore: DAGs and pools.
#include "flow/flow_store.h"

#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "flow/rows.h"
#include "flow/times.h"

namespace marquee::flow {
namespace {

[[noreturn]] void NoSuchPool(const std::string& name) {
  throw Error(Code::kNotFound, StrCat("Pool with name:'", name, "' not found"),
              "marquee flow pools lists them");
}

std::vector<Pool> ReadPools(Session& session) {
  std::vector<Pool> pools;
  Rows rows = session.Query(
      "select p.name, p.slots, p.description, "
      "coalesce((select sum(t.pool_slots) from task_instances t "
      "where t.claim <> 0 and t.pool = p.name), 0), "
      "coalesce((select sum(t.pool_slots) from task_instances t "
      "where t.state = 'scheduled' and t.pool = p.name), 0) from pools p order by p.name");
  while (rows.Next()) {
    pools.push_back({.name = rows.Text(0),
                     .slots = rows.Int(1),
                     .description = rows.Text(2),
                     .occupied = rows.Int(3),
                     .scheduled = rows.Int(4)});
  }
  return pools;
}

void DeleteRuns(Session& session, const std::string& condition, const SqlValues& values) {
  for (const char* table : {"task_instances", "tries", "journal"}) {
    session.Run(StrCat("delete from ", table, " where run in (select run from dag_runs where ",
                       condition, ")"),
                values);
  }
  session.Run(StrCat("delete from dag_runs where ", condition), values);
}

void RequireIdle(Session& session, const std::string& condition, const SqlValues& values) {
  Rows rows =
      session.Query(StrCat("select t.task_id from task_instances t where t.claim <> 0 and t.run in "
                           "(select run from dag_runs where ",
                           condition, ") limit 1"),
                    values);
  if (!rows.Next()) return;
  throw Error(Code::kFailedPrecondition,
              StrCat("task ", rows.Text(0), " of it runs: it cannot be deleted now"),
              "set the run to failed first, or wait");
}

}  // namespace

void FlowStore::OnChange(std::function<void()> changed) {
  const std::lock_guard lock(mutex_);
  changed_ = std::move(changed);
}

void FlowStore::Changed() const {
  const std::lock_guard lock(mutex_);
  if (changed_) changed_();
}

void FlowStore::AddDags(const std::vector<std::string>& dag_ids, bool paused) {
  database_.Write([&](Session& session) {
    session.Run("update dags set active = 0 where active <> 0");
    for (const std::string& dag_id : dag_ids) UpsertDag(session, dag_id, paused, NowUs(clock_));
  });
}

std::vector<DagRecord> FlowStore::Dags() {
  return database_.Read([](Session& session) {
    std::vector<DagRecord> dags;
    Rows rows = session.Query(SelectDags() + " order by dag_id");
    while (rows.Next()) dags.push_back(ReadDag(rows));
    return dags;
  });
}

DagRecord FlowStore::GetDag(const std::string& dag_id) {
  return database_.Read([&](Session& session) {
    Rows rows = session.Query(SelectDags() + " where dag_id = ?", {dag_id});
    if (rows.Next()) return ReadDag(rows);
    throw Error(Code::kNotFound, StrCat("no DAG '", dag_id, "'"), "marquee flow dags lists them");
  });
}

void FlowStore::SetPaused(const std::string& dag_id, bool paused) {
  database_.Write([&](Session& session) {
    if (session.Run("update dags set paused = ? where dag_id = ?", {int64_t{paused}, dag_id}) ==
        0) {
      throw Error(Code::kNotFound, StrCat("no DAG '", dag_id, "'"), "marquee flow dags lists them");
    }
    session.Run("update dag_runs set dirty = 1 where dag_id = ? and state in ('queued', 'running')",
                {dag_id});
  });
  Changed();
}

void FlowStore::DeleteDag(const std::string& dag_id) {
  database_.Write([&](Session& session) {
    RequireIdle(session, "dag_id = ?", {dag_id});
    DeleteRuns(session, "dag_id = ?", {dag_id});
    session.Run("delete from dags where dag_id = ?", {dag_id});
  });
  Changed();
}

void FlowStore::DeleteRun(const std::string& dag_id, const std::string& run_id) {
  database_.Write([&](Session& session) {
    const DagRun run = FindRun(session, dag_id, run_id);
    RequireIdle(session, "run = ?", {run.run});
    DeleteRuns(session, "run = ?", {run.run});
  });
  Changed();
}

std::vector<DagRun> FlowStore::RemoveRunsBefore(int64_t us, int64_t limit) {
  return database_.Write([&](Session& session) {
    std::vector<DagRun> old;
    {
      Rows rows = session.Query(
          SelectRuns() +
              " where state in ('success', 'failed') and end_us < ? and not exists (select 1 from "
              "task_instances t where t.run = dag_runs.run and t.claim <> 0) order by run limit ?",
          {us, limit});
      while (rows.Next()) old.push_back(ReadRun(rows));
    }
    for (const DagRun& run : old) DeleteRuns(session, "run = ?", {run.run});
    return old;
  });
}

std::vector<Pool> FlowStore::Pools() {
  return database_.Read([](Session& session) { return ReadPools(session); });
}

Pool FlowStore::GetPool(const std::string& name) {
  for (Pool& pool : Pools()) {
    if (pool.name == name) return std::move(pool);
  }
  NoSuchPool(name);
}

void FlowStore::SetPool(const std::string& name, int64_t slots,
                        const std::optional<std::string>& note) {
  if (!IsDagName(name)) {
    throw Error(Code::kInvalidArgument,
                StrCat("the pool's name is '", name, "': letters, digits, '_', '-' and '.'"));
  }
  if (slots < -1) {
    throw Error(Code::kInvalidArgument, StrCat("slots is ", slots, ": 0 or more, or -1: no limit"));
  }
  database_.Write([&](Session& session) {
    session.Run(
        "insert into pools (name, slots, description) values (?, ?, ?) "
        "on conflict (name) do update set slots = excluded.slots",
        {name, slots, note.value_or("")});
    if (note) session.Run("update pools set description = ? where name = ?", {*note, name});
    session.Run("update dag_runs set dirty = 1 where state = 'running'");
  });
  Changed();
}

void FlowStore::DeletePool(const std::string& name) {
  if (name == kDefaultPool) {
    throw Error(Code::kInvalidArgument, "default_pool can't be deleted", "change its slots");
  }
  database_.Write([&](Session& session) {
    if (session.Run("delete from pools where name = ?", {name}) == 0) NoSuchPool(name);
  });
}

std::optional<int64_t> FlowStore::LatestBeat() {
  return database_.Read([](Session& session) {
    Rows rows = session.Query("select max(beat_us) from schedulers");
    rows.Next();
    return OptionalInt(rows, 0);
  });
}

}  // namespace marquee::flow
