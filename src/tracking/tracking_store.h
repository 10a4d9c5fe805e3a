// Experiments and runs: what data scientists log, and how they find it again.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "database/database.h"
#include "tracking/entities.h"

namespace marquee::tracking {

struct NewExperiment {
  std::string name;
  std::string artifact_location = {};  // "": below the artifact root
  std::vector<Tag> tags = {};
};

struct NewRun {
  int64_t experiment_id = 0;
  std::string name = {};  // "": that of the tag mlflow.runName, or else made up
  std::string user_id = {};
  std::optional<int64_t> start_ms = {};  // none: now
  std::vector<Tag> tags = {};
};

struct RunUpdate {
  std::optional<RunStatus> status = {};
  std::optional<int64_t> end_ms = {};
  std::optional<std::string> name = {};
};

// What is logged at once: all of it or nothing.
struct LogBatch {
  std::vector<Metric> metrics = {};  // at most 1,000
  std::vector<Param> params = {};    // at most 100
  std::vector<Tag> tags = {};        // at most 100; at most 1,000 in all
};

struct ExperimentSearch {
  std::string filter = {};
  std::vector<std::string> order_by = {};  // then: the newest first
  View view = View::kActiveOnly;
  int64_t max_results = 1000;
  std::string page = {};  // Page::next of the part before
};

struct RunSearch {
  std::vector<int64_t> experiment_ids = {};
  std::string filter = {};
  std::vector<std::string> order_by = {};  // then: the one started last first, then by id
  View view = View::kActiveOnly;
  int64_t max_results = 1000;
  std::string page = {};
};

// Thread-safe; many processes may use one database. Each call is one transaction. Every call throws
// invalid_argument for bad input, not_found for what is not there, and what database::Session
// throws. Runs and experiments that are deleted take no writes: invalid_argument.
class TrackingStore {
 public:
  // `artifact_root`: where experiments keep their artifacts unless they say otherwise. Makes the
  // experiment 0, "Default", when it is not there. What is passed in must outlive it.
  TrackingStore(database::Database& database, const Clock& clock,
                std::string artifact_root = "mlflow-artifacts:/");

  // Throws already_exists, for the name of a deleted one too.
  int64_t CreateExperiment(const NewExperiment& experiment);
  Experiment GetExperiment(int64_t experiment_id);
  // The deleted ones too.
  std::optional<Experiment> FindExperiment(const std::string& name);
  // With all its runs.
  void DeleteExperiment(int64_t experiment_id);
  void RestoreExperiment(int64_t experiment_id);
  void RenameExperiment(int64_t experiment_id, const std::string& name);
  void SetExperimentTag(int64_t experiment_id, const Tag& tag);
  void DeleteExperimentTag(int64_t experiment_id, const std::string& key);
  Page<Experiment> SearchExperiments(const ExperimentSearch& search);

  Run CreateRun(const NewRun& run);
  Run GetRun(const std::string& run_id);
  RunInfo UpdateRun(const std::string& run_id, const RunUpdate& update);
  void DeleteRun(const std::string& run_id);
  void RestoreRun(const std::string& run_id);
  // Only the rows of the page are read whole. With a filter or an order, O(runs of the
  // experiments).
  Page<Run> SearchRuns(const RunSearch& search);

  // The same metric again is one; a param never changes: the same value again is none, and another
  // is refused. Values of params and tags that are too long are cut. Metrics with a model_id are
  // that model's, too.
  void Log(const std::string& run_id, const LogBatch& batch);
  // Adds a JSON object to the list that the tag holds; beyond the length of a tag the oldest go.
  void AppendToTag(const std::string& run_id, const std::string& key, const Json& entry);
  // Throws not_found for a tag that the run has not.
  void DeleteRunTag(const std::string& run_id, const std::string& key);
  // Each dataset and model once, however often it is logged.
  void LogInputs(const std::string& run_id, std::span<const DatasetInput> datasets,
                 std::span<const std::string> model_ids);
  void LogOutputs(const std::string& run_id, std::span<const ModelOutput> outputs);

  // In order of time, step and value; `max_results` 0: all. Gives the rows to `take` one by one:
  // a history may be longer than memory. Returns Page::next. No rows for an unknown run or key.
  std::string ReadHistory(const std::string& run_id, const std::string& key, int64_t max_results,
                          const std::string& page, const std::function<void(const Metric&)>& take);
  // Of several runs, steps `first_step` to `last_step`, at most `max_results` of each.
  std::vector<Metric> HistoryOfRuns(std::span<const std::string> run_ids, const std::string& key,
                                    std::pair<int64_t, int64_t> steps, int64_t max_results);
  // At most 1,000.
  std::vector<DatasetSummary> SearchDatasets(std::span<const int64_t> experiment_ids);

 private:
  database::Database& database_;
  const Clock& clock_;
  const std::string artifact_root_;
};

}  // namespace marquee::tracking
