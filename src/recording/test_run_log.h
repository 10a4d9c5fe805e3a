// For tests: runs in a folder of their own, and a log that can be made to fail.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "base/files.h"
#include "database/database.h"
#include "recording/store_run_log.h"
#include "storage/local_store.h"
#include "tracking/schema.h"

namespace marquee {

struct TestRuns {
  TempDir folder;
  ManualClock clock{1'700'000'000'000};
  database::Database database{{.url = (folder.path() / "tracking.db").string()},
                              tracking::TrackingSchema()};
  tracking::TrackingStore runs{database, clock};
  tracking::ModelRegistry registry{database, clock};
  tracking::ArtifactStore artifacts{
      std::make_shared<storage::LocalStore>(folder.path() / "artifacts")};
  StoreRunLog log{runs, registry, artifacts, "ada"};

  // The newest run of the experiment.
  tracking::Run Newest(const std::string& experiment) {
    const auto found = runs.SearchRuns(
        {.experiment_ids = {runs.FindExperiment(experiment).value().id}, .max_results = 1});
    return found.items.at(0);
  }
  std::string Text(const tracking::Run& run, const std::string& path) {
    const auto file = artifacts.Open(
        run.info.artifact_uri.substr(std::string_view("mlflow-artifacts:/").size()) + "/" + path);
    return file->Read(0, static_cast<size_t>(file->info().size_bytes));
  }
};

// Of a run the value under `key`; "" when there is none.
inline std::string ValueOf(const std::vector<tracking::KeyValue>& pairs, const std::string& key) {
  for (const tracking::KeyValue& pair : pairs) {
    if (pair.key == key) return pair.value;
  }
  return "";
}

// Passes calls on while `down` is false.
class UnsteadyRunLog : public RunLog {
 public:
  explicit UnsteadyRunLog(RunLog& log) : log_(log) {}
  bool down = false;

  std::string Start(const NewRecord& record) override { return Up().Start(record); }
  void Log(const std::string& run_id, const tracking::LogBatch& batch) override {
    Up().Log(run_id, batch);
  }
  void AddInputs(const std::string& run_id,
                 std::span<const tracking::DatasetInput> inputs) override {
    Up().AddInputs(run_id, inputs);
  }
  void AddText(const std::string& run_id, const std::string& path, std::string_view text) override {
    Up().AddText(run_id, path, text);
  }
  void AddFile(const std::string& run_id, const std::string& path,
               const std::filesystem::path& file) override {
    Up().AddFile(run_id, path, file);
  }
  void End(const std::string& run_id, tracking::RunStatus status,
           std::optional<int64_t> end_ms) override {
    Up().End(run_id, status, end_ms);
  }
  int64_t Register(const std::string& model, const std::string& run_id, const std::string& path,
                   const std::vector<tracking::Tag>& tags) override {
    return Up().Register(model, run_id, path, tags);
  }
  std::optional<int64_t> FindVersion(const std::string& model, const std::string& run_id) override {
    return Up().FindVersion(model, run_id);
  }
  void SetAlias(const std::string& model, const std::string& alias, int64_t version) override {
    Up().SetAlias(model, alias, version);
  }
  std::optional<RegisteredVersion> FindAlias(const std::string& model,
                                             const std::string& alias) override {
    return Up().FindAlias(model, alias);
  }

 private:
  RunLog& Up() const {
    if (down) throw Error(Code::kUnavailable, "the log is down");
    return log_;
  }

  RunLog& log_;
};

}  // namespace marquee
