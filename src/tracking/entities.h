// What is tracked, in the words of the MLflow protocol. Plain values; times are milliseconds since
// 1970, and ids of experiments are numbers that travel as text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace marquee::tracking {

// Deleted things keep all they have and can be restored.
enum class Lifecycle { kActive, kDeleted };

struct KeyValue {
  std::string key;
  std::string value;

  bool operator==(const KeyValue&) const = default;
};
using Tag = KeyValue;
using Param = KeyValue;

struct Experiment {
  int64_t id = 0;
  std::string name;
  std::string artifact_location;  // "mlflow-artifacts:/3"
  Lifecycle lifecycle = Lifecycle::kActive;
  int64_t created_ms = 0;
  int64_t updated_ms = 0;
  std::vector<Tag> tags;
};

enum class RunStatus { kRunning, kScheduled, kFinished, kFailed, kKilled };

struct RunInfo {
  std::string run_id;  // 32 hex digits
  int64_t experiment_id = 0;
  std::string name;
  std::string user_id;
  RunStatus status = RunStatus::kRunning;
  int64_t start_ms = 0;
  std::optional<int64_t> end_ms;
  std::string artifact_uri;  // "mlflow-artifacts:/3/<run_id>/artifacts"
  Lifecycle lifecycle = Lifecycle::kActive;
};

// One value of a series. Infinities are kept as the largest doubles.
struct Metric {
  std::string key;
  double value = 0;  // may be NaN
  int64_t timestamp_ms = 0;
  int64_t step = 0;
  // Of a logged model and a dataset that it was measured on; "" for none.
  std::string model_id = {};
  std::string dataset_name = {};
  std::string dataset_digest = {};
  std::string run_id = {};  // told where metrics of several runs stand together
};

struct Dataset {
  std::string name;
  std::string digest;
  std::string source_type;
  std::string source;
  std::string schema = {};
  std::string profile = {};
};

struct DatasetInput {
  Dataset dataset;
  std::vector<Tag> tags;
};

// A dataset that runs of an experiment had as input.
struct DatasetSummary {
  int64_t experiment_id = 0;
  std::string name;
  std::string digest;
  std::string context;  // "training"; "" when not told
};

struct ModelOutput {
  std::string model_id;
  int64_t step = 0;
};

struct Run {
  RunInfo info;
  std::vector<Metric> metrics;  // the latest of each key: by step, then time, then value
  std::vector<Param> params;
  std::vector<Tag> tags;
  std::vector<DatasetInput> dataset_inputs;
  std::vector<std::string> model_inputs;  // ids of logged models
  std::vector<ModelOutput> model_outputs;
};

enum class ModelStatus { kUnspecified, kPending, kReady, kUploadFailed };

// A model as a run made it, before or without a name in the registry.
struct LoggedModel {
  std::string model_id;  // "m-" and 32 hex digits
  int64_t experiment_id = 0;
  std::string name;
  std::string model_type;
  std::string source_run_id;  // "" for none
  ModelStatus status = ModelStatus::kPending;
  int64_t created_ms = 0;
  int64_t updated_ms = 0;
  std::string artifact_uri;
  std::vector<Tag> tags;
  std::vector<Param> params;
  std::vector<Metric> metrics;  // the latest of each key, run and dataset
};

enum class Stage { kNone, kStaging, kProduction, kArchived };

// A version of a registered model.
struct ModelVersion {
  std::string name;
  int64_t version = 0;  // from 1; a number is never given twice
  int64_t created_ms = 0;
  int64_t updated_ms = 0;
  std::string description;
  std::string user_id;
  Stage stage = Stage::kNone;
  std::string source;  // where the model is: "models:/m-...", "mlflow-artifacts:/..."
  std::string run_id;
  std::string run_link;
  std::string model_id;  // of the logged model that it is of; "" for none
  std::vector<Tag> tags;
  std::vector<std::string> aliases;
};

struct ModelAlias {
  std::string alias;
  int64_t version = 0;
};

struct RegisteredModel {
  std::string name;
  int64_t created_ms = 0;
  int64_t updated_ms = 0;
  std::string description;
  std::vector<ModelVersion> latest_versions;  // the newest of each stage that has one
  std::vector<Tag> tags;
  std::vector<ModelAlias> aliases;
};

// Which lifecycles a search sees.
enum class View { kActiveOnly, kDeletedOnly, kAll };

// A part of a list. `next` leads to the part after it; "" when there is none.
template <typename T>
struct Page {
  std::vector<T> items;
  std::string next;
};

}  // namespace marquee::tracking
