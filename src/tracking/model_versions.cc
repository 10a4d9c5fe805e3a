// ModelRegistry: versions.
#include <array>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "tracking/filter.h"
#include "tracking/model_registry.h"
#include "tracking/model_source.h"
#include "tracking/names.h"
#include "tracking/page_token.h"
#include "tracking/registry_rows.h"
#include "tracking/search_sql.h"

namespace marquee::tracking {
namespace {

constexpr std::array kEveryStage = {Stage::kNone, Stage::kStaging, Stage::kProduction,
                                    Stage::kArchived};

const SearchTables& VersionTables() {
  static const SearchTables tables = {
      .id = "model",
      .columns = {{"name", "m.name"},
                  {"version_number", "t.version"},
                  {"run_id", "t.run_id"},
                  {"source_path", "t.source"},
                  {"creation_timestamp", "t.created_ms"},
                  {"last_updated_timestamp", "t.updated_ms"}},
      .params = "",
      .tags = "model_version_tags",
      .metrics = {},
      .also_id = "version",
  };
  return tables;
}

void CheckVersionTag(const Tag& tag) {
  CheckKey("key of the tag", tag.key);
  CheckLength("value of the tag", tag.value, kMaxRegistryTagChars);
}

void PutVersionTag(Session& session, int64_t model, int64_t version, const Tag& tag) {
  session.Run(
      "insert into model_version_tags (model, version, key, value) values (?, ?, ?, ?) "
      "on conflict (model, version, key) do update set value = excluded.value",
      {model, version, tag.key, tag.value});
}

// Two who add versions at once wait here for one another.
int64_t NextVersion(Session& session, int64_t model, int64_t now_ms) {
  Rows rows = session.Query(
      "update registered_models set last_version = last_version + 1, updated_ms = ? "
      "where model = ? returning last_version",
      {now_ms, model});
  rows.Next();
  return rows.Int(0);
}

void TouchVersion(Session& session, int64_t model, int64_t version, int64_t now_ms) {
  session.Run("update model_versions set updated_ms = ? where model = ? and version = ?",
              {now_ms, model, version});
  TouchRegistered(session, model, now_ms);
}

void CheckNewVersion(const NewModelVersion& version) {
  CheckText("source", version.source, kMaxExperimentNameChars);
  CheckLength("description", version.description, kMaxDescriptionChars);
  CheckLength("run_id", version.run_id, kMaxKeyChars);
  CheckLength("run_link", version.run_link, kMaxExperimentNameChars);
  CheckLength("model_id", version.model_id, kMaxKeyChars);
  for (const Tag& tag : version.tags) CheckVersionTag(tag);
}

}  // namespace

ModelVersion ModelRegistry::CreateVersion(const NewModelVersion& version) {
  CheckNewVersion(version);
  const int64_t now_ms = clock_.NowMs();
  return database_.Write([&](Session& session) {
    const int64_t model = FindModel(session, version.name);
    const ModelSource source = ResolveSource(session, version);
    const int64_t number = NextVersion(session, model, now_ms);
    session.Run(
        "insert into model_versions (model, version, description, user_id, stage, source, "
        "location, run_id, run_link, model_id, created_ms, updated_ms) "
        "values (?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?)",
        {model, number, version.description, version.user_id, version.source, source.location,
         version.run_id.empty() ? source.run_id : version.run_id, version.run_link,
         version.model_id, now_ms, now_ms});
    for (const Tag& tag : version.tags) PutVersionTag(session, model, number, tag);
    return ReadVersion(session, version.name, number);
  });
}

ModelVersion ModelRegistry::GetVersion(const std::string& name, int64_t version) {
  return database_.Read([&](Session& session) { return ReadVersion(session, name, version); });
}

ModelVersion ModelRegistry::DescribeVersion(const std::string& name, int64_t version,
                                            const std::string& description) {
  CheckLength("description", description, kMaxDescriptionChars);
  return database_.Write([&](Session& session) {
    const int64_t model = FindVersion(session, name, version);
    session.Run("update model_versions set description = ? where model = ? and version = ?",
                {description, model, version});
    TouchVersion(session, model, version, clock_.NowMs());
    return ReadVersion(session, name, version);
  });
}

void ModelRegistry::DeleteVersion(const std::string& name, int64_t version) {
  database_.Write([&](Session& session) {
    const int64_t model = FindVersion(session, name, version);
    for (const char* table : {"model_aliases", "model_version_tags", "model_versions"}) {
      session.Run(StrCat("delete from ", table, " where model = ? and version = ?"),
                  {model, version});
    }
    TouchRegistered(session, model, clock_.NowMs());
  });
}

void ModelRegistry::SetVersionTag(const std::string& name, int64_t version, const Tag& tag) {
  CheckVersionTag(tag);
  database_.Write([&](Session& session) {
    PutVersionTag(session, FindVersion(session, name, version), version, tag);
  });
}

void ModelRegistry::DeleteVersionTag(const std::string& name, int64_t version,
                                     const std::string& key) {
  database_.Write([&](Session& session) {
    session.Run("delete from model_version_tags where model = ? and version = ? and key = ?",
                {FindVersion(session, name, version), version, key});
  });
}

std::string ModelRegistry::DownloadUri(const std::string& name, int64_t version) {
  return database_.Read([&](Session& session) {
    Rows rows = session.Query("select location from model_versions where model = ? and version = ?",
                              {FindVersion(session, name, version), version});
    rows.Next();
    return rows.Text(0);
  });
}

ModelVersion ModelRegistry::MoveToStage(const std::string& name, int64_t version, Stage stage,
                                        bool archive_others) {
  if (archive_others && stage != Stage::kStaging && stage != Stage::kProduction) {
    throw Error(Code::kInvalidArgument,
                StrCat("archive_existing_versions is set and the stage is ", StageName(stage),
                       ": only Staging and Production are for one version"),
                "leave it out");
  }
  const int64_t now_ms = clock_.NowMs();
  return database_.Write([&](Session& session) {
    const int64_t model = FindVersion(session, name, version);
    if (archive_others) {
      session.Run(
          "update model_versions set stage = ?, updated_ms = ? "
          "where model = ? and stage = ? and version != ?",
          {static_cast<int64_t>(Stage::kArchived), now_ms, model, static_cast<int64_t>(stage),
           version});
    }
    session.Run("update model_versions set stage = ? where model = ? and version = ?",
                {static_cast<int64_t>(stage), model, version});
    TouchVersion(session, model, version, now_ms);
    return ReadVersion(session, name, version);
  });
}

std::vector<ModelVersion> ModelRegistry::LatestVersions(const std::string& name,
                                                        std::span<const Stage> stages) {
  return database_.Read([&](Session& session) {
    const int64_t model = FindModel(session, name);
    return ReadLatestVersions(session, model, stages.empty() ? kEveryStage : stages);
  });
}

Page<ModelVersion> ModelRegistry::SearchVersions(const RegistrySearch& search) {
  std::vector<Comparison> filter = ParseFilter(search.filter, ModelVersionScope());
  const OrderSql order =
      OrderOf(ParseOrderBy(search.order_by, ModelVersionScope()), VersionTables());
  const bool no_prompts = LeavesOutPrompts(&filter);
  const int64_t offset = ReadOffsetToken(search.page);
  SqlText sql;
  sql.Add(kVersionSelect)
      .Add(order.joins)
      .Add(" where 1 = 1")
      .Add(WhereOf(filter, VersionTables(), database_.dialect()));
  if (no_prompts) {
    sql.Add(WithoutPrompts("model_version_tags", "x.model = t.model and x.version = t.version"));
  }
  sql.Add(" order by ").Add(order.terms);
  sql.Add("t.updated_ms desc, m.name, t.version desc limit ? offset ?",
          {search.max_results + 1, offset});
  Page<ModelVersion> page;
  page.items = database_.Read([&](Session& session) { return ReadVersions(session, sql); });
  CutPage(search.max_results, offset, &page);
  return page;
}

}  // namespace marquee::tracking
