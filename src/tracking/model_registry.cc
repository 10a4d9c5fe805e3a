// ModelRegistry: registered models and aliases.
#include "tracking/model_registry.h"

#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "tracking/filter.h"
#include "tracking/names.h"
#include "tracking/page_token.h"
#include "tracking/registry_rows.h"
#include "tracking/rows.h"
#include "tracking/search_sql.h"

namespace marquee::tracking {
namespace {

const SearchTables& RegisteredModelTables() {
  static const SearchTables tables = {
      .id = "model",
      .columns = {{"name", "t.name"}, {"last_updated_timestamp", "t.updated_ms"}},
      .params = "",
      .tags = "registered_model_tags",
      .metrics = {},
  };
  return tables;
}

void RequireFreeModelName(Session& session, const std::string& name) {
  Rows rows = session.Query("select 1 from registered_models where name = ?", {name});
  if (!rows.Next()) return;
  throw Error(Code::kAlreadyExists, StrCat("Registered Model (name=", name, ") already exists."),
              "add a version to it, or choose another name");
}

void CheckRegistryTag(const Tag& tag) {
  CheckKey("key of the tag", tag.key);
  CheckLength("value of the tag", tag.value, kMaxRegistryTagChars);
}

}  // namespace

RegisteredModel ModelRegistry::CreateModel(const NewRegisteredModel& model) {
  CheckModelName(model.name);
  CheckLength("description", model.description, kMaxDescriptionChars);
  for (const Tag& tag : model.tags) CheckRegistryTag(tag);
  const int64_t now_ms = clock_.NowMs();
  return database_.Write([&](Session& session) {
    RequireFreeModelName(session, model.name);
    session.Run(
        "insert into registered_models (name, description, created_ms, updated_ms, last_version) "
        "values (?, ?, ?, ?, 0)",
        {model.name, model.description, now_ms, now_ms});
    const int64_t id = FindModel(session, model.name);
    PutPairs(session, kRegisteredModelTags, id, model.tags);
    return ReadRegisteredModel(session, model.name);
  });
}

RegisteredModel ModelRegistry::GetModel(const std::string& name) {
  return database_.Read([&](Session& session) { return ReadRegisteredModel(session, name); });
}

RegisteredModel ModelRegistry::DescribeModel(const std::string& name,
                                             const std::string& description) {
  CheckLength("description", description, kMaxDescriptionChars);
  return database_.Write([&](Session& session) {
    session.Run("update registered_models set description = ?, updated_ms = ? where model = ?",
                {description, clock_.NowMs(), FindModel(session, name)});
    return ReadRegisteredModel(session, name);
  });
}

RegisteredModel ModelRegistry::RenameModel(const std::string& name, const std::string& new_name) {
  CheckModelName(new_name);
  return database_.Write([&](Session& session) {
    const int64_t model = FindModel(session, name);
    if (name != new_name) RequireFreeModelName(session, new_name);
    session.Run("update registered_models set name = ?, updated_ms = ? where model = ?",
                {new_name, clock_.NowMs(), model});
    return ReadRegisteredModel(session, new_name);
  });
}

void ModelRegistry::DeleteModel(const std::string& name) {
  database_.Write([&](Session& session) {
    const int64_t model = FindModel(session, name);
    for (const char* table : {"model_aliases", "model_version_tags", "model_versions",
                              "registered_model_tags", "registered_models"}) {
      session.Run(StrCat("delete from ", table, " where model = ?"), {model});
    }
  });
}

void ModelRegistry::SetModelTag(const std::string& name, const Tag& tag) {
  CheckRegistryTag(tag);
  database_.Write([&](Session& session) {
    PutPair(session, kRegisteredModelTags, FindModel(session, name), tag);
  });
}

void ModelRegistry::DeleteModelTag(const std::string& name, const std::string& key) {
  database_.Write([&](Session& session) {
    DeletePair(session, kRegisteredModelTags, FindModel(session, name), key);
  });
}

Page<RegisteredModel> ModelRegistry::SearchModels(const RegistrySearch& search) {
  std::vector<Comparison> filter = ParseFilter(search.filter, RegisteredModelScope());
  const OrderSql order =
      OrderOf(ParseOrderBy(search.order_by, RegisteredModelScope()), RegisteredModelTables());
  const bool no_prompts = LeavesOutPrompts(&filter);
  const int64_t offset = ReadOffsetToken(search.page);
  SqlText sql;
  sql.Add(kModelSelect).Add(order.joins).Add(" where 1 = 1");
  sql.Add(WhereOf(filter, RegisteredModelTables(), database_.dialect()));
  if (no_prompts) sql.Add(WithoutPrompts("registered_model_tags", "x.model = t.model"));
  sql.Add(" order by ")
      .Add(order.terms)
      .Add("t.name limit ? offset ?", {search.max_results + 1, offset});
  Page<RegisteredModel> page;
  page.items = database_.Read([&](Session& session) { return ReadModels(session, sql); });
  CutPage(search.max_results, offset, &page);
  return page;
}

void ModelRegistry::SetAlias(const std::string& name, const std::string& alias, int64_t version) {
  CheckAlias(alias);
  database_.Write([&](Session& session) {
    const int64_t model = FindVersion(session, name, version);
    session.Run(
        "insert into model_aliases (model, alias, version) values (?, ?, ?) "
        "on conflict (model, alias) do update set version = excluded.version",
        {model, alias, version});
  });
}

void ModelRegistry::DeleteAlias(const std::string& name, const std::string& alias) {
  database_.Write([&](Session& session) {
    session.Run("delete from model_aliases where model = ? and alias = ?",
                {FindModel(session, name), alias});
  });
}

ModelVersion ModelRegistry::VersionOfAlias(const std::string& name, const std::string& alias) {
  return database_.Read([&](Session& session) {
    int64_t version = 0;
    {
      Rows rows = session.Query("select version from model_aliases where model = ? and alias = ?",
                                {FindModel(session, name), alias});
      if (!rows.Next()) {
        throw Error(Code::kInvalidArgument, StrCat("Registered model alias ", alias, " not found."),
                    "set it first");
      }
      version = rows.Int(0);
    }
    return ReadVersion(session, name, version);
  });
}

}  // namespace marquee::tracking
