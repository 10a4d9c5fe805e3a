// The names under which models are known, their versions, and which version is used for what.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "database/database.h"
#include "tracking/entities.h"

namespace marquee::tracking {

struct NewRegisteredModel {
  std::string name;
  std::string description = {};
  std::vector<Tag> tags = {};
};

struct NewModelVersion {
  std::string name;
  // "models:/m-...", "models:/<name>/<version>", "runs:/<run_id>/<path>", "mlflow-artifacts:/...",
  // "s3://..." and the like; a local path only within the artifacts of `run_id`.
  std::string source;
  std::string run_id = {};
  std::string run_link = {};
  std::string description = {};
  std::string model_id = {};
  std::string user_id = {};
  std::vector<Tag> tags = {};
};

struct RegistrySearch {
  std::string filter = {};
  std::vector<std::string> order_by = {};
  int64_t max_results = 100;
  std::string page = {};
};

// Thread-safe. As TrackingStore: not_found for a model or a version that is not there.
class ModelRegistry {
 public:
  ModelRegistry(database::Database& database, const Clock& clock)
      : database_(database), clock_(clock) {}

  // Throws already_exists.
  RegisteredModel CreateModel(const NewRegisteredModel& model);
  RegisteredModel GetModel(const std::string& name);
  RegisteredModel DescribeModel(const std::string& name, const std::string& description);
  // Throws already_exists for a name that is taken.
  RegisteredModel RenameModel(const std::string& name, const std::string& new_name);
  // With all its versions.
  void DeleteModel(const std::string& name);
  void SetModelTag(const std::string& name, const Tag& tag);
  void DeleteModelTag(const std::string& name, const std::string& key);
  // By name unless it says otherwise. Prompts are left out unless the filter asks for them.
  Page<RegisteredModel> SearchModels(const RegistrySearch& search);

  // Its number is one more than the largest that the model ever had. Throws invalid_argument for a
  // source that may not be.
  ModelVersion CreateVersion(const NewModelVersion& version);
  ModelVersion GetVersion(const std::string& name, int64_t version);
  ModelVersion DescribeVersion(const std::string& name, int64_t version,
                               const std::string& description);
  void DeleteVersion(const std::string& name, int64_t version);
  void SetVersionTag(const std::string& name, int64_t version, const Tag& tag);
  void DeleteVersionTag(const std::string& name, int64_t version, const std::string& key);
  // Where its files are: the source, led back to what it means.
  std::string DownloadUri(const std::string& name, int64_t version);
  // `archive_others`: those that were in the stage go to kArchived; for kStaging and kProduction
  // only, or invalid_argument.
  ModelVersion MoveToStage(const std::string& name, int64_t version, Stage stage,
                           bool archive_others);
  // The newest of each of these stages; of all four when there are none.
  std::vector<ModelVersion> LatestVersions(const std::string& name, std::span<const Stage> stages);
  // The last updated first unless it says otherwise.
  Page<ModelVersion> SearchVersions(const RegistrySearch& search);

  // Gives the alias to that version, and takes it from another.
  void SetAlias(const std::string& name, const std::string& alias, int64_t version);
  // A missing one is no error.
  void DeleteAlias(const std::string& name, const std::string& alias);
  // Throws invalid_argument for an alias that is not there.
  ModelVersion VersionOfAlias(const std::string& name, const std::string& alias);

 private:
  database::Database& database_;
  const Clock& clock_;
};

}  // namespace marquee::tracking
