#include "pipelines/erase.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "pipelines/reject_share.h"
#include "pipelines/watch.h"

namespace marquee {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kErased = "(erased)";
constexpr int kAttempts = 5;
constexpr int64_t kDayMs = 86'400'000;

bool HasField(const lake::Snapshot& snapshot, std::string_view name) {
  return std::ranges::find(snapshot.fields, name, &lake::Field::name) != snapshot.fields.end();
}

std::string WordIn(std::string_view column, std::string_view user_id) {
  return StrCat("regexp_matches(", column, ", concat('(^|[^A-Za-z0-9_.-])', regexp_escape(",
                lake::SqlText(user_id), "), '($|[^A-Za-z0-9_.-])'))");
}

// The SQL condition of the rows that tell of the user; empty for a table that tells of nobody.
std::string ConditionOf(const lake::Snapshot& snapshot, std::string_view user_id) {
  std::vector<std::string> parts;
  if (HasField(snapshot, "user_id"))
    parts.push_back(StrCat("trim(user_id) = ", lake::SqlText(user_id)));
  if (HasField(snapshot, "raw_line")) parts.push_back(WordIn("raw_line", user_id));
  if (snapshot.table == kRejectsTable) {
    parts.push_back(StrCat("(column_name = 'user_id' and value = ", lake::SqlText(user_id), ")"));
    parts.push_back(StrCat("(column_name is null and ", WordIn("value", user_id), ")"));
  }
  return parts.empty() ? "" : StrCat("coalesce(", Join(parts, " or "), ", false)");
}

class Erasing {
 public:
  Erasing(const PipelineRun& run, lake::Lake& lake, ModelStore& models, std::string_view user_id)
      : run_(run), lake_(lake), models_(models), user_id_(user_id) {}

  EraseResult Run() {
    for (const std::string& table : Tables()) {
      run_.cancel.ThrowIfRequested("erase");
      if (!WasIn(table)) continue;
      result_.tables.push_back(table);
      result_.rows += Rewrite(table);
    }
    // The published models are to be loaded at every moment, so older versions go last.
    for (const std::string& table : result_.tables) {
      models_.MoveData(table, lake_.Read(table).version);
    }
    for (const std::string& table : result_.tables) {
      lake_.DropHistory(table);
      lake_.Vacuum(table, kDayMs, false);  // what writers that died left behind
    }
    DropModels();
    return std::move(result_);
  }

 private:
  // Those first that tell of people in whole lines only: the others name who is meant.
  std::vector<std::string> Tables() const {
    std::vector<std::string> tables = lake_.Tables();
    std::stable_partition(tables.begin(), tables.end(), [&](const std::string& table) {
      return !HasField(lake_.Read(table), "user_id");
    });
    return tables;
  }

  int64_t Count(const std::string& table, int64_t version) {
    const lake::Snapshot snapshot =
        lake_.CreateView(run_.session, table, {.version = version, .timestamp_ms = {}});
    const std::string condition = ConditionOf(snapshot, user_id_);
    if (condition.empty()) return 0;
    return run_.session.QueryInt(
        StrCat("select cast(count(*) as bigint) from ", table, " where ", condition));
  }

  // Whether any version that can still be read tells of the user.
  bool WasIn(const std::string& table) {
    SessionWatch watch(run_.session, "look in " + table, run_.progress, run_.cancel);
    for (const lake::Commit& commit : lake_.History(table)) {
      try {
        if (Count(table, commit.version) > 0) return true;
      } catch (const Error& error) {
        const bool gone = error.code() == Code::kFailedPrecondition ||
                          error.code() == Code::kNotFound || error.code() == Code::kDataLoss;
        if (!gone || commit.version == lake_.Read(table).version) throw;
        return true;  // files of it are gone, its log may still name the user
      }
    }
    return false;
  }

  // Gives how many rows went.
  int64_t Rewrite(const std::string& table) {
    for (int attempt = 1;; ++attempt) {
      try {
        return RewriteOnce(table);
      } catch (const Error& error) {
        const bool lost = error.code() == Code::kFailedPrecondition;
        if (!lost || attempt == kAttempts) throw;
      }
    }
  }

