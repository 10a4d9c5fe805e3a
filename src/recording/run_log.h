// Where runs are recorded: the tracking database of the home, or an MLflow server.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tracking/entities.h"
#include "tracking/tracking_store.h"

namespace marquee {

struct NewRecord {
  std::string experiment;  // made when there is none of that name
  std::string name;
  std::string parent_run_id = {};  // "": none
  std::vector<tracking::Tag> tags = {};
  std::optional<int64_t> start_ms = {};  // none: now
};

// A version of a registered model: the files that a run recorded.
struct RegisteredVersion {
  int64_t version = 0;
  std::string run_id;
};

// Every call throws invalid_argument for what the keeper of the runs refuses, not_found for a run
// or model that is not there, unauthenticated, permission_denied, and unavailable or
// deadline_exceeded when it does not answer. Thread-safe.
class RunLog {
 public:
  virtual ~RunLog() = default;

  // The id of the new run.
  virtual std::string Start(const NewRecord& record) = 0;
  // Of any length. Not all or nothing: a call that failed may be repeated.
  virtual void Log(const std::string& run_id, const tracking::LogBatch& batch) = 0;
  virtual void AddInputs(const std::string& run_id,
                         std::span<const tracking::DatasetInput> inputs) = 0;
  // A file of the run, at `path` below its artifacts.
  virtual void AddText(const std::string& run_id, const std::string& path,
                       std::string_view text) = 0;
  virtual void AddFile(const std::string& run_id, const std::string& path,
                       const std::filesystem::path& file) = 0;
  virtual void End(const std::string& run_id, tracking::RunStatus status,
                   std::optional<int64_t> end_ms) = 0;

  // The files at `path` of the run become the next version of `model`, which is made when it is
  // not there. Returns its number.
  virtual int64_t Register(const std::string& model, const std::string& run_id,
                           const std::string& path, const std::vector<tracking::Tag>& tags) = 0;
  // The newest version that is of the run; nothing when none is.
  virtual std::optional<int64_t> FindVersion(const std::string& model,
                                             const std::string& run_id) = 0;
  virtual void SetAlias(const std::string& model, const std::string& alias, int64_t version) = 0;
  // Nothing when there is no such model or alias.
  virtual std::optional<RegisteredVersion> FindAlias(const std::string& model,
                                                     const std::string& alias) = 0;
};

// The batch in parts that one call of the protocol takes.
std::vector<tracking::LogBatch> PartsOf(const tracking::LogBatch& batch);
// The tags of a new run, with those that stand for its parent and its name.
std::vector<tracking::Tag> TagsOf(const NewRecord& record);

}  // namespace marquee
