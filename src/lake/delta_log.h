// Reads a table's Delta log from an object store. Inside the module only.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lake/actions.h"
#include "lake/checkpoint.h"
#include "lake/lake.h"
#include "storage/object_store.h"

namespace marquee::lake {

// One listing of a _delta_log: which versions there are and where they start. Immutable; reads the
// files when asked, and sees only the versions of its listing. Thread-safe.
class DeltaLog {
 public:
  // Lists the log of `table` ("silver.ratings") below `table_folder` (a key). Throws not_found when
  // there is none.
  DeltaLog(std::shared_ptr<storage::ObjectStore> store, Checkpointer& checkpointer,
           std::string table, const std::string& table_folder);

  static bool Exists(const storage::ObjectStore& store, const std::string& table_folder);

  const std::string& folder() const { return folder_; }
  int64_t latest() const;
  // The oldest version that can be read.
  int64_t oldest() const;
  // Throws not_found that names the versions there are.
  int64_t Resolve(const At& at) const;
  // When the version was published: the modification time of its file.
  int64_t TimestampMs(int64_t version) const;

  // The state at a version, by its checkpoint and commits. Throws data_loss that names the broken
  // or missing file, failed_precondition for a table that needs a feature we lack.
  TableState Load(int64_t version) const;
  // The actions of one commit. Throws data_loss when its file is gone.
  std::vector<Action> ReadCommit(int64_t version) const;
  // Versions whose commit file is there, oldest first.
  std::vector<int64_t> commits() const;

 private:
  struct CheckpointFiles {
    std::vector<std::string> keys;  // by part
    int64_t modified_ms = 0;
  };

  void AddListed(const storage::ObjectInfo& object);
  void DropIncompleteCheckpoints();
  // Whether all commits of first..last are there; if not, which one is the first that lacks.
  std::optional<int64_t> FirstMissing(int64_t first, int64_t last) const;
  std::string Key(int64_t version) const;
  TableState Replay(TableState start, int64_t version) const;
  TableState LoadFromOldestCommit(int64_t version) const;
  void CheckState(const TableState& state) const;
  [[noreturn]] void ThrowNotFound(const std::string& wanted) const;

  std::shared_ptr<storage::ObjectStore> store_;
  Checkpointer& checkpointer_;
  std::string table_;
  std::string folder_;
  std::map<int64_t, int64_t> commit_times_;  // version -> modification time
  std::map<int64_t, CheckpointFiles> checkpoints_;
  std::map<int64_t, int64_t> checkpoint_parts_;
  bool has_uuid_checkpoint_ = false;
};

}  // namespace marquee::lake
