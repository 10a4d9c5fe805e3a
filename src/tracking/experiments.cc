// TrackingStore: experiments.
#include <map>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "tracking/artifact_path.h"
#include "tracking/filter.h"
#include "tracking/names.h"
#include "tracking/page_token.h"
#include "tracking/rows.h"
#include "tracking/search_sql.h"
#include "tracking/tracking_store.h"

namespace marquee::tracking {
namespace {

constexpr std::string_view kExperimentColumns =
    "t.experiment_id, t.name, t.artifact_location, t.deleted, t.created_ms, t.updated_ms";

const SearchTables& ExperimentTables() {
  static const SearchTables tables = {
      .id = "experiment_id",
      .columns = {{"name", "t.name"},
                  {"experiment_id", "cast(t.experiment_id as text)", false, "t.experiment_id"},
                  {"creation_time", "t.created_ms"},
                  {"last_update_time", "t.updated_ms"}},
      .params = "",
      .tags = "experiment_tags",
      .metrics = {},
  };
  return tables;
}

Experiment ReadExperiment(const Rows& rows) {
  return {.id = rows.Int(0),
          .name = rows.Text(1),
          .artifact_location = rows.Text(2),
          .lifecycle = rows.Int(3) == 0 ? Lifecycle::kActive : Lifecycle::kDeleted,
          .created_ms = rows.Int(4),
          .updated_ms = rows.Int(5),
          .tags = {}};
}

std::vector<Experiment> ReadExperiments(Session& session, const SqlText& sql) {
  std::vector<Experiment> experiments;
  std::vector<int64_t> ids;
  {
    Rows rows = session.Query(sql.text, sql.values);
    while (rows.Next()) {
      experiments.push_back(ReadExperiment(rows));
      ids.push_back(experiments.back().id);
    }
  }
  std::map<int64_t, Experiment*> by_id;
  for (Experiment& experiment : experiments) by_id[experiment.id] = &experiment;
  ReadPairs(session, kExperimentTags, ids,
            [&](int64_t id, KeyValue tag) { by_id.at(id)->tags.push_back(std::move(tag)); });
  return experiments;
}

std::optional<Experiment> FindBy(Session& session, std::string_view column, SqlValue value) {
  SqlText sql;
  sql.Add(StrCat("select ", kExperimentColumns, " from experiments t where t.", column, " = ?"),
          {std::move(value)});
  std::vector<Experiment> found = ReadExperiments(session, sql);
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

[[noreturn]] void ThrowNoExperiment(int64_t experiment_id) {
  throw Error(Code::kNotFound, StrCat("No Experiment with id=", experiment_id, " exists"),
              "check the id");
}

// Refuses a name that is taken, saying by what.
void RequireFreeName(Session& session, const std::string& name) {
  const std::optional<Experiment> taken = FindBy(session, "name", name);
  if (!taken) return;
  const bool deleted = taken->lifecycle == Lifecycle::kDeleted;
  throw Error(
      Code::kAlreadyExists,
      StrCat("Experiment(name=", name, ") already exists", deleted ? ", in the deleted state" : ""),
      deleted ? "restore it, or choose another name" : "choose another name");
}

// `deleted`: what it is to become.
void SetDeleted(Session& session, int64_t experiment_id, bool deleted, int64_t now_ms) {
  const int64_t changed = session.Run(
      "update experiments set deleted = ?, updated_ms = ? "
      "where experiment_id = ? and deleted = ?",
      {int64_t{deleted}, now_ms, experiment_id, int64_t{!deleted}});
  if (changed == 0) ThrowNoExperiment(experiment_id);
  session.Run("update runs set deleted = ? where experiment_id = ?",
              {int64_t{deleted}, experiment_id});
}

void Touch(Session& session, int64_t experiment_id, int64_t now_ms) {
  session.Run("update experiments set updated_ms = ? where experiment_id = ?",
              {now_ms, experiment_id});
}

}  // namespace

TrackingStore::TrackingStore(database::Database& database, const Clock& clock,
                             std::string artifact_root)
    : database_(database), clock_(clock), artifact_root_(std::move(artifact_root)) {
  const int64_t now_ms = clock_.NowMs();
  database_.Write([&](Session& session) {
    session.Run(
        "insert into experiments "
        "(experiment_id, name, artifact_location, deleted, created_ms, updated_ms) "
        "values (0, 'Default', ?, 0, ?, ?) on conflict do nothing",
        {artifact_root_ + "0", now_ms, now_ms});
  });
}

int64_t TrackingStore::CreateExperiment(const NewExperiment& experiment) {
  CheckExperimentName(experiment.name);
  CheckLength("artifact_location", experiment.artifact_location, kMaxExperimentNameChars);
  if (experiment.artifact_location.starts_with(kArtifactScheme)) {
    PathOfArtifactUri(experiment.artifact_location);
  }
  for (const Tag& tag : experiment.tags) {
    CheckKey("key of the tag", tag.key);
    CheckLength("value of the tag", tag.value, kMaxExperimentTagChars);
  }
  const int64_t now_ms = clock_.NowMs();
  return database_.Write([&](Session& session) {
    RequireFreeName(session, experiment.name);
    Rows rows = session.Query(
        "insert into experiments (name, artifact_location, deleted, created_ms, updated_ms) "
        "values (?, ?, 0, ?, ?) returning experiment_id",
        {experiment.name, experiment.artifact_location, now_ms, now_ms});
    rows.Next();
    const int64_t id = rows.Int(0);
    if (experiment.artifact_location.empty()) {
      session.Run("update experiments set artifact_location = ? where experiment_id = ?",
                  {StrCat(artifact_root_, id), id});
    }
    PutPairs(session, kExperimentTags, id, experiment.tags);
    return id;
  });
}

Experiment TrackingStore::GetExperiment(int64_t experiment_id) {
  return database_.Read([&](Session& session) {
    std::optional<Experiment> found = FindBy(session, "experiment_id", experiment_id);
    if (!found) ThrowNoExperiment(experiment_id);
    return *std::move(found);
  });
}

std::optional<Experiment> TrackingStore::FindExperiment(const std::string& name) {
  return database_.Read([&](Session& session) { return FindBy(session, "name", name); });
}

void TrackingStore::DeleteExperiment(int64_t experiment_id) {
  if (experiment_id == 0) {
    throw Error(Code::kInvalidArgument, "experiment 0 is the default one, and stays",
                "delete its runs instead");
  }
  database_.Write(
      [&](Session& session) { SetDeleted(session, experiment_id, true, clock_.NowMs()); });
}

void TrackingStore::RestoreExperiment(int64_t experiment_id) {
  database_.Write(
      [&](Session& session) { SetDeleted(session, experiment_id, false, clock_.NowMs()); });
}

void TrackingStore::RenameExperiment(int64_t experiment_id, const std::string& name) {
  CheckExperimentName(name);
  database_.Write([&](Session& session) {
    RequireActiveExperiment(session, experiment_id);
    const std::optional<Experiment> taken = FindBy(session, "name", name);
    if (taken && taken->id == experiment_id) return;
    RequireFreeName(session, name);
    session.Run("update experiments set name = ?, updated_ms = ? where experiment_id = ?",
                {name, clock_.NowMs(), experiment_id});
  });
}

void TrackingStore::SetExperimentTag(int64_t experiment_id, const Tag& tag) {
  CheckKey("key", tag.key);
  CheckLength("value", tag.value, kMaxExperimentTagChars);
  database_.Write([&](Session& session) {
    RequireActiveExperiment(session, experiment_id);
    PutPair(session, kExperimentTags, experiment_id, tag);
    Touch(session, experiment_id, clock_.NowMs());
  });
}

void TrackingStore::DeleteExperimentTag(int64_t experiment_id, const std::string& key) {
  database_.Write([&](Session& session) {
    RequireActiveExperiment(session, experiment_id);
    if (!DeletePair(session, kExperimentTags, experiment_id, key)) {
      throw Error(Code::kNotFound,
                  StrCat("No tag with key='", key, "' in experiment ", experiment_id),
                  "check the key");
    }
    Touch(session, experiment_id, clock_.NowMs());
  });
}

Page<Experiment> TrackingStore::SearchExperiments(const ExperimentSearch& search) {
  const std::vector<Comparison> filter = ParseFilter(search.filter, ExperimentScope());
  const std::vector<Order> order_by = ParseOrderBy(search.order_by, ExperimentScope());
  const int64_t offset = ReadOffsetToken(search.page);
  const OrderSql order = OrderOf(order_by, ExperimentTables());
  SqlText sql;
  sql.Add(StrCat("select ", kExperimentColumns, " from experiments t"));
  sql.Add(order.joins).Add(StrCat(" where t.deleted ", ViewCondition(search.view)));
  sql.Add(WhereOf(filter, ExperimentTables(), database_.dialect()))
      .Add(" order by ")
      .Add(order.terms);
  sql.Add("t.created_ms desc, t.experiment_id desc limit ? offset ?",
          {search.max_results + 1, offset});
  Page<Experiment> page;
  page.items = database_.Read([&](Session& session) { return ReadExperiments(session, sql); });
  CutPage(search.max_results, offset, &page);
  return page;
}

}  // namespace marquee::tracking
