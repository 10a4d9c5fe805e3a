#include "lake/snapshot.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "lake/commit.h"
#include "lake/delta_path.h"
#include "lake/delta_schema.h"

namespace marquee::lake {
namespace {

int64_t RowsOf(const AddFile& add) {
  if (!add.stats || add.stats->empty()) return -1;
  const Json stats = Json::Parse(*add.stats);
  const Json* rows = stats.Find("numRecords");
  return rows && rows->is_int() && rows->AsInt() >= 0 ? rows->AsInt() : -1;
}

// `layout`: LayoutOf the table's schema.
DataFile MakeDataFile(const AddFile& add, const std::vector<std::string>& partition_columns,
                      const std::string& layout) {
  DataFile file{DecodeLogPath(add.path), {}, add.size_bytes, RowsOf(add)};
  const Json* written_layout = add.tags.Find(kLayoutTag);
  file.has_schema_layout = written_layout != nullptr && *written_layout == Json(layout);
  for (const std::string& column : partition_columns) {
    const auto value = add.partition_values.find(column);
    if (value == add.partition_values.end()) {
      throw Error(Code::kInvalidArgument,
                  StrCat("file ", add.path, " has no value of partition column ", column));
    }
    file.partition_values[column] = value->second;
  }
  return file;
}

bool IsPartitionColumn(const Snapshot& snapshot, const std::string& name) {
  const auto& columns = snapshot.partition_columns;
  return std::find(columns.begin(), columns.end(), name) != columns.end();
}

std::string TypedNull(const std::string& type) { return StrCat("cast(null as ", type, ")"); }

std::string EmptyScan(const Snapshot& snapshot) {
  std::string columns;
  for (const Field& field : snapshot.fields) {
    columns += StrCat(columns.empty() ? "" : ", ", TypedNull(SqlTypeOf(field.type, field.name)),
                      " as ", SqlName(field.name));
  }
  return StrCat("(select ", columns, " where false)");
}

// Reads columns by name as the types of the log; one that a file lacks is null.
std::string ParquetSchema(const Snapshot& snapshot) {
  std::string entries;
  for (const Field& field : snapshot.fields) {
    if (IsPartitionColumn(snapshot, field.name)) continue;
    const std::string name = SqlText(field.name);
    entries +=
        StrCat(entries.empty() ? "" : ", ", name, ": {name: ", name,
               ", type: ", SqlText(SqlTypeOf(field.type, field.name)), ", default_value: null}");
  }
  return StrCat("map {", entries, "}");
}

using Partition = std::map<std::string, std::optional<std::string>>;

std::string SelectList(const Snapshot& snapshot, const Partition& partition) {
  std::string list;
  for (const Field& field : snapshot.fields) {
    const std::string name = SqlName(field.name);
    if (!list.empty()) list += ", ";
    const auto value = partition.find(field.name);
    if (value == partition.end()) {
      list += name;
      continue;
    }
    const std::string type = SqlTypeOf(field.type, field.name);
    list += StrCat(value->second ? StrCat("cast(", SqlText(*value->second), " as ", type, ")")
                                 : TypedNull(type),
                   " as ", name);
  }
  return list;
}

}  // namespace

int64_t Snapshot::num_rows() const {
  int64_t rows = 0;
  for (const DataFile& file : files) {
    if (file.rows < 0) return -1;
    rows += file.rows;
  }
  return rows;
}

int64_t Snapshot::size_bytes() const {
  int64_t size = 0;
  for (const DataFile& file : files) size += file.size_bytes;
  return size;
}

bool IsTableName(std::string_view table) {
  try {
    TableFolder(table);
    return true;
  } catch (const Error&) {
    return false;
  }
}

Snapshot MakeSnapshot(const std::string& table, const TableState& state) {
  Snapshot snapshot{table, state.version, state.timestamp_ms, {}, {}, {}};
  try {
    snapshot.fields = ParseSchema(state.metadata->schema_string);
    snapshot.partition_columns = state.metadata->partition_columns;
    for (const Field& field : snapshot.fields) SqlTypeOf(field.type, field.name);
    const std::string layout = LayoutOf(snapshot.fields, snapshot.partition_columns);
    for (const auto& [path, add] : state.files) {
      snapshot.files.push_back(MakeDataFile(add, snapshot.partition_columns, layout));
    }
    for (const auto& [app_id, transaction] : state.transactions)
      snapshot.streams[app_id] = transaction.version;
  } catch (const Error& error) {
    const std::string message =
        StrCat("table ", table, ": _delta_log, version ", state.version, ": ", error.message());
    const bool lacks = error.code() == Code::kFailedPrecondition;
    throw Error(lacks ? error.code() : Code::kDataLoss, message, error.hint());
  }
  return snapshot;
}

std::string ScanSql(const Snapshot& snapshot, const std::filesystem::path& table_folder) {
  if (snapshot.files.empty()) return EmptyScan(snapshot);
  std::map<std::pair<Partition, bool>, std::vector<std::string>> groups;
  for (const DataFile& file : snapshot.files) {
    const std::filesystem::path path = std::filesystem::absolute(table_folder / file.path);
    groups[{file.partition_values, file.has_schema_layout}].push_back(
        SqlText(EscapeGlob(path.string())));
  }
  const std::string mapping = ", schema = " + ParquetSchema(snapshot);
  std::string sql;
  for (const auto& [group, paths] : groups) {
    const auto& [partition, has_schema_layout] = group;
    sql += StrCat(sql.empty() ? "(" : " union all ", "select ", SelectList(snapshot, partition),
                  " from read_parquet([", Join(paths, ", "), "], hive_partitioning = false",
                  has_schema_layout ? "" : mapping, ")");
  }
  return sql + ")";
}

void CheckFilesExist(const Snapshot& snapshot, const std::filesystem::path& table_folder,
                     bool is_latest) {
  for (const DataFile& file : snapshot.files) {
    const std::filesystem::path path = table_folder / file.path;
    std::error_code ignored;
    if (std::filesystem::exists(path, ignored)) continue;
    const std::string what = StrCat("table ", snapshot.table, ": version ", snapshot.version,
                                    " needs ", path.string(), ", which is gone");
    if (is_latest) throw Error(Code::kDataLoss, what, "restore the file from a backup");
    throw Error(Code::kFailedPrecondition, what,
                "vacuum takes files that only old versions need: read a newer version");
  }
}

}  // namespace marquee::lake
