PRAGMA application_id = 1299269228;
PRAGMA user_version = 2;
BEGIN TRANSACTION;
CREATE TABLE dag_runs (
  run integer primary key,
  dag_id text not null,
  run_id text not null,
  type text not null,
  state text not null,
  logical_us bigint,
  interval_start_us bigint,
  interval_end_us bigint,
  run_after_us bigint not null,
  queued_us bigint not null,
  start_us bigint,
  end_us bigint,
  decided_us bigint,
  conf text not null,
  note text,
  triggered_by text not null,
  user_name text not null,
  parent_run bigint,
  root_run bigint,
  dirty bigint not null,
  wake_us bigint,
  unique (dag_id, run_id)
);
INSERT INTO "dag_runs" VALUES(1,'nightly','first','manual','success',1795940542195000,1795824000000000,1795910400000000,1795940542195000,1795940542195000,1795940542197000,1795940543304000,1795940543304000,'{"day":"x"}',NULL,'cli','',NULL,1,0,NULL);
CREATE TABLE dags (
  dag_id text primary key,
  paused bigint not null,
  active bigint not null,
  created_us bigint not null,
  last_end_us bigint,
  table_versions text not null
) without rowid;
INSERT INTO "dags" VALUES('netflix_data_analysis',1,1,1795940542180000,NULL,'{}');
INSERT INTO "dags" VALUES('netflix_data_ingestion',1,1,1795940542180000,NULL,'{}');
INSERT INTO "dags" VALUES('netflix_data_processing',1,1,1795940542180000,NULL,'{}');
INSERT INTO "dags" VALUES('netflix_master_pipeline',1,1,1795940542180000,NULL,'{}');
INSERT INTO "dags" VALUES('netflix_mlops_pipeline',1,1,1795940542180000,NULL,'{}');
INSERT INTO "dags" VALUES('nightly',1,1,1795940542180000,NULL,'{}');
CREATE TABLE journal (
  number bigint primary key,
  run bigint not null,
  kind text not null,
  time_us bigint not null,
  task_id text not null,
  try_number bigint not null,
  start_us bigint,
  operator text not null,
  reason text not null,
  datasets text not null
);
INSERT INTO "journal" VALUES(1,1,'run_started',1795940542197000,'',0,1795940542197000,'','','');
INSERT INTO "journal" VALUES(2,1,'task_started',1795940542197000,'load',1,1795940542197000,'BashOperator','','');
INSERT INTO "journal" VALUES(3,1,'task_retried',1795940542254000,'load',1,1795940542197000,'BashOperator','exit code 1','');
INSERT INTO "journal" VALUES(4,1,'task_started',1795940543259000,'load',2,1795940543259000,'BashOperator','','');
INSERT INTO "journal" VALUES(5,1,'task_succeeded',1795940543303000,'load',2,1795940543259000,'BashOperator','','');
INSERT INTO "journal" VALUES(6,1,'task_started',1795940543304000,'tell',1,1795940543304000,'EmptyOperator','','');
INSERT INTO "journal" VALUES(7,1,'task_succeeded',1795940543304000,'tell',1,1795940543304000,'EmptyOperator','','');
INSERT INTO "journal" VALUES(8,1,'run_succeeded',1795940543304000,'',0,1795940542197000,'','','');
CREATE TABLE journal_readers (
  name text primary key,
  done bigint not null,
  holder text not null,
  until_us bigint not null
) without rowid;
CREATE TABLE pools (
  name text primary key,
  slots bigint not null,
  description text not null
) without rowid;
INSERT INTO "pools" VALUES('default_pool',128,'Default pool');
INSERT INTO "pools" VALUES('small',3,'');
CREATE TABLE schedulers (
  id text primary key,
  place text not null,
  hostname text not null,
  started_us bigint not null,
  beat bigint not null,
  beat_us bigint not null
) without rowid;
CREATE TABLE task_instances (
  run bigint not null,
  task_id text not null,
  position bigint not null,
  state text not null,
  try_number bigint not null,
  max_tries bigint not null,
  pool text not null,
  pool_slots bigint not null,
  priority_weight bigint not null,
  operator text not null,
  queued_us bigint,
  scheduled_us bigint,
  start_us bigint,
  end_us bigint,
  next_us bigint,
  triggered_run bigint,
  owner text not null,
  claim bigint not null,
  pid bigint,
  hostname text not null,
  exit_code bigint,
  cpu_ms bigint,
  peak_rss_bytes bigint,
  reason text not null,
  note text,
  primary key (run, task_id)
) without rowid;
INSERT INTO "task_instances" VALUES(1,'load',0,'success',2,1,'small',1,2,'BashOperator',1795940543259000,1795940543259000,1795940543259000,1795940543303000,NULL,NULL,'',0,NULL,'host',0,2,1957888,'',NULL);
INSERT INTO "task_instances" VALUES(1,'tell',1,'success',1,0,'default_pool',1,1,'EmptyOperator',1795940543304000,1795940543304000,1795940543304000,1795940543304000,NULL,NULL,'',0,NULL,'host',NULL,NULL,NULL,'',NULL);
CREATE TABLE tries (
  run bigint not null,
  task_id text not null,
  try_number bigint not null,
  state text not null,
  start_us bigint,
  end_us bigint,
  pid bigint,
  hostname text not null,
  exit_code bigint,
  cpu_ms bigint,
  peak_rss_bytes bigint,
  reason text not null,
  primary key (run, task_id, try_number)
) without rowid;
INSERT INTO "tries" VALUES(1,'load',1,'failed',1795940542197000,1795940542254000,NULL,'host',1,2,1753088,'exit code 1');
INSERT INTO "tries" VALUES(1,'load',2,'success',1795940543259000,1795940543303000,NULL,'host',0,2,1957888,'');
INSERT INTO "tries" VALUES(1,'tell',1,'success',1795940543304000,1795940543304000,NULL,'host',NULL,NULL,NULL,'');
CREATE TABLE turn (
  one bigint primary key,
  n bigint not null
, journaled bigint not null default 0);
INSERT INTO "turn" VALUES(1,5,8);
CREATE UNIQUE INDEX dag_runs_by_date on dag_runs (dag_id, logical_us);
CREATE INDEX dag_runs_by_state on dag_runs (state, dag_id);
CREATE INDEX dag_runs_dirty on dag_runs (run) where dirty = 1;
CREATE INDEX dag_runs_by_root on dag_runs (root_run);
CREATE INDEX dag_runs_by_start on dag_runs (start_us);
CREATE INDEX task_instances_ready on task_instances
  (priority_weight desc, scheduled_us, run, position) where state = 'scheduled';
CREATE INDEX task_instances_claimed on task_instances (claim) where claim <> 0;
CREATE INDEX task_instances_waiting on task_instances (triggered_run)
  where triggered_run is not null;
CREATE INDEX journal_by_run on journal (run, kind);
COMMIT;
