#include "flow/schema.h"

#include <array>

namespace marquee::flow {
namespace {

// dag_runs.dirty: something changed that the scheduler is to look at. wake_us: when it is to look
// again by itself. task_instances.claim: not 0 while a process may run; then nobody else starts it.
// turn: its one row is what schedulers take turns by.
constexpr const char* kFlowVersion1 = R"sql(
create table dags (
  dag_id {text} primary key,
  paused bigint not null,
  active bigint not null,
  created_us bigint not null,
  last_end_us bigint,
  table_versions {text} not null
) {without_rowid};
create table dag_runs (
  run {identity},
  dag_id {text} not null,
  run_id {text} not null,
  type {text} not null,
  state {text} not null,
  logical_us bigint,
  interval_start_us bigint,
  interval_end_us bigint,
  run_after_us bigint not null,
  queued_us bigint not null,
  start_us bigint,
  end_us bigint,
  decided_us bigint,
  conf {text} not null,
  note {text},
  triggered_by {text} not null,
  user_name {text} not null,
  parent_run bigint,
  root_run bigint,
  dirty bigint not null,
  wake_us bigint,
  unique (dag_id, run_id)
);
create unique index dag_runs_by_date on dag_runs (dag_id, logical_us);
create index dag_runs_by_state on dag_runs (state, dag_id);
create index dag_runs_dirty on dag_runs (run) where dirty = 1;
create index dag_runs_by_root on dag_runs (root_run);
create index dag_runs_by_start on dag_runs (start_us);
create table task_instances (
  run bigint not null,
  task_id {text} not null,
  position bigint not null,
  state {text} not null,
  try_number bigint not null,
  max_tries bigint not null,
  pool {text} not null,
  pool_slots bigint not null,
  priority_weight bigint not null,
  operator {text} not null,
  queued_us bigint,
  scheduled_us bigint,
  start_us bigint,
  end_us bigint,
  next_us bigint,
  triggered_run bigint,
  owner {text} not null,
  claim bigint not null,
  pid bigint,
  hostname {text} not null,
  exit_code bigint,
  cpu_ms bigint,
  peak_rss_bytes bigint,
  reason {text} not null,
  note {text},
  primary key (run, task_id)
) {without_rowid};
create index task_instances_ready on task_instances
  (priority_weight desc, scheduled_us, run, position) where state = 'scheduled';
create index task_instances_claimed on task_instances (claim) where claim <> 0;
create index task_instances_waiting on task_instances (triggered_run)
  where triggered_run is not null;
create table tries (
  run bigint not null,
  task_id {text} not null,
  try_number bigint not null,
  state {text} not null,
  start_us bigint,
  end_us bigint,
  pid bigint,
  hostname {text} not null,
  exit_code bigint,
  cpu_ms bigint,
  peak_rss_bytes bigint,
  reason {text} not null,
  primary key (run, task_id, try_number)
) {without_rowid};
create table pools (
  name {text} primary key,
  slots bigint not null,
  description {text} not null
) {without_rowid};
create table schedulers (
  id {text} primary key,
  place {text} not null,
  hostname {text} not null,
  started_us bigint not null,
  beat bigint not null,
  beat_us bigint not null
) {without_rowid};
create table turn (
  one bigint primary key,
  n bigint not null
);
insert into turn (one, n) values (1, 0);
insert into pools (name, slots, description) values ('default_pool', 128, 'Default pool');
)sql";

// What happened, in order. turn.journaled: the number of the latest entry; whoever adds to the
// journal holds the turn, so that numbers become visible in their order and are never used again.
// journal_readers.done: the latest entry that needs no more telling.
constexpr const char* kFlowVersion2 = R"sql(
create table journal (
  number bigint primary key,
  run bigint not null,
  kind {text} not null,
  time_us bigint not null,
  task_id {text} not null,
  try_number bigint not null,
  start_us bigint,
  operator {text} not null,
  reason {text} not null,
  datasets {text} not null
);
create index journal_by_run on journal (run, kind);
create table journal_readers (
  name {text} primary key,
  done bigint not null,
  holder {text} not null,
  until_us bigint not null
) {without_rowid};
alter table turn add column journaled bigint not null default 0;
)sql";

constexpr int64_t kFlowApplicationId = 0x4D71466C;  // "MqFl"
constexpr std::array kFlowVersions = {kFlowVersion1, kFlowVersion2};

}  // namespace

const database::Schema& FlowSchema() {
  static const database::Schema schema{"marquee_flow", kFlowApplicationId, kFlowVersions};
  return schema;
}

}  // namespace marquee::flow