  int64_t RewriteOnce(const std::string& table) {
    const int64_t version = lake_.Read(table).version;
    const int64_t rows = Count(table, version);
    if (rows == 0) return 0;
    SessionWatch watch(run_.session, "erase from " + table, run_.progress, run_.cancel);
    const lake::Snapshot snapshot = lake_.Read(table, {.version = version, .timestamp_ms = {}});
    std::map<std::string, std::string> comments;
    for (const lake::Field& field : snapshot.fields) comments[field.name] = field.comment;
    const auto& partitions = snapshot.partition_columns;
    lake_.Write(run_.session, {.table = table,
                               .select = SelectOthers(snapshot),
                               .mode = lake::WriteRequest::Mode::kOverwrite,
                               .partition_column = partitions.empty() ? "" : partitions.front(),
                               .column_comments = comments,
                               .inputs = {{table, version}},
                               .facts = Json::MakeObject({{"erased_rows", rows}})});
    watch.SetOutcome(StrCat(WithThousands(rows), " rows"));
    return rows;
  }

  // All rows but the user's; dense rows behind the user's move up by one.
  std::string SelectOthers(const lake::Snapshot& snapshot) {
    const std::string condition = ConditionOf(snapshot, user_id_);
    std::string columns = "*";
    if (HasField(snapshot, "user_row")) {
      const int64_t row = run_.session.QueryInt(StrCat("select cast(min(user_row) as bigint) from ",
                                                       snapshot.table, " where ", condition));
      columns = StrCat("* replace (cast(user_row - cast(user_row > ", row,
                       " as integer) as integer) as user_row)");
    }
    return StrCat("select ", columns, " from ", snapshot.table, " where not ", condition);
  }

  void DropModels() {
    const std::optional<Published> published = models_.ReadPublished();
    for (const ModelManifest& manifest : models_.List()) {
      if (!KeepsPeople(manifest) || result_.tables.empty()) continue;
      const bool answers =
          published && (manifest.id == published->champion || manifest.id == published->fallback);
      if (answers) {
        result_.to_train.push_back(manifest.id.name());
      } else {
        models_.Delete(manifest.id);
        result_.deleted.push_back(manifest.id.name());
      }
    }
  }

  const PipelineRun& run_;
  lake::Lake& lake_;
  ModelStore& models_;
  const std::string user_id_;
  EraseResult result_;
};

// Whether the id stands in a text as a word of its own. Numbers stand for many things, so an id of
// digits alone must be all of the text.
bool Names(std::string_view text, std::string_view user_id) {
  if (ParseInt(user_id)) return text == user_id;
  return text.find(user_id) != std::string_view::npos;
}

Json Scrubbed(const Json& json, std::string_view user_id) {
  if (json.is_string()) {
    return Names(json.AsString(), user_id) ? Json(ReplaceAll(json.AsString(), user_id, kErased))
                                           : json;
  }
  if (json.is_array()) {
    Json array = Json::MakeArray();
    for (const Json& element : json.AsArray()) array.Append(Scrubbed(element, user_id));
    return array;
  }
  if (!json.is_object()) return json;
  Json object = Json::MakeObject();
  for (const auto& [key, value] : json.AsObject()) object[key] = Scrubbed(value, user_id);
  return object;
}

// Profiles in the reports of loads give the least and greatest id.
std::vector<std::string> ScrubReports(const fs::path& folder, std::string_view user_id) {
  std::vector<std::string> changed;
  if (!fs::exists(folder)) return changed;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".json") continue;
    const std::string bytes = ReadFile(entry.path());
    if (bytes.find(user_id) == std::string::npos) continue;
    const Json report = Json::Parse(bytes);
    const Json scrubbed = Scrubbed(report, user_id);
    if (scrubbed == report) continue;
    WriteFileAtomic(entry.path(), scrubbed.Pretty());
    changed.push_back(entry.path().filename().string());
  }
  return changed;
}

}  // namespace

EraseResult EraseUser(const PipelineRun& run, lake::Lake& lake, ModelStore& models,
                      const std::filesystem::path& reports, std::string_view user_id) {
  const AnyRowOrder any_order(run.session);
  EraseResult result = Erasing(run, lake, models, user_id).Run();
  result.reports = ScrubReports(reports, user_id);
  return result;
}

}  // namespace marquee
