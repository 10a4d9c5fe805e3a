#include "lake/data_files.h"

#include <set>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/files.h"
#include "base/ids.h"
#include "base/text.h"
#include "lake/delta_path.h"
#include "lake/delta_schema.h"
#include "lake/file_stats.h"
#include "storage/local_store.h"

namespace marquee::lake {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kNullPartition = "__HIVE_DEFAULT_PARTITION__";

std::string WithoutSemicolon(std::string_view select) {
  std::string_view text = Trim(select);
  while (text.ends_with(';')) text = Trim(text.substr(0, text.size() - 1));
  return std::string(text);
}

// The new line ends a comment that the select may end with.
std::string Subquery(std::string_view select) {
  return StrCat("(", WithoutSemicolon(select), "\n) as q");
}

const Field& FieldNamed(const std::vector<Field>& fields, const std::string& name) {
  for (const Field& field : fields) {
    if (field.name == name) return field;
  }
  throw Error(Code::kInvalidArgument, StrCat("partition column ", name, ": the select lacks it"));
}

// Of these types the text that DuckDB makes is what Delta's log wants.
void CheckPartitionType(const Field& field) {
  for (const char* type : {"string", "long", "integer", "short", "byte", "date", "boolean"}) {
    if (field.type == Json(type)) return;
  }
  throw Error(Code::kInvalidArgument,
              StrCat("partition column ", field.name, ": type ", field.type.Dump(),
                     " cannot name a folder"),
              StrCat("cast it: cast(", field.name, " as varchar)"));
}

// Empty text is a null partition to every reader, so it is written as one.
std::string PartitionText(const std::string& column) {
  return StrCat("nullif(cast(", SqlName(column), " as varchar), '')");
}

std::string ColumnList(const std::vector<Field>& fields, const std::string& partition_column) {
  std::string list;
  for (const Field& field : fields) {
    if (field.name == partition_column) continue;
    const std::string name = SqlName(field.name);
    list += StrCat(list.empty() ? "" : ", ", "cast(", name, " as ",
                   SqlTypeOf(field.type, field.name), ") as ", name);
  }
  if (list.empty()) {
    throw Error(Code::kInvalidArgument,
                StrCat("partition column ", partition_column, " is the only column"));
  }
  return list;
}

// Lets rows of the one partition pass and fails on any other.
std::string OnePartitionFilter(const DataFilesRequest& request) {
  const std::string column = PartitionText(request.partition_column);
  const std::string expected =
      request.partition_value.empty() ? "null" : SqlText(request.partition_value);
  const std::string message = StrCat("partition column ", request.partition_column, " is to be '",
                                     request.partition_value, "' in all rows, but is '");
  return StrCat(" where case when ", column, " is not distinct from ", expected,
                " then true else error(", SqlText(message), " || coalesce(", column,
                ", 'null') || '''') end");
}

std::string CopyStatement(const DataFilesRequest& request, const fs::path& target,
                          const std::string& id) {
  const bool by_folder = !request.partition_column.empty() && !request.one_partition;
  std::string sql = "copy (select " + ColumnList(request.fields, request.partition_column);
  if (by_folder) {
    sql += StrCat(", coalesce(", PartitionText(request.partition_column), ", ",
                  SqlText(kNullPartition), ") as ", SqlName(request.partition_column));
  }
  sql += " from " + Subquery(request.select);
  if (request.one_partition) sql += OnePartitionFilter(request);
  sql +=
      StrCat(") to ", SqlText(target.string()), " (format parquet, compression zstd, return_stats");
  if (by_folder) {
    sql += StrCat(", partition_by (", SqlName(request.partition_column),
                  "), overwrite_or_ignore, filename_pattern ",
                  SqlText(StrCat("part-", id, "-{uuid}")));
  } else {
    sql += ", use_tmp_file false";
  }
  return sql + ")";
}

std::optional<std::string> PartitionValueOf(const DataFilesRequest& request, const Json& keys) {
  std::optional<std::string> value = request.one_partition
                                         ? request.partition_value
                                         : keys.At(request.partition_column).AsString();
  if (value->empty() || *value == kNullPartition) value = std::nullopt;
  return value;
}

struct CopiedFile {
  fs::path path;
  int64_t rows;
  Json column_statistics;
  Json partition_keys;
};

std::vector<CopiedFile> RunCopy(Session& session, const std::string& sql) {
  const auto result = session.Query(sql);
  std::map<std::string, size_t> column;
  for (size_t i = 0; i < result->columns().size(); ++i) column[result->columns()[i].name] = i;
  std::vector<CopiedFile> files;
  while (const Chunk* chunk = result->Next()) {
    for (size_t row = 0; row < chunk->size(); ++row) {
      const auto text = [&](const char* name) { return chunk->Display(column.at(name), row); };
      const auto json = [&](const char* name) {
        return chunk->IsNull(column.at(name), row) ? Json() : Json::Parse(text(name));
      };
      files.push_back({text("filename"), ParseInt(text("count")).value_or(0),
                       json("column_statistics"), json("partition_keys")});
    }
  }
  return files;
}

// Makes the file durable and describes it.
AddFile Finish(const DataFilesRequest& request, const CopiedFile& copied) {
  storage::SetModifiedMs(copied.path, request.modified_ms);
  storage::SyncFile(copied.path);
  AddFile add;
  add.path = EncodeLogPath(copied.path.lexically_relative(request.table_folder).generic_string());
  add.size_bytes = static_cast<int64_t>(fs::file_size(copied.path));
  add.modified_ms = request.modified_ms;
  add.stats = FileStats(copied.rows, copied.column_statistics, request.fields).Dump();
  add.tags[kLayoutTag] = LayoutOf(request.fields, {request.partition_column});
  if (!request.partition_column.empty()) {
    add.partition_values[request.partition_column] =
        PartitionValueOf(request, copied.partition_keys);
  }
  return add;
}

void SyncFolders(const fs::path& table_folder, const std::vector<CopiedFile>& files) {
  std::set<fs::path> folders = {table_folder};
  for (const CopiedFile& file : files) folders.insert(file.path.parent_path());
  for (const fs::path& folder : folders) SyncFolder(folder);
}

void RemoveFilesOf(const fs::path& table_folder, const std::string& id) {
  std::error_code ignored;
  std::vector<fs::path> doomed;
  for (auto it = fs::recursive_directory_iterator(table_folder, ignored);
       it != fs::recursive_directory_iterator(); it.increment(ignored)) {
    if (it->path().filename().string().starts_with(StrCat("part-", id)))
      doomed.push_back(it->path());
  }
  for (const fs::path& path : doomed) fs::remove(path, ignored);
}

}  // namespace

