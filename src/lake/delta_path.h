// Paths in a Delta log are URIs. Inside the module only.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace marquee::lake {

// The file a path of the log names: percent-decoded, relative to the table's folder, or absolute.
// Throws failed_precondition for a URI that is not of the local disk, invalid_argument for broken
// percent-encoding.
std::string DecodeLogPath(std::string_view uri);

// A relative file name as the log writes it: all but A-Za-z0-9-_.~ / and = percent-encoded.
std::string EncodeLogPath(std::string_view file);

// A path for DuckDB's read_parquet: none of its characters is a wildcard.
std::string EscapeGlob(std::string_view path);

// "00000000000000000007.json"
std::string CommitName(int64_t version);
// "00000000000000000010.checkpoint.parquet"
std::string CheckpointName(int64_t version);

// Of any file of _delta_log named by a version, twenty digits and a dot.
std::optional<int64_t> LogVersionOf(std::string_view name);

// What a file of _delta_log is.
struct LogName {
  enum class Kind { kCommit, kCheckpoint, kCheckpointPart, kUuidCheckpoint };
  Kind kind;
  int64_t version;
  int64_t part = 1;  // 1..parts
  int64_t parts = 1;
};
// Nothing for other files: readers pass over them.
std::optional<LogName> ParseLogName(std::string_view name);

}  // namespace marquee::lake
