#include "tracking/registry_rows.h"

#include <map>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "tracking/rows.h"

namespace marquee::tracking {
namespace {

constexpr Stage kAllStages[] = {Stage::kNone, Stage::kStaging, Stage::kProduction,
                                Stage::kArchived};

void ReadVersionExtras(Session& session, int64_t model, ModelVersion* version) {
  {
    Rows rows = session.Query(
        "select key, value from model_version_tags where model = ? and version = ? order by key",
        {model, version->version});
    while (rows.Next()) version->tags.push_back({rows.Text(0), rows.Text(1)});
  }
  Rows rows = session.Query(
      "select alias from model_aliases where model = ? and version = ? order by alias",
      {model, version->version});
  while (rows.Next()) version->aliases.push_back(rows.Text(0));
}

void ReadModelExtras(Session& session, int64_t id, RegisteredModel* model) {
  {
    Rows rows = session.Query(
        "select alias, version from model_aliases where model = ? order by alias", {id});
    while (rows.Next()) model->aliases.push_back({rows.Text(0), rows.Int(1)});
  }
  model->latest_versions = ReadLatestVersions(session, id, kAllStages);
}

}  // namespace

int64_t FindModel(Session& session, const std::string& name) {
  Rows rows = session.Query("select model from registered_models where name = ?", {name});
  if (rows.Next()) return rows.Int(0);
  throw Error(Code::kNotFound, StrCat("Registered Model with name=", name, " not found"),
              "check the name");
}

int64_t FindVersion(Session& session, const std::string& name, int64_t version) {
  const int64_t model = FindModel(session, name);
  Rows rows = session.Query("select 1 from model_versions where model = ? and version = ?",
                            {model, version});
  if (rows.Next()) return model;
  throw Error(Code::kNotFound,
              StrCat("Model Version (name=", name, ", version=", version, ") not found"),
              "check the version");
}

std::vector<RegisteredModel> ReadModels(Session& session, const SqlText& sql) {
  std::vector<RegisteredModel> models;
  std::vector<int64_t> ids;
  std::map<int64_t, size_t> place;
  {
    Rows rows = session.Query(sql.text, sql.values);
    while (rows.Next()) {
      place[rows.Int(0)] = models.size();
      ids.push_back(rows.Int(0));
      models.push_back({.name = rows.Text(1),
                        .created_ms = rows.Int(3),
                        .updated_ms = rows.Int(4),
                        .description = rows.Text(2),
                        .latest_versions = {},
                        .tags = {},
                        .aliases = {}});
    }
  }
  ReadPairs(session, kRegisteredModelTags, ids,
            [&](int64_t id, KeyValue tag) { models[place.at(id)].tags.push_back(std::move(tag)); });
  for (size_t i = 0; i < ids.size(); ++i) ReadModelExtras(session, ids[i], &models[i]);
  return models;
}

RegisteredModel ReadRegisteredModel(Session& session, const std::string& name) {
  SqlText sql;
  sql.Add(kModelSelect).Add(" where t.model = ?", {FindModel(session, name)});
  return std::move(ReadModels(session, sql).front());
}

std::vector<ModelVersion> ReadVersions(Session& session, const SqlText& sql) {
  std::vector<ModelVersion> versions;
  std::vector<int64_t> models;
  {
    Rows rows = session.Query(sql.text, sql.values);
    while (rows.Next()) {
      models.push_back(rows.Int(0));
      ModelVersion& version = versions.emplace_back();
      version.name = rows.Text(1);
      version.version = rows.Int(2);
      version.description = rows.Text(3);
      version.user_id = rows.Text(4);
      version.stage = static_cast<Stage>(rows.Int(5));
      version.source = rows.Text(6);
      version.run_id = rows.Text(7);
      version.run_link = rows.Text(8);
      version.model_id = rows.Text(9);
      version.created_ms = rows.Int(10);
      version.updated_ms = rows.Int(11);
    }
  }
  for (size_t i = 0; i < versions.size(); ++i) ReadVersionExtras(session, models[i], &versions[i]);
  return versions;
}

ModelVersion ReadVersion(Session& session, const std::string& name, int64_t version) {
  SqlText sql;
  sql.Add(kVersionSelect)
      .Add(" where t.model = ? and t.version = ?", {FindVersion(session, name, version), version});
  return std::move(ReadVersions(session, sql).front());
}

std::vector<ModelVersion> ReadLatestVersions(Session& session, int64_t model,
                                             std::span<const Stage> stages) {
  std::vector<ModelVersion> latest;
  for (const Stage stage : stages) {
    SqlText sql;
    sql.Add(kVersionSelect)
        .Add(" where t.model = ? and t.stage = ? order by t.version desc limit 1",
             {model, static_cast<int64_t>(stage)});
    std::vector<ModelVersion> found = ReadVersions(session, sql);
    if (!found.empty()) latest.push_back(std::move(found.front()));
  }
  return latest;
}

void TouchRegistered(Session& session, int64_t model, int64_t now_ms) {
  session.Run("update registered_models set updated_ms = ? where model = ?", {now_ms, model});
}

}  // namespace marquee::tracking