std::string PartitionFolder(std::string_view column, const std::optional<std::string>& value) {
  // A folder's text has fewer plain characters than a path: no '/' and no '='.
  const auto encode = [](std::string_view text) {
    return ReplaceAll(ReplaceAll(EncodeLogPath(text), "/", "%2F"), "=", "%3D");
  };
  return StrCat(encode(column), "=", value && !value->empty() ? encode(*value) : kNullPartition);
}

std::vector<Field> SelectFields(Session& session, std::string_view select,
                                const std::map<std::string, std::string>& comments) {
  std::vector<Field> fields;
  std::set<std::string> names;
  const auto columns = session.Query("describe select * from " + Subquery(select));
  while (const Chunk* chunk = columns->Next()) {
    for (size_t row = 0; row < chunk->size(); ++row) {
      const std::string name(chunk->Text(0, row));
      CheckColumnName(name);
      if (!names.insert(AsciiLower(name)).second) {
        throw Error(Code::kInvalidArgument, StrCat("column name '", name, "' stands twice"));
      }
      const auto comment = comments.find(name);
      fields.push_back({name, DeltaTypeOf(chunk->Text(1, row), name),
                        comment == comments.end() ? std::string() : comment->second});
    }
  }
  for (const auto& [name, comment] : comments) {
    if (!names.contains(AsciiLower(name))) {
      throw Error(Code::kInvalidArgument,
                  StrCat("comment of column ", name, ": the select has no such column"));
    }
  }
  return fields;
}

DataFiles WriteDataFiles(Session& session, const DataFilesRequest& request) {
  if (!request.partition_column.empty()) {
    CheckPartitionType(FieldNamed(request.fields, request.partition_column));
  }
  const std::string id = NewUuid();
  const bool by_folder = !request.partition_column.empty() && !request.one_partition;
  fs::path folder = request.table_folder;
  if (request.one_partition) {
    folder /= PartitionFolder(request.partition_column, request.partition_value);
  }
  const fs::path target = by_folder ? folder : folder / StrCat("part-", id, ".parquet");
  const std::string sql = CopyStatement(request, target, id);
  storage::MakeFolders(folder);
  try {
    DataFiles written;
    std::vector<CopiedFile> copied = RunCopy(session, sql);
    std::erase_if(copied, [](const CopiedFile& file) {
      if (file.rows > 0) return false;
      fs::remove(file.path);
      return true;
    });
    for (const CopiedFile& file : copied) {
      written.files.push_back(Finish(request, file));
      written.rows += file.rows;
      written.size_bytes += written.files.back().size_bytes;
    }
    SyncFolders(request.table_folder, copied);
    return written;
  } catch (...) {
    RemoveFilesOf(request.table_folder, id);
    throw;
  }
}

}  // namespace marquee::lake
