#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "base/dataset_log.h"
#include "base/error.h"
#include "base/text.h"
#include "lake/checkpoint.h"
#include "lake/commit.h"
#include "lake/delta_log.h"
#include "lake/delta_path.h"
#include "lake/lake.h"
#include "lake/snapshot.h"
#include "lake/write_plan.h"
#include "storage/object_store.h"

namespace marquee::lake {
namespace {

constexpr size_t kLineageDepth = 64;

std::vector<Action> PlanRestore(const TableState& base, const TableState& target,
                                const std::string& table, int64_t timestamp_ms) {
  CheckWritable(*base.protocol, *base.metadata);
  std::vector<Action> changes;
  for (const auto& [path, add] : base.files) {
    if (target.files.contains(path)) continue;
    CheckMayRemove(*base.metadata, table);
    changes.push_back(Removal(add, timestamp_ms));
  }
  const size_t removed = changes.size();
  for (const auto& [path, add] : target.files) {
    if (base.files.contains(path)) continue;
    changes.push_back(add);
    std::get<AddFile>(changes.back()).data_change = true;
  }
  CommitInfo commit = MakeCommitInfo(
      &base, "RESTORE", Json::MakeObject({{"version", std::to_string(target.version)}}), false,
      timestamp_ms);
  commit.info["operationMetrics"] =
      Json::MakeObject({{"numRestoredFiles", std::to_string(changes.size() - removed)},
                        {"numRemovedFiles", std::to_string(removed)}});
  const Json source = Json::MakeObject({{"table", table}, {"version", target.version}});
  commit.info["marquee"] = Json::MakeObject(
      {{"inputs", Json(Json::Array{source})}, {"rows", MakeSnapshot(table, target).num_rows()}});
  std::vector<Action> actions = {std::move(commit)};
  if (*target.metadata != *base.metadata) actions.push_back(*target.metadata);
  actions.insert(actions.end(), changes.begin(), changes.end());
  return actions;
}

// Whether a path is one that no Delta table lists: a log, a temporary file.
bool IsHidden(std::string_view path) {
  for (const std::string_view part : Split(path, "/")) {
    // A partition folder may start with _ when its column does.
    if (part.starts_with(".")) return true;
    if (part.starts_with("_") && part.find('=') == std::string_view::npos) return true;
  }
  return false;
}

void AddPaths(const TableState& state, std::set<std::string>* paths) {
  for (const auto& [path, add] : state.files) paths->insert(DecodeLogPath(path));
}

// Files of every version that was the newest at some time since `since_ms`.
std::set<std::string> NeededFiles(const DeltaLog& log, int64_t since_ms) {
  int64_t first = log.latest();
  while (first > log.oldest() && log.TimestampMs(first) > since_ms) --first;
  std::set<std::string> needed;
  AddPaths(log.Load(first), &needed);
  AddPaths(log.Load(log.latest()), &needed);
  for (int64_t version = first + 1; version <= log.latest(); ++version) {
    for (const Action& action : log.ReadCommit(version)) {
      if (const auto* add = std::get_if<AddFile>(&action)) needed.insert(DecodeLogPath(add->path));
    }
  }
  return needed;
}

// Columns of `a` that `b` has too, or lacks.
std::vector<std::string> Columns(const Snapshot& a, const Snapshot& b, bool shared) {
  std::vector<std::string> names;
  for (const Field& field : a.fields) {
    const bool found = std::any_of(b.fields.begin(), b.fields.end(),
                                   [&](const Field& other) { return other.name == field.name; });
    if (found == shared) names.push_back(field.name);
  }
  return names;
}

int64_t CountOnlyIn(Session& session, const std::string& a, const std::string& b,
                    const std::string& columns) {
  return session.QueryInt(StrCat("select count(*) from (select ", columns, " from ", a,
                                 " except all select ", columns, " from ", b, ")"));
}

// A commit that leaves nothing of the version before it.
bool ReplacesAll(const Json& info) {
  const Json* parameters = info.Find("operationParameters");
  if (info.Find("operation") && *info.Find("operation") == Json("RESTORE")) return true;
  return parameters && parameters->Find("mode") && *parameters->Find("mode") == Json("Overwrite") &&
         !parameters->Find("predicate");
}

// What commitInfo.marquee.inputs names, as far as it is well formed.
std::vector<TableVersion> InputsOf(const Json& info) {
  std::vector<TableVersion> inputs;
  const Json* marquee = info.Find("marquee");
  const Json* list = marquee ? marquee->Find("inputs") : nullptr;
  if (!list || !list->is_array()) return inputs;
  for (const Json& input : list->AsArray()) {
    const Json* table = input.Find("table");
    const Json* version = input.Find("version");
    if (table && table->is_string() && version && version->is_int()) {
      inputs.push_back({table->AsString(), version->AsInt()});
    }
  }
  return inputs;
}

}  // namespace

int64_t Lake::Restore(std::string_view table, int64_t version) {
  const std::string name(table);
  const DeltaLog log = OpenLog(table);
  const TableState target = log.Load(log.Resolve({.version = version}));
  CheckFilesExist(MakeSnapshot(name, target), root_ / TableFolder(table), version == log.latest());
  const Transactor transactor{
      .plan = [&](const TableState* base,
                  int64_t timestamp_ms) { return PlanRestore(*base, target, name, timestamp_ms); },
      .check_winner =
          [&](int64_t winner, const auto&) {
            throw Error(
                Code::kFailedPrecondition,
                StrCat("table ", name, ": another writer published version ", winner, " first"),
                "look at it, and restore again if it is still wanted");
          }};
  Committer committer(store_, *checkpointer_, clock_);
  const int64_t made = committer.Publish(name, log.Load(log.latest()), transactor);
  Dataset dataset = DatasetAt(root_ / TableFolder(table));
  dataset.version = version;
  NoteInput(dataset);
  dataset.version = made;
  NoteOutput(dataset);
  return made;
}

VacuumResult Lake::Vacuum(std::string_view table, int64_t retention_ms, bool dry_run) {
  if (retention_ms < 0) {
    throw Error(Code::kInvalidArgument,
                StrCat("vacuum ", table, ": retention ", retention_ms, " ms is negative"));
  }
  const DeltaLog log = OpenLog(table);
  const std::string prefix = TableFolder(table) + "/";
  const int64_t since_ms = clock_.NowMs() - retention_ms;
  const std::set<std::string> needed = NeededFiles(log, since_ms);
  VacuumResult result{{}, 0};
  for (const storage::ObjectInfo& object : store_->List(prefix)) {
    const std::string path = object.key.substr(prefix.size());
    if (IsHidden(path) || needed.contains(path) || object.modified_ms > since_ms) continue;
    if (!dry_run) store_->Delete(object.key);
    result.files.push_back(path);
    result.size_bytes += object.size_bytes;
  }
  if (!dry_run) store_->RemoveLeftovers(TableFolder(table), since_ms);
  return result;
}

DiffResult Lake::Diff(Session& session, std::string_view table, int64_t from, int64_t to) const {
  const DeltaLog log = OpenLog(table);
  const auto read = [&](int64_t version) {
    Snapshot snapshot =
        MakeSnapshot(std::string(table), log.Load(log.Resolve({.version = version})));
    CheckFilesExist(snapshot, root_ / TableFolder(table), version == log.latest());
    return snapshot;
  };
  const Snapshot old_rows = read(from);
  const Snapshot new_rows = read(to);
  DiffResult result{0, 0, Columns(new_rows, old_rows, false), Columns(old_rows, new_rows, false)};
  std::vector<std::string> common;
  for (const std::string& name : Columns(new_rows, old_rows, true)) {
    common.push_back(SqlName(name));
  }
  const std::string columns = common.empty() ? std::string("1") : Join(common, ", ");
  const std::string old_sql = SelectSql(old_rows);
  const std::string new_sql = SelectSql(new_rows);
  result.rows_added = CountOnlyIn(session, new_sql, old_sql, columns);
  result.rows_removed = CountOnlyIn(session, old_sql, new_sql, columns);
  return result;
}

std::vector<TableVersion> Lake::InputsOfVersion(const std::string& table, int64_t version) const {
  const DeltaLog log = OpenLog(table);
  const std::vector<int64_t> commits = log.commits();
  std::vector<TableVersion> inputs;
  for (; version >= 0 && std::binary_search(commits.begin(), commits.end(), version); --version) {
    Json info;
    for (Action& action : log.ReadCommit(version)) {
      if (auto* commit = std::get_if<CommitInfo>(&action)) info = std::move(commit->info);
    }
    for (TableVersion& input : InputsOf(info)) {
      const bool known = std::any_of(inputs.begin(), inputs.end(), [&](const TableVersion& other) {
        return other.table == input.table && other.version == input.version;
      });
      if (!known) inputs.push_back(std::move(input));
    }
    if (ReplacesAll(info)) break;
  }
  return inputs;
}

Json Lake::LineageNode(const TableVersion& of, size_t depth) const {
  Json node =
      Json::MakeObject({{"table", of.table}, {"version", of.version}, {"timestamp", nullptr}});
  Json inputs = Json::MakeArray();
  // An input may be a table of another lake, or deleted since: it is named and ends the branch.
  if (IsTableName(of.table) && Exists(of.table)) {
    const DeltaLog log = OpenLog(of.table);
    if (of.version >= log.oldest() && of.version <= log.latest()) {
      node["timestamp"] = FormatUtc(log.TimestampMs(of.version));
      if (depth < kLineageDepth) {
        for (const TableVersion& input : InputsOfVersion(of.table, of.version)) {
          const bool earlier = input.table != of.table || input.version < of.version;
          if (earlier) inputs.Append(LineageNode(input, depth + 1));
        }
      }
    }
  }
  node["inputs"] = std::move(inputs);
  return node;
}

Json Lake::Lineage(std::string_view table, const At& at) const {
  return LineageNode({std::string(table), OpenLog(table).Resolve(at)}, 0);
}

}  // namespace marquee::lake
