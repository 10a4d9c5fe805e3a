#include "tracking/schema.h"

#include <array>

namespace marquee::tracking {
namespace {

// metrics: all values of all series, in the order in which a history is read, each once.
// latest_metrics: of each series what a run shows and searches look at.
constexpr const char* kVersion1 = R"sql(
create table experiments (
  experiment_id {identity},
  name {text} not null unique,
  artifact_location {text} not null,
  deleted bigint not null,
  created_ms bigint not null,
  updated_ms bigint not null
);
create table experiment_tags (
  experiment_id bigint not null,
  key {text} not null,
  value {text} not null,
  primary key (experiment_id, key)
) {without_rowid};
create table runs (
  run {identity},
  run_id {text} not null unique,
  experiment_id bigint not null,
  name {text} not null,
  user_id {text} not null,
  status {text} not null,
  start_ms bigint not null,
  end_ms bigint,
  artifact_uri {text} not null,
  deleted bigint not null
);
create index runs_by_experiment on runs (experiment_id, deleted, start_ms desc, run_id);
create table params (
  run bigint not null,
  key {text} not null,
  value {text} not null,
  primary key (run, key)
) {without_rowid};
create table run_tags (
  run bigint not null,
  key {text} not null,
  value {text} not null,
  primary key (run, key)
) {without_rowid};
create table metric_keys (
  key_id {identity},
  key {text} not null unique
);
create table metrics (
  run bigint not null,
  key_id bigint not null,
  timestamp_ms bigint not null,
  step bigint not null,
  value double precision not null,
  is_nan bigint not null,
  primary key (run, key_id, timestamp_ms, step, value, is_nan)
) {without_rowid};
create table latest_metrics (
  run bigint not null,
  key_id bigint not null,
  step bigint not null,
  timestamp_ms bigint not null,
  value double precision not null,
  is_nan bigint not null,
  primary key (run, key_id)
) {without_rowid};
create table datasets (
  dataset {identity},
  experiment_id bigint not null,
  name {text} not null,
  digest {text} not null,
  source_type {text} not null,
  source {text} not null,
  schema_text {text} not null,
  profile {text} not null,
  unique (experiment_id, name, digest)
);
create table dataset_inputs (
  run bigint not null,
  dataset bigint not null,
  primary key (run, dataset)
) {without_rowid};
create index dataset_inputs_by_dataset on dataset_inputs (dataset);
create table dataset_input_tags (
  run bigint not null,
  dataset bigint not null,
  key {text} not null,
  value {text} not null,
  primary key (run, dataset, key)
) {without_rowid};
create table model_inputs (
  run bigint not null,
  model_id {text} not null,
  primary key (run, model_id)
) {without_rowid};
create table model_outputs (
  run bigint not null,
  model_id {text} not null,
  step bigint not null,
  primary key (run, model_id, step)
) {without_rowid};
create table logged_models (
  model {identity},
  model_id {text} not null unique,
  experiment_id bigint not null,
  name {text} not null,
  model_type {text} not null,
  source_run_id {text} not null,
  status {text} not null,
  created_ms bigint not null,
  updated_ms bigint not null,
  artifact_uri {text} not null
);
create index logged_models_by_experiment on logged_models (experiment_id, created_ms desc);
create table logged_model_tags (
  model bigint not null,
  key {text} not null,
  value {text} not null,
  primary key (model, key)
) {without_rowid};
create table logged_model_params (
  model bigint not null,
  key {text} not null,
  value {text} not null,
  primary key (model, key)
) {without_rowid};
create table logged_model_metrics (
  model bigint not null,
  key {text} not null,
  run_id {text} not null,
  dataset_name {text} not null,
  dataset_digest {text} not null,
  step bigint not null,
  timestamp_ms bigint not null,
  value double precision not null,
  is_nan bigint not null,
  primary key (model, key, run_id, dataset_name, dataset_digest)
) {without_rowid};
create table registered_models (
  model {identity},
  name {text} not null unique,
  description {text} not null,
  created_ms bigint not null,
  updated_ms bigint not null,
  last_version bigint not null
);
create table registered_model_tags (
  model bigint not null,
  key {text} not null,
  value {text} not null,
  primary key (model, key)
) {without_rowid};
create table model_versions (
  model bigint not null,
  version bigint not null,
  description {text} not null,
  user_id {text} not null,
  stage bigint not null,
  source {text} not null,
  location {text} not null,
  run_id {text} not null,
  run_link {text} not null,
  model_id {text} not null,
  created_ms bigint not null,
  updated_ms bigint not null,
  primary key (model, version)
) {without_rowid};
create index model_versions_by_run on model_versions (run_id);
create table model_version_tags (
  model bigint not null,
  version bigint not null,
  key {text} not null,
  value {text} not null,
  primary key (model, version, key)
) {without_rowid};
create table model_aliases (
  model bigint not null,
  alias {text} not null,
  version bigint not null,
  primary key (model, alias)
) {without_rowid};
)sql";

constexpr int64_t kApplicationId = 0x4D715452;  // "MqTR"
constexpr std::array kVersions = {kVersion1};

}  // namespace

const database::Schema& TrackingSchema() {
  static const database::Schema schema{"marquee_tracking", kApplicationId, kVersions};
  return schema;
}

}  // namespace marquee::tracking
