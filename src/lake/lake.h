// Versioned tables: Delta Lake folders of Parquet files and a _delta_log (PROTOCOL.md of delta-io,
// reader 1 / writer 2).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "lake/engine.h"

namespace marquee::storage {
class ObjectStore;
}

namespace marquee::lake {

class Checkpointer;
class DeltaLog;

// A version of a table that another was made from.
struct TableVersion {
  std::string table;  // "bronze.ratings"
  int64_t version;
};

// Which version to read; neither: the newest.
struct At {
  std::optional<int64_t> version{};
  std::optional<int64_t> timestamp_ms{};  // the newest version not later than this
};

struct Field {
  std::string name;
  Json type;  // Delta's: "long", "timestamp", {"type":"array",...}
  std::string comment;
};

struct DataFile {
  std::string path;  // relative to the table's folder, percent-decoded
  std::map<std::string, std::optional<std::string>> partition_values;
  int64_t size_bytes;
  int64_t rows;  // from the statistics; -1 when they are missing
  // Written here under the very schema of the snapshot, so that it can be read without a mapping of
  // columns, which hides sizes and statistics from the query planner.
  bool has_schema_layout = false;
};

// A table as it was at one version.
struct Snapshot {
  std::string table;
  int64_t version;
  int64_t timestamp_ms;
  std::vector<Field> fields;
  std::vector<std::string> partition_columns;
  std::vector<DataFile> files;
  std::map<std::string, int64_t> streams = {};  // how far each is: StreamStep::version by app_id
  int64_t num_rows() const;                     // -1 when a file lacks statistics
  int64_t size_bytes() const;
};

struct Commit {
  int64_t version;
  int64_t timestamp_ms;
  std::string operation;  // "WRITE", "RESTORE", ...
  Json info;  // commitInfo in full; info["marquee"] holds run_id, inputs, rows, code_version
};

// A step of a stream that is written exactly once (Delta's `txn`): the table remembers per stream
// how far it is. The write takes it from `after` (0: it never wrote) to `version`, or fails.
struct StreamStep {
  std::string app_id;
  int64_t after;
  int64_t version;
};

struct WriteRequest {
  enum class Mode { kOverwrite, kAppend, kReplacePartition };

  std::string table{};   // "silver.ratings": <layer>.<name>, lower-case letters, digits and _
  std::string select{};  // SQL whose rows are written; column types decide the schema
  Mode mode = Mode::kOverwrite;
  std::string partition_column{};  // Hive-style folders when not empty; the select gives it as text
  std::string partition_value{};   // kReplacePartition: all rows of the select have it, and the
                                   // partition's old files go
  std::map<std::string, std::string> column_comments{};
  std::string run_id{};
  std::vector<TableVersion> inputs{};  // lineage
  Json facts{};                        // further facts for commitInfo.marquee
  std::optional<StreamStep> stream{};
};

struct WriteResult {
  int64_t version;
  int64_t rows;
  int64_t size_bytes;
};

struct DiffResult {
  int64_t rows_added;  // rows of `to` not in `from`, duplicates counted
  int64_t rows_removed;
  std::vector<std::string> columns_added;
  std::vector<std::string> columns_removed;
};

struct VacuumResult {
  std::vector<std::string> files;  // deleted, or to be deleted in a dry run
  int64_t size_bytes;
};

// The folder <root>/<layer>/<name> per table. Thread-safe; many processes may read and write at
// once: a version appears by one atomic create of its log file, so each reader sees whole versions
// only, and a crash leaves the last one readable. All throw not_found for a missing table or
// version (naming those there are), failed_precondition for a table that needs a feature we lack
// (naming it), data_loss for a broken log, invalid_argument for a bad table name.
class Lake {
 public:
  Lake(std::filesystem::path root, const Clock& clock);
  // The same with the log's files in `store`, whose keys are paths below `root`.
  Lake(std::filesystem::path root, const Clock& clock, std::shared_ptr<storage::ObjectStore> store);

  const std::filesystem::path& root() const { return root_; }
  // "layer.name", sorted.
  std::vector<std::string> Tables() const;
  bool Exists(std::string_view table) const;
  Snapshot Read(std::string_view table, const At& at = {}) const;
  // Newest first.
  std::vector<Commit> History(std::string_view table) const;

  // Makes the table readable in `session` as the view <layer>.<name>, replacing an older one.
  // Columns a file lacks are null.
  Snapshot CreateView(Session& session, std::string_view table, const At& at = {}) const;
  // The SQL that reads a snapshot: "(select ... from read_parquet([...]))".
  std::string SelectSql(const Snapshot& snapshot) const;

  // Publishes the rows as the next version; nothing of it is visible before. Loses a race to
  // another writer: an append tries again on top of it; an overwrite or a replacement does so only
  // when the other touched other partitions, otherwise it throws failed_precondition and names the
  // version that won; so does any write whose stream is not where its step begins.
  WriteResult Write(Session& session, const WriteRequest& request);

  // Makes the content of an older version the newest one. Throws failed_precondition when its files
  // were vacuumed.
  int64_t Restore(std::string_view table, int64_t version);
  // Deletes files that no version of the last `retention_ms` needs.
  VacuumResult Vacuum(std::string_view table, int64_t retention_ms, bool dry_run);
  // Makes the newest version the only one: what only older ones need is deleted at once, and so are
  // their entries in the log, which tell values of their rows. Files that no version lists are left
  // alone: somebody may be writing them. Can be repeated after a crash.
  VacuumResult DropHistory(std::string_view table);
  DiffResult Diff(Session& session, std::string_view table, int64_t from, int64_t to) const;
  // The table version and all that it was made from, as a tree:
  // {"table","version","timestamp","inputs":[...]}.
  Json Lineage(std::string_view table, const At& at = {}) const;

 private:
  DeltaLog OpenLog(std::string_view table) const;
  std::vector<TableVersion> InputsOfVersion(const std::string& table, int64_t version) const;
  Json LineageNode(const TableVersion& of, size_t depth) const;

  std::filesystem::path root_;
  const Clock& clock_;
  std::shared_ptr<storage::ObjectStore> store_;
  std::shared_ptr<Checkpointer> checkpointer_;
  mutable std::mutex view_mutex_;
};

}  // namespace marquee::lake
