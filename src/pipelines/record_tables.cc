#include "pipelines/record_tables.h"

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/text.h"
#include "lake/sql_step.h"
#include "pipelines/watch.h"

namespace marquee {
namespace {

constexpr char kPartition[] = "api";
constexpr char kSource[] = "marquee_records";

// Text columns; a value that is not there is null.
using Row = std::map<std::string, std::string>;

class RecordRows : public lake::RowSource {
 public:
  RecordRows(std::vector<std::string> columns, std::vector<Row> rows)
      : columns_(std::move(columns)), rows_(std::move(rows)) {}

  std::vector<lake::ColumnInfo> Columns() const override {
    std::vector<lake::ColumnInfo> columns;
    for (const std::string& name : columns_) columns.push_back({name, "VARCHAR"});
    return columns;
  }

  size_t Fill(lake::RowSink& sink) override {
    size_t filled = 0;
    for (; filled < sink.capacity() && next_ < rows_.size(); ++filled, ++next_) {
      for (size_t column = 0; column < columns_.size(); ++column) {
        const auto value = rows_[next_].find(columns_[column]);
        if (value == rows_[next_].end()) {
          sink.SetNull(filled, column);
        } else {
          sink.SetText(filled, column, value->second);
        }
      }
    }
    return filled;
  }

 private:
  const std::vector<std::string> columns_;
  const std::vector<Row> rows_;
  size_t next_ = 0;
};

// What a record sets, as bronze has it.
void SetText(const Record& record, std::string_view field, std::string_view column, Row* row) {
  const Json* value = record.fields.Find(field);
  if (value == nullptr) return;
  row->erase(std::string(column));
  if (value->is_string()) (*row)[std::string(column)] = value->AsString();
  if (value->is_int()) (*row)[std::string(column)] = std::to_string(value->AsInt());
  if (!value->is_array()) return;
  std::vector<std::string> parts;
  for (const Json& part : value->AsArray()) parts.push_back(part.AsString());
  (*row)[std::string(column)] = Join(parts, "|");
}

// Rows of gold by id, as text: what the records leave as it was.
std::map<std::string, Row> ReadGoldRows(lake::Session& session, const std::string& sql) {
  std::map<std::string, Row> rows;
  const auto result = session.Query(sql);
  while (const lake::Chunk* chunk = result->Next()) {
    for (size_t i = 0; i < chunk->size(); ++i) {
      Row row;
      for (size_t column = 0; column < result->columns().size(); ++column) {
        if (!chunk->IsNull(column, i)) row[result->columns()[column].name] = chunk->Text(column, i);
      }
      rows[row[result->columns()[0].name]] = std::move(row);
    }
  }
  return rows;
}

std::vector<Row> ItemRows(lake::Session& session, const RecordStore& records) {
  const std::map<std::string, Row> gold =
      ReadGoldRows(session,
                   "select item_id, title, cast(year as varchar) as year, "
                   "array_to_string(genres, '|') as genres from gold.items");
  std::vector<Row> rows;
  for (const Record& record : records.List(RecordStore::Kind::kItem)) {
    const auto known = gold.find(record.id);
    if (record.deleted || (known == gold.end() && !record.added)) continue;
    Row row = known == gold.end() ? Row{} : known->second;
    row["item_id"] = record.id;
    SetText(record, "title", "title", &row);
    SetText(record, "year", "year", &row);
    SetText(record, "genres", "genres", &row);
    // Silver reads the year behind the title.
    if (row.contains("year")) row["title"] += StrCat(" (", row["year"], ")");
    row.erase("year");
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<Row> UserRows(lake::Session& session, const RecordStore& records) {
  const std::map<std::string, Row> gold =
      ReadGoldRows(session,
                   "select user_id, gender, cast(age_group as varchar) as age, occupation "
                   "from gold.users");
  std::vector<Row> rows;
  for (const Record& record : records.List(RecordStore::Kind::kUser)) {
    const auto known = gold.find(record.id);
    Row row = known == gold.end() ? Row{} : known->second;
    row["user_id"] = record.id;
    for (const std::string_view field : {"gender", "age", "occupation"})
      SetText(record, field, field, &row);
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string FingerprintOf(const std::vector<Row>& rows) {
  Json json = Json::MakeArray();
  for (const Row& row : rows) {
    Json object = Json::MakeObject();
    for (const auto& [column, value] : row) object[column] = value;
    json.Append(std::move(object));
  }
  return HashHex(HashKind::kSha256, json.Dump());
}

// Of the partition as it is; empty without one.
std::string WrittenFingerprint(const lake::Lake& lake, const std::string& table) {
  if (!lake.Exists(table)) return "";
  for (const lake::Commit& commit : lake.History(table)) {
    const Json* facts = commit.info.Find("marquee");
    const std::string written = facts == nullptr ? "" : facts->GetString("records");
    if (!written.empty()) return written;
  }
  return "";
}

bool WriteTable(const PipelineRun& run, const lake::SqlStep& step, std::vector<Row> rows,
                lake::Lake& lake) {
  const std::string fingerprint = FingerprintOf(rows);
  const std::string written = WrittenFingerprint(lake, step.name);
  if (written == fingerprint || (written.empty() && rows.empty())) return false;
  std::vector<std::string> own;
  std::vector<std::string> columns;
  for (const lake::StepColumn& column : step.columns) {
    std::string value = column.name;
    if (column.name == "source_file" || column.name == "load_id" || column.name == "load_date") {
      value = lake::SqlText(kPartition);
    } else if (column.name == "loaded_at") {
      value = lake::SqlText(FormatUtc(run.clock.NowMs()));
    } else if (column.name == "line") {
      value = "row_number() over ()";
    } else {
      own.push_back(column.name);
    }
    columns.push_back(
        StrCat("cast(", value, " as ", lake::DuckTypeName(column.type), ") as ", column.name));
  }
  SessionWatch watch(run.session, step.name, run.progress, run.cancel);
  const size_t count = rows.size();
  run.session.AddSource(kSource, std::make_shared<RecordRows>(std::move(own), std::move(rows)));
  lake.Write(run.session, {.table = step.name,
                           .select = StrCat("select ", Join(columns, ", "), " from ", kSource),
                           .mode = lake::WriteRequest::Mode::kReplacePartition,
                           .partition_column = "load_date",
                           .partition_value = kPartition,
                           .column_comments = step.Comments(),
                           .facts = Json::MakeObject({{"records", fingerprint}})});
  watch.SetOutcome(StrCat(WithThousands(static_cast<int64_t>(count)), " changed over the API"));
  return true;
}

}  // namespace

bool WriteRecords(const PipelineRun& run, const RecordStore& records, lake::Lake& lake) {
  if (!lake.Exists("gold.items") || !lake.Exists("gold.users")) return false;
  lake.CreateView(run.session, "gold.items");
  lake.CreateView(run.session, "gold.users");
  const lake::SqlSteps steps = lake::ParseSqlFiles(lake::EmbeddedSqlFiles());
  const bool items =
      WriteTable(run, steps.At("bronze.items"), ItemRows(run.session, records), lake);
  const bool users =
      WriteTable(run, steps.At("bronze.users"), UserRows(run.session, records), lake);
  return items || users;
}

}  // namespace marquee
