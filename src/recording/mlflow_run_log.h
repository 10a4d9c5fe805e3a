// Runs in an MLflow server, this program's own or the real one.
#pragma once

#include "base/clock.h"
#include "recording/mlflow_api.h"
#include "recording/run_log.h"

namespace marquee {

class MlflowRunLog : public RunLog {
 public:
  // Asks nothing yet. `clock` must outlive it. `user`: who starts the runs.
  MlflowRunLog(const MlflowServer& server, const Clock& clock, std::string user);

  std::string Start(const NewRecord& record) override;
  void Log(const std::string& run_id, const tracking::LogBatch& batch) override;
  void AddInputs(const std::string& run_id,
                 std::span<const tracking::DatasetInput> inputs) override;
  // Files go through the server: failed_precondition when it leaves them to its clients.
  void AddText(const std::string& run_id, const std::string& path, std::string_view text) override;
  // Takes memory for the file.
  void AddFile(const std::string& run_id, const std::string& path,
               const std::filesystem::path& file) override;
  void End(const std::string& run_id, tracking::RunStatus status,
           std::optional<int64_t> end_ms) override;
  int64_t Register(const std::string& model, const std::string& run_id, const std::string& path,
                   const std::vector<tracking::Tag>& tags) override;
  std::optional<int64_t> FindVersion(const std::string& model, const std::string& run_id) override;
  void SetAlias(const std::string& model, const std::string& alias, int64_t version) override;
  std::optional<RegisteredVersion> FindAlias(const std::string& model,
                                             const std::string& alias) override;

 private:
  std::string ExperimentNamed(const std::string& name) const;
  std::string ArtifactUri(const std::string& run_id) const;
  void Upload(const std::string& run_id, const std::string& path, std::string bytes) const;

  const MlflowApi api_;
  const Clock& clock_;
  const std::string user_;
};

}  // namespace marquee
