// RowSources as a DuckDB table function. Inside the module only.
#pragma once

#include <duckdb.h>

#include <atomic>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "lake/engine.h"

namespace marquee::lake {

// Carries what a source threw past DuckDB's frames to the session whose statement read it.
// Thread-safe.
class ThrownSlot {
 public:
  void Put(std::exception_ptr thrown);
  // What was put, at most once.
  std::exception_ptr Take();

 private:
  std::mutex mutex_;
  std::exception_ptr thrown_;
};

struct SourceEntry {
  std::string name;
  std::shared_ptr<RowSource> source;
  std::shared_ptr<ThrownSlot> thrown;
  std::atomic<bool> read = false;
  std::mutex mutex;    // threads take turns to fill their chunks
  bool ended = false;  // under the mutex: the source has no more rows
};

// The sources that `marquee_source(id)` reads. Thread-safe; outlives the database.
class SourceTable {
 public:
  // Returns the id.
  int64_t Add(std::shared_ptr<SourceEntry> entry);
  void Remove(int64_t id);
  // Null when there is none.
  std::shared_ptr<SourceEntry> Find(int64_t id) const;

  // Defines `marquee_source` for every session of the database.
  void Register(duckdb_connection connection);

 private:
  mutable std::mutex mutex_;
  int64_t next_id_ = 1;
  std::map<int64_t, std::shared_ptr<SourceEntry>> entries_;
};

}  // namespace marquee::lake
