#include "lake/lake.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/dataset_log.h"
#include "base/error.h"
#include "base/text.h"
#include "lake/checkpoint.h"
#include "lake/commit.h"
#include "lake/data_files.h"
#include "lake/delta_log.h"
#include "lake/delta_path.h"
#include "lake/delta_schema.h"
#include "lake/snapshot.h"
#include "lake/write_plan.h"
#include "storage/local_store.h"

namespace marquee::lake {

namespace {

Dataset DatasetOf(const std::filesystem::path& folder, int64_t version,
                  const std::vector<Field>& fields) {
  Dataset dataset = DatasetAt(folder);
  dataset.version = version;
  for (const Field& field : fields) {
    dataset.fields.push_back(
        {field.name, field.type.is_string() ? field.type.AsString() : field.type.Dump()});
  }
  return dataset;
}

}  // namespace

Lake::Lake(std::filesystem::path root, const Clock& clock)
    : Lake(root, clock, std::make_shared<storage::LocalStore>(root)) {}

Lake::Lake(std::filesystem::path root, const Clock& clock,
           std::shared_ptr<storage::ObjectStore> store)
    : root_(std::move(root)),
      clock_(clock),
      store_(std::move(store)),
      checkpointer_(std::make_shared<Checkpointer>(store_)) {}

std::vector<std::string> Lake::Tables() const {
  std::vector<std::string> tables;
  for (const std::string& layer : store_->Folders("")) {
    for (const std::string& name : store_->Folders(layer)) {
      const std::string table = StrCat(layer, ".", name);
      if (IsTableName(table) && Exists(table)) tables.push_back(table);
    }
  }
  return tables;
}

bool Lake::Exists(std::string_view table) const {
  return DeltaLog::Exists(*store_, TableFolder(table));
}

DeltaLog Lake::OpenLog(std::string_view table) const {
  return DeltaLog(store_, *checkpointer_, std::string(table), TableFolder(table));
}

Snapshot Lake::Read(std::string_view table, const At& at) const {
  const DeltaLog log = OpenLog(table);
  return MakeSnapshot(std::string(table), log.Load(log.Resolve(at)));
}

std::vector<Commit> Lake::History(std::string_view table) const {
  const DeltaLog log = OpenLog(table);
  std::vector<Commit> history;
  for (const int64_t version : log.commits()) {
    Commit commit{version, log.TimestampMs(version), "", Json::MakeObject()};
    for (Action& action : log.ReadCommit(version)) {
      if (auto* found = std::get_if<CommitInfo>(&action)) commit.info = std::move(found->info);
    }
    const Json* operation = commit.info.Find("operation");
    if (operation && operation->is_string()) commit.operation = operation->AsString();
    history.push_back(std::move(commit));
  }
  std::reverse(history.begin(), history.end());
  return history;
}

Snapshot Lake::CreateView(Session& session, std::string_view table, const At& at) const {
  const DeltaLog log = OpenLog(table);
  const int64_t version = log.Resolve(at);
  Snapshot snapshot = MakeSnapshot(std::string(table), log.Load(version));
  CheckFilesExist(snapshot, root_ / TableFolder(table), version == log.latest());
  const auto parts = Split(table, ".");
  const std::string schema = SqlName(parts[0]);
  // Sessions of one engine share their schemas; two changes at once would fail one of them.
  const std::lock_guard lock(view_mutex_);
  session.Execute(StrCat("create schema if not exists ", schema, "; create or replace view ",
                         schema, ".", SqlName(parts[1]), " as select * from ",
                         SelectSql(snapshot)));
  return snapshot;
}

std::string Lake::SelectSql(const Snapshot& snapshot) const {
  const std::filesystem::path folder = root_ / TableFolder(snapshot.table);
  if (AreDatasetsNoted()) NoteInput(DatasetOf(folder, snapshot.version, snapshot.fields));
  return ScanSql(snapshot, folder);
}

WriteResult Lake::Write(Session& session, const WriteRequest& request) {
  CheckWriteRequest(request);
  Committer committer(store_, *checkpointer_, clock_);
  std::optional<TableState> base = committer.LoadLatest(request.table);
  const std::vector<Field> fields = SelectFields(session, request.select, request.column_comments);
  // Fails before the rows are written where it would fail after.
  PlanWrite(base ? &*base : nullptr, request, fields, {}, 0);
  const DataFiles files = WriteDataFiles(
      session, {.table_folder = root_ / TableFolder(request.table),
                .select = request.select,
                .fields = fields,
                .partition_column = request.partition_column,
                .one_partition = request.mode == WriteRequest::Mode::kReplacePartition,
                .partition_value = request.partition_value,
                .modified_ms = clock_.NowMs()});
  const Transactor transactor{
      .plan =
          [&](const TableState* on, int64_t timestamp_ms) {
            return PlanWrite(on, request, fields, files, timestamp_ms);
          },
      .check_winner = [&](int64_t version,
                          const auto& actions) { CheckWinner(request, version, actions); }};
  const int64_t version = committer.Publish(request.table, std::move(base), transactor);
  if (AreDatasetsNoted()) {
    Dataset written = DatasetOf(root_ / TableFolder(request.table), version, fields);
    written.rows = files.rows;
    written.size_bytes = files.size_bytes;
    written.files = static_cast<int64_t>(files.files.size());
    NoteOutput(written);
  }
  return {version, files.rows, files.size_bytes};
}

}  // namespace marquee::lake
