pragma application_id = 1299272786;
pragma user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE dataset_input_tags (
  run bigint not null,
  dataset bigint not null,
  key text not null,
  value text not null,
  primary key (run, dataset, key)
) without rowid;
INSERT INTO "dataset_input_tags" VALUES(1,1,'mlflow.data.context','training');
CREATE TABLE dataset_inputs (
  run bigint not null,
  dataset bigint not null,
  primary key (run, dataset)
) without rowid;
INSERT INTO "dataset_inputs" VALUES(1,1);
CREATE TABLE datasets (
  dataset integer primary key,
  experiment_id bigint not null,
  name text not null,
  digest text not null,
  source_type text not null,
  source text not null,
  schema_text text not null,
  profile text not null,
  unique (experiment_id, name, digest)
);
INSERT INTO "datasets" VALUES(1,1,'gold.items','v3','delta_table','{}','','');
CREATE TABLE experiment_tags (
  experiment_id bigint not null,
  key text not null,
  value text not null,
  primary key (experiment_id, key)
) without rowid;
INSERT INTO "experiment_tags" VALUES(1,'team','films');
CREATE TABLE experiments (
  experiment_id integer primary key,
  name text not null unique,
  artifact_location text not null,
  deleted bigint not null,
  created_ms bigint not null,
  updated_ms bigint not null
);
INSERT INTO "experiments" VALUES(0,'Default','mlflow-artifacts:/0',0,1795922716938,1795922716938);
INSERT INTO "experiments" VALUES(1,'ranking','mlflow-artifacts:/1',0,1795922718633,1795922718633);
CREATE TABLE latest_metrics (
  run bigint not null,
  key_id bigint not null,
  step bigint not null,
  timestamp_ms bigint not null,
  value double precision not null,
  is_nan bigint not null,
  primary key (run, key_id)
) without rowid;
INSERT INTO "latest_metrics" VALUES(1,1,2,2,0.0,1);
CREATE TABLE logged_model_metrics (
  model bigint not null,
  key text not null,
  run_id text not null,
  dataset_name text not null,
  dataset_digest text not null,
  step bigint not null,
  timestamp_ms bigint not null,
  value double precision not null,
  is_nan bigint not null,
  primary key (model, key, run_id, dataset_name, dataset_digest)
) without rowid;
CREATE TABLE logged_model_params (
  model bigint not null,
  key text not null,
  value text not null,
  primary key (model, key)
) without rowid;
CREATE TABLE logged_model_tags (
  model bigint not null,
  key text not null,
  value text not null,
  primary key (model, key)
) without rowid;
CREATE TABLE logged_models (
  model integer primary key,
  model_id text not null unique,
  experiment_id bigint not null,
  name text not null,
  model_type text not null,
  source_run_id text not null,
  status text not null,
  created_ms bigint not null,
  updated_ms bigint not null,
  artifact_uri text not null
);
INSERT INTO "logged_models" VALUES(1,'m-0cc46eadbecb78193f6abc6290784f5d',1,'net','','b0c6682b8bfef701014e91bdb4a53bee','LOGGED_MODEL_PENDING',1795922718670,1795922718670,'mlflow-artifacts:/1/models/m-0cc46eadbecb78193f6abc6290784f5d/artifacts');
CREATE TABLE metric_keys (
  key_id integer primary key,
  key text not null unique
);
INSERT INTO "metric_keys" VALUES(1,'ndcg');
CREATE TABLE metrics (
  run bigint not null,
  key_id bigint not null,
  timestamp_ms bigint not null,
  step bigint not null,
  value double precision not null,
  is_nan bigint not null,
  primary key (run, key_id, timestamp_ms, step, value, is_nan)
) without rowid;
INSERT INTO "metrics" VALUES(1,1,0,0,0.1,0);
INSERT INTO "metrics" VALUES(1,1,1,1,0.25,0);
INSERT INTO "metrics" VALUES(1,1,2,2,0.0,1);
CREATE TABLE model_aliases (
  model bigint not null,
  alias text not null,
  version bigint not null,
  primary key (model, alias)
) without rowid;
INSERT INTO "model_aliases" VALUES(1,'champion',1);
CREATE TABLE model_inputs (
  run bigint not null,
  model_id text not null,
  primary key (run, model_id)
) without rowid;
CREATE TABLE model_outputs (
  run bigint not null,
  model_id text not null,
  step bigint not null,
  primary key (run, model_id, step)
) without rowid;
CREATE TABLE model_version_tags (
  model bigint not null,
  version bigint not null,
  key text not null,
  value text not null,
  primary key (model, version, key)
) without rowid;
CREATE TABLE model_versions (
  model bigint not null,
  version bigint not null,
  description text not null,
  user_id text not null,
  stage bigint not null,
  source text not null,
  location text not null,
  run_id text not null,
  run_link text not null,
  model_id text not null,
  created_ms bigint not null,
  updated_ms bigint not null,
  primary key (model, version)
) without rowid;
INSERT INTO "model_versions" VALUES(1,1,'','',0,'mlflow-artifacts:/1/b0c6682b8bfef701014e91bdb4a53bee/artifacts/model','mlflow-artifacts:/1/b0c6682b8bfef701014e91bdb4a53bee/artifacts/model','b0c6682b8bfef701014e91bdb4a53bee','','',1795922718692,1795922718692);
CREATE TABLE params (
  run bigint not null,
  key text not null,
  value text not null,
  primary key (run, key)
) without rowid;
INSERT INTO "params" VALUES(1,'factors','64');
CREATE TABLE registered_model_tags (
  model bigint not null,
  key text not null,
  value text not null,
  primary key (model, key)
) without rowid;
CREATE TABLE registered_models (
  model integer primary key,
  name text not null unique,
  description text not null,
  created_ms bigint not null,
  updated_ms bigint not null,
  last_version bigint not null
);
INSERT INTO "registered_models" VALUES(1,'recommender','',1795922718685,1795922718692,1);
CREATE TABLE run_tags (
  run bigint not null,
  key text not null,
  value text not null,
  primary key (run, key)
) without rowid;
INSERT INTO "run_tags" VALUES(1,'k','v');
INSERT INTO "run_tags" VALUES(1,'mlflow.runName','ials');
CREATE TABLE runs (
  run integer primary key,
  run_id text not null unique,
  experiment_id bigint not null,
  name text not null,
  user_id text not null,
  status text not null,
  start_ms bigint not null,
  end_ms bigint,
  artifact_uri text not null,
  deleted bigint not null
);
INSERT INTO "runs" VALUES(1,'b0c6682b8bfef701014e91bdb4a53bee',1,'ials','ada','FINISHED',1700000000000,1700000001000,'mlflow-artifacts:/1/b0c6682b8bfef701014e91bdb4a53bee/artifacts',0);
CREATE INDEX runs_by_experiment on runs (experiment_id, deleted, start_ms desc, run_id);
CREATE INDEX dataset_inputs_by_dataset on dataset_inputs (dataset);
CREATE INDEX logged_models_by_experiment on logged_models (experiment_id, created_ms desc);
CREATE INDEX model_versions_by_run on model_versions (run_id);
COMMIT;
