// The actions of a Delta log, and the state they add up to. Inside the module only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json.h"
#include "lake/lake.h"

namespace marquee::lake {

using PartitionValues = std::map<std::string, std::optional<std::string>>;

struct Protocol {
  int64_t min_reader_version = 1;
  int64_t min_writer_version = 2;
  std::vector<std::string> reader_features;
  std::vector<std::string> writer_features;
};

struct Metadata {
  std::string id{};
  std::string name{};
  std::string description{};
  std::string schema_string{};
  std::vector<std::string> partition_columns{};
  std::map<std::string, std::string> configuration{};
  int64_t created_time_ms = 0;

  bool operator==(const Metadata&) const = default;
};

struct AddFile {
  std::string path;  // as in the log: a URI
  PartitionValues partition_values;
  int64_t size_bytes = 0;
  int64_t modified_ms = 0;
  bool data_change = true;
  std::optional<std::string> stats;  // JSON text
  Json tags;
};

struct RemoveFile {
  std::string path;
  int64_t deleted_ms = 0;
  bool data_change = true;
  PartitionValues partition_values;
  int64_t size_bytes = 0;
};

// How far a program that writes a stream is.
struct Transaction {
  std::string app_id;
  int64_t version = 0;
  int64_t updated_ms = 0;
};

struct CommitInfo {
  Json info;
};

using Action = std::variant<Protocol, Metadata, AddFile, RemoveFile, Transaction, CommitInfo>;

// One action from {"add":{...}}. Nothing for kinds that a reader passes over. Throws
// invalid_argument for a missing or wrongly typed part, failed_precondition for a file with a
// deletion vector.
std::optional<Action> ParseAction(const Json& line);
Json ToJson(const Action& action);

// All actions of a commit file, one a line. Throws data_loss that names `file` and the line.
std::vector<Action> ParseCommit(std::string_view bytes, std::string_view file);
std::string FormatCommit(const std::vector<Action>& actions);

// Throws failed_precondition that names the first feature we lack, for reading or for writing.
void CheckReadable(const Protocol& protocol, const Metadata& metadata);
void CheckWritable(const Protocol& protocol, const Metadata& metadata);

// What the log says of one version.
struct TableState {
  int64_t version = -1;
  int64_t timestamp_ms = 0;
  std::optional<Protocol> protocol;
  std::optional<Metadata> metadata;
  std::map<std::string, AddFile> files;  // by path
  std::map<std::string, RemoveFile> tombstones;
  std::map<std::string, Transaction> transactions;

  // Takes the actions of the next commit, or of a checkpoint.
  void Apply(std::vector<Action> actions);
};

}  // namespace marquee::lake
