#include "lake/checkpoint.h"

#include <array>
#include <utility>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/text.h"
#include "lake/delta_path.h"

namespace marquee::lake {
namespace {

struct ActionColumn {
  std::string_view name;
  std::string_view structure;  // for json_transform
};

// The types that other readers want, key for key.
constexpr std::array<ActionColumn, 5> kColumns = {{
    {"protocol", R"json({
       "minReaderVersion": "INTEGER", "minWriterVersion": "INTEGER",
       "readerFeatures": ["VARCHAR"], "writerFeatures": ["VARCHAR"]})json"},
    {"metaData", R"json({
       "id": "VARCHAR", "name": "VARCHAR", "description": "VARCHAR",
       "format": {"provider": "VARCHAR", "options": "MAP(VARCHAR, VARCHAR)"},
       "schemaString": "VARCHAR", "partitionColumns": ["VARCHAR"], "createdTime": "BIGINT",
       "configuration": "MAP(VARCHAR, VARCHAR)"})json"},
    {"add", R"json({
       "path": "VARCHAR", "partitionValues": "MAP(VARCHAR, VARCHAR)", "size": "BIGINT",
       "modificationTime": "BIGINT", "dataChange": "BOOLEAN", "stats": "VARCHAR",
       "tags": "MAP(VARCHAR, VARCHAR)"})json"},
    {"remove", R"json({
       "path": "VARCHAR", "deletionTimestamp": "BIGINT", "dataChange": "BOOLEAN",
       "extendedFileMetadata": "BOOLEAN", "partitionValues": "MAP(VARCHAR, VARCHAR)",
       "size": "BIGINT"})json"},
    {"txn", R"json({"appId": "VARCHAR", "version": "BIGINT", "lastUpdated": "BIGINT"})json"},
}};

// One action a row: its kind and its body as JSON text.
class ActionRows : public RowSource {
 public:
  explicit ActionRows(std::vector<Json> actions) : actions_(std::move(actions)) {}

  std::vector<ColumnInfo> Columns() const override {
    return {{"kind", "VARCHAR"}, {"body", "VARCHAR"}};
  }
  size_t Fill(RowSink& sink) override {
    size_t row = 0;
    for (; row < sink.capacity() && next_ < actions_.size(); ++row, ++next_) {
      const auto& [kind, body] = actions_[next_].AsObject().front();
      sink.SetText(row, 0, kind);
      sink.SetText(row, 1, body.Dump());
    }
    return row;
  }

 private:
  std::vector<Json> actions_;
  size_t next_ = 0;
};

std::vector<Json> RowsOf(const TableState& state, int64_t keep_tombstones_ms) {
  std::vector<Json> rows = {ToJson(*state.protocol), ToJson(*state.metadata)};
  for (const auto& [app_id, transaction] : state.transactions) rows.push_back(ToJson(transaction));
  for (const auto& [path, remove] : state.tombstones) {
    if (remove.deleted_ms >= keep_tombstones_ms) rows.push_back(ToJson(remove));
  }
  for (const auto& [path, add] : state.files) {
    AddFile unchanged = add;
    unchanged.data_change = false;
    rows.push_back(ToJson(unchanged));
  }
  return rows;
}

std::string CopySql(const std::filesystem::path& file) {
  std::string columns;
  for (const ActionColumn& column : kColumns) {
    columns += StrCat(columns.empty() ? "" : ", ",
                      "json_transform(case when kind = ", SqlText(column.name), " then body end, ",
                      SqlText(column.structure), ") as ", SqlName(column.name));
  }
  return StrCat("copy (select ", columns, " from actions) to ", SqlText(file.string()),
                " (format parquet, compression zstd)");
}

bool IsActionColumn(std::string_view name) {
  for (const ActionColumn& column : kColumns) {
    if (column.name == name) return true;
  }
  return false;
}

// The columns of the file that hold actions we know; a writer may leave some out.
std::vector<std::string> KnownColumns(Session& session, const std::string& file) {
  std::vector<std::string> known;
  const auto columns = session.Query(StrCat("describe select * from read_parquet(", file, ")"));
  while (const Chunk* chunk = columns->Next()) {
    for (size_t row = 0; row < chunk->size(); ++row) {
      if (IsActionColumn(chunk->Text(0, row))) known.push_back(SqlName(chunk->Text(0, row)));
    }
  }
  return known;
}

void ReadFileActions(Session& session, const std::filesystem::path& path,
                     std::vector<Action>* actions) {
  const std::string file = SqlText(EscapeGlob(path.string()));
  const std::vector<std::string> columns = KnownColumns(session, file);
  if (columns.empty()) throw Error(Code::kDataLoss, "it holds no actions");
  const auto rows =
      session.Query(StrCat("select ", Join(columns, ", "), " from read_parquet(", file, ")"));
  while (const Chunk* chunk = rows->Next()) {
    for (size_t row = 0; row < chunk->size(); ++row) {
      for (size_t column = 0; column < rows->columns().size(); ++column) {
        if (chunk->IsNull(column, row)) continue;
        const Json body = Json::Parse(chunk->Display(column, row));
        auto action = ParseAction(Json::MakeObject({{rows->columns()[column].name, body}}));
        if (action) actions->push_back(std::move(*action));
      }
    }
  }
}

}  // namespace

std::unique_ptr<Session> Checkpointer::NewSession() {
  const std::lock_guard lock(mutex_);
  if (!engine_) {
    engine_ = std::make_unique<Engine>(
        EngineOptions{.memory_limit_bytes = int64_t{512} << 20, .threads = 1});
  }
  return engine_->NewSession();
}

std::vector<Action> Checkpointer::Read(const std::vector<std::string>& keys) {
  const auto session = NewSession();
  const TempDir scratch;
  std::vector<Action> actions;
  for (const std::string& key : keys) {
    try {
      const std::filesystem::path copy = scratch.path() / "checkpoint.parquet";
      WriteFileAtomic(copy, store_->Get(key));
      ReadFileActions(*session, copy, &actions);
    } catch (const Error& error) {
      if (error.code() == Code::kUnavailable || error.code() == Code::kFailedPrecondition) throw;
      throw Error(Code::kDataLoss, StrCat(key, ": ", error.message()), error.hint());
    }
  }
  return actions;
}

void Checkpointer::Write(const std::string& log_folder, const TableState& state,
                         int64_t keep_tombstones_ms) {
  std::vector<Json> rows = RowsOf(state, keep_tombstones_ms);
  const size_t size = rows.size();
  const auto session = NewSession();
  const TempDir scratch;
  const std::filesystem::path file = scratch.path() / "checkpoint.parquet";
  session->AddSource("actions", std::make_shared<ActionRows>(std::move(rows)));
  session->Execute(CopySql(file));
  const std::string bytes = ReadFile(file);
  store_->Put(StrCat(log_folder, "/", CheckpointName(state.version)), bytes);
  store_->Put(StrCat(log_folder, "/_last_checkpoint"),
              Json::MakeObject({{"version", state.version},
                                {"size", size},
                                {"sizeInBytes", bytes.size()},
                                {"numOfAddFiles", state.files.size()}})
                  .Dump());
}

}  // namespace marquee::lake
