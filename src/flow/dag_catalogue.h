// All DAGs of a home: those that are built in and those of a folder, which is read again when it
// changes.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/watched_file.h"
#include "flow/dag.h"

namespace marquee::flow {

struct DagError {
  std::string file;
  std::string message;
  int64_t at_us = 0;
};

// The DAGs of one moment. Immutable.
struct DagSet {
  std::map<std::string, DagPtr, std::less<>> dags;
  std::vector<DagError> errors;  // of files that could not be read: their last good DAG stays
  int64_t generation = 0;        // another one with each change
  int64_t parsed_us = 0;

  // Null when there is none.
  DagPtr Find(std::string_view dag_id) const;
  // Throws not_found, naming the nearest.
  DagPtr Named(std::string_view dag_id) const;
};

// Thread-safe.
class DagCatalogue {
 public:
  // Reads *.toml of `folder`, which need not be there. `clock` must outlive it.
  DagCatalogue(std::vector<DagPtr> built_in, std::filesystem::path folder, const Clock& clock);

  std::shared_ptr<const DagSet> Current() const;
  // Reads files that changed; whether there were any. O(files) system calls.
  bool Refresh();

 private:
  struct File {
    WatchedFile watched;
    DagPtr dag;  // the last good one; null: none yet
    std::string error;
    int64_t error_us = 0;
  };
  bool ReadChanges();
  std::shared_ptr<const DagSet> Collect() const;

  const std::vector<DagPtr> built_in_;
  const std::filesystem::path folder_;
  const Clock& clock_;
  std::mutex refresh_mutex_;
  std::map<std::filesystem::path, File> files_;  // guarded by refresh_mutex_
  int64_t generation_ = 0;                       // likewise
  mutable std::mutex mutex_;
  std::shared_ptr<const DagSet> current_;  // guarded by mutex_
};

}  // namespace marquee::flow
