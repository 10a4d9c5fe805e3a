// Runs in the tracking database and the artifacts of this home.
#pragma once

#include "recording/run_log.h"
#include "tracking/artifact_store.h"
#include "tracking/model_registry.h"
#include "tracking/tracking_store.h"

namespace marquee {

class StoreRunLog : public RunLog {
 public:
  // What is passed in must outlive it. `user`: who starts the runs.
  StoreRunLog(tracking::TrackingStore& runs, tracking::ModelRegistry& registry,
              tracking::ArtifactStore& artifacts, std::string user);

  std::string Start(const NewRecord& record) override;
  void Log(const std::string& run_id, const tracking::LogBatch& batch) override;
  void AddInputs(const std::string& run_id,
                 std::span<const tracking::DatasetInput> inputs) override;
  void AddText(const std::string& run_id, const std::string& path, std::string_view text) override;
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
  std::string ArtifactPath(const std::string& run_id, const std::string& path);

  tracking::TrackingStore& runs_;
  tracking::ModelRegistry& registry_;
  tracking::ArtifactStore& artifacts_;
  const std::string user_;
};

}  // namespace marquee
