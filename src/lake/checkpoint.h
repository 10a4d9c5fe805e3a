// Checkpoints of a Delta log: the state at a version as one Parquet file. Inside the module only.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "lake/actions.h"
#include "lake/engine.h"
#include "storage/object_store.h"

namespace marquee::lake {

// Reads and writes checkpoints through a small DuckDB of its own, opened when first needed.
// Thread-safe.
class Checkpointer {
 public:
  explicit Checkpointer(std::shared_ptr<storage::ObjectStore> store) : store_(std::move(store)) {}

  // The actions of a checkpoint's files, `keys`. Throws data_loss that names the file.
  std::vector<Action> Read(const std::vector<std::string>& keys);
  // Publishes the checkpoint of `state` in `log_folder` (a key) and points _last_checkpoint to it.
  // Tombstones deleted before `keep_tombstones_ms` are left out.
  void Write(const std::string& log_folder, const TableState& state, int64_t keep_tombstones_ms);

 private:
  std::unique_ptr<Session> NewSession();

  std::shared_ptr<storage::ObjectStore> store_;
  std::mutex mutex_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace marquee::lake
