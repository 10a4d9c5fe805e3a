#include "tracking/logged_model_store.h"

#include <map>
#include <utility>

#include "base/error.h"
#include "base/ids.h"
#include "base/text.h"
#include "tracking/filter.h"
#include "tracking/names.h"
#include "tracking/page_token.h"
#include "tracking/rows.h"
#include "tracking/run_names.h"
#include "tracking/search_sql.h"

namespace marquee::tracking {
namespace {

constexpr std::string_view kLoggedModelColumns =
    "t.model, t.model_id, t.experiment_id, t.name, t.model_type, t.source_run_id, t.status, "
    "t.created_ms, t.updated_ms, t.artifact_uri";
constexpr std::string_view kStatusPrefix = "LOGGED_MODEL_";

// " and (dataset_name = ? and ... or ...)".
SqlText OnDatasets(std::span<const DatasetName> datasets) {
  SqlText sql;
  for (const DatasetName& dataset : datasets) {
    sql.Add(sql.text.empty() ? " and (" : " or ");
    sql.Add("(dataset_name = ?", {dataset.name});
    if (!dataset.digest.empty()) sql.Add(" and dataset_digest = ?", {dataset.digest});
    sql.Add(")");
  }
  if (!datasets.empty()) sql.Add(")");
  return sql;
}

// Of each model the latest value, whatever run measured it.
SqlText ModelMetrics(const std::string& key, std::span<const DatasetName> datasets) {
  SqlText sql;
  sql.Add(
      "(select model, value, is_nan from (select model, value, is_nan, row_number() over "
      "(partition by model order by timestamp_ms desc, step desc, value desc) as nth "
      "from logged_model_metrics where key = ?",
      {key});
  return sql.Add(OnDatasets(datasets)).Add(") ranked where nth = 1)");
}

SearchTables ModelTables(std::vector<DatasetName> datasets) {
  return {
      .id = "model",
      .columns = {{"name", "t.name"},
                  {"model_id", "t.model_id"},
                  {"model_type", "t.model_type"},
                  {"source_run_id", "t.source_run_id"},
                  {"status", "t.status"},
                  {"creation_timestamp", "t.created_ms"},
                  {"last_updated_timestamp", "t.updated_ms"}},
      .params = "logged_model_params",
      .tags = "logged_model_tags",
      .metrics =
          [on = std::move(datasets)](const std::string& key) { return ModelMetrics(key, on); },
  };
}

// 'READY' and 'LOGGED_MODEL_READY' mean the same.
std::string FullStatus(const std::string& status) {
  return status.starts_with(kStatusPrefix) ? status : StrCat(kStatusPrefix, status);
}

std::vector<Comparison> ParseModelFilter(const std::string& text) {
  std::vector<Comparison> filter = ParseFilter(text, LoggedModelScope());
  for (Comparison& comparison : filter) {
    const bool plain =
        comparison.comparator != Comparator::kLike && comparison.comparator != Comparator::kIlike;
    if (comparison.entity != Entity::kAttribute || comparison.key != "status" || !plain) continue;
    if (auto* status = std::get_if<std::string>(&comparison.value)) *status = FullStatus(*status);
    if (auto* list = std::get_if<std::vector<std::string>>(&comparison.value)) {
      for (std::string& status : *list) status = FullStatus(status);
    }
  }
  return filter;
}

// Each order on the dataset that it names.
OrderSql ModelOrder(const std::vector<LoggedModelSearch::By>& order_by) {
  std::vector<std::string> fields;
  for (const auto& by : order_by) fields.push_back(by.field);
  std::vector<Order> orders = ParseOrderBy(fields, LoggedModelScope());
  OrderSql all;
  for (size_t i = 0; i < orders.size(); ++i) {
    orders[i].ascending = order_by[i].ascending;
    std::vector<DatasetName> datasets;
    if (!order_by[i].dataset.name.empty()) datasets.push_back(order_by[i].dataset);
    const OrderSql one = OrderOf({&orders[i], 1}, ModelTables(std::move(datasets)), StrCat("o", i));
    all.joins.Add(one.joins);
    all.terms.Add(one.terms);
  }
  return all;
}

class ModelReader {
 public:
  explicit ModelReader(Session& session) : session_(session) {}

  std::vector<LoggedModel> Read(const SqlText& sql) {
    ReadModels(sql);
    ReadPairs(session_, kLoggedModelTags, ids_,
              [&](int64_t id, KeyValue tag) { At(id).tags.push_back(std::move(tag)); });
    ReadPairs(session_, kLoggedModelParams, ids_,
              [&](int64_t id, KeyValue param) { At(id).params.push_back(std::move(param)); });
    ForEachPart(ids_, [&](std::span<const int64_t> part) { ReadMetrics(part); });
    return std::move(models_);
  }

 private:
  LoggedModel& At(int64_t id) { return models_[place_.at(id)]; }

  void ReadModels(const SqlText& sql) {
    Rows rows = session_.Query(sql.text, sql.values);
    while (rows.Next()) {
      place_[rows.Int(0)] = models_.size();
      ids_.push_back(rows.Int(0));
      LoggedModel& model = models_.emplace_back();
      model.model_id = rows.Text(1);
      model.experiment_id = rows.Int(2);
      model.name = rows.Text(3);
      model.model_type = rows.Text(4);
      model.source_run_id = rows.Text(5);
      model.status = ParseModelStatus(rows.Text(6)).value_or(ModelStatus::kUnspecified);
      model.created_ms = rows.Int(7);
      model.updated_ms = rows.Int(8);
      model.artifact_uri = rows.Text(9);
    }
  }

  void ReadMetrics(std::span<const int64_t> part) {
    const SqlText list = ListOf(PaddedList(part));
    Rows rows = session_.Query(
        StrCat("select model, key, value, is_nan, timestamp_ms, step, run_id, dataset_name, "
               "dataset_digest from logged_model_metrics where model in (",
               list.text, ") order by model, key, run_id, dataset_name, dataset_digest"),
        list.values);
    while (rows.Next()) {
      LoggedModel& model = At(rows.Int(0));
      model.metrics.push_back({.key = rows.Text(1),
                               .value = ReadMetricValue(rows, 2),
                               .timestamp_ms = rows.Int(4),
                               .step = rows.Int(5),
                               .model_id = model.model_id,
                               .dataset_name = rows.Text(7),
                               .dataset_digest = rows.Text(8),
                               .run_id = rows.Text(6)});
    }
  }

  Session& session_;
  std::vector<LoggedModel> models_;
  std::vector<int64_t> ids_;
  std::map<int64_t, size_t> place_;
};

LoggedModel ReadModel(Session& session, const std::string& model_id) {
  FindLoggedModel(session, model_id);
  SqlText sql;
  sql.Add(StrCat("select ", kLoggedModelColumns, " from logged_models t where t.model_id = ?"),
          {model_id});
  return std::move(ModelReader(session).Read(sql).front());
}

void CheckPairs(std::string_view what, std::span<const KeyValue> pairs, size_t max_chars) {
  for (const KeyValue& pair : pairs) {
    CheckKey(StrCat("key of the ", what), pair.key);
    CheckLength(StrCat("value of the ", what), pair.value, max_chars);
  }
}

void TouchModel(Session& session, int64_t model, int64_t now_ms) {
  session.Run("update logged_models set updated_ms = ? where model = ?", {now_ms, model});
}

}  // namespace

LoggedModel LoggedModelStore::Create(const NewLoggedModel& model) {
  CheckPairs("param", model.params, kMaxParamChars);
  CheckPairs("tag", model.tags, kMaxRunTagChars);
  CheckLength("name of the model", model.name, kMaxExperimentNameChars);
  CheckLength("model_type", model.model_type, kMaxExperimentNameChars);
  const std::string model_id = "m-" + NewRunId();
  const std::string name = model.name.empty() ? NameForRun(model_id) : model.name;
  const int64_t now_ms = clock_.NowMs();
  return database_.Write([&](Session& session) {
    RequireActiveExperiment(session, model.experiment_id);
    int64_t row = 0;
    {
      Rows rows = session.Query(
          "insert into logged_models (model_id, experiment_id, name, model_type, source_run_id, "
          "status, created_ms, updated_ms, artifact_uri) select ?, experiment_id, ?, ?, ?, ?, "
          "cast(? as bigint), cast(? as bigint), artifact_location || ? from experiments "
          "where experiment_id = ? returning model",
          {model_id, name, model.model_type, model.source_run_id,
           std::string(ModelStatusName(ModelStatus::kPending)), now_ms, now_ms,
           StrCat("/models/", model_id, "/artifacts"), model.experiment_id});
      rows.Next();
      row = rows.Int(0);
    }
    PutPairs(session, kLoggedModelTags, row, model.tags);
    tracking::AddParams(session, kLoggedModelParams, row, model.params,
                        StrCat("model ID='", model_id, "'"));
    return ReadModel(session, model_id);
  });
}

LoggedModel LoggedModelStore::Get(const std::string& model_id) {
  return database_.Read([&](Session& session) { return ReadModel(session, model_id); });
}

LoggedModel LoggedModelStore::SetStatus(const std::string& model_id, ModelStatus status) {
  return database_.Write([&](Session& session) {
    session.Run(
        "update logged_models set status = ?, updated_ms = ? where model = ?",
        {std::string(ModelStatusName(status)), clock_.NowMs(), FindLoggedModel(session, model_id)});
    return ReadModel(session, model_id);
  });
}

void LoggedModelStore::Delete(const std::string& model_id) {
  database_.Write([&](Session& session) {
    const int64_t model = FindLoggedModel(session, model_id);
    for (const char* table :
         {"logged_model_tags", "logged_model_params", "logged_model_metrics", "logged_models"}) {
      session.Run(StrCat("delete from ", table, " where model = ?"), {model});
    }
  });
}

void LoggedModelStore::SetTags(const std::string& model_id, std::span<const Tag> tags) {
  CheckPairs("tag", tags, kMaxRunTagChars);
  database_.Write([&](Session& session) {
    const int64_t model = FindLoggedModel(session, model_id);
    PutPairs(session, kLoggedModelTags, model, tags);
    TouchModel(session, model, clock_.NowMs());
  });
}

void LoggedModelStore::DeleteTag(const std::string& model_id, const std::string& key) {
  database_.Write([&](Session& session) {
    const int64_t model = FindLoggedModel(session, model_id);
    if (!DeletePair(session, kLoggedModelTags, model, key)) {
      throw Error(Code::kNotFound, StrCat("No tag with key '", key, "' in model '", model_id, "'"),
                  "check the key");
    }
    TouchModel(session, model, clock_.NowMs());
  });
}

void LoggedModelStore::AddParams(const std::string& model_id, std::span<const Param> params) {
  CheckPairs("param", params, kMaxParamChars);
  database_.Write([&](Session& session) {
    const int64_t model = FindLoggedModel(session, model_id);
    tracking::AddParams(session, kLoggedModelParams, model, params,
                        StrCat("model ID='", model_id, "'"));
    TouchModel(session, model, clock_.NowMs());
  });
}

Page<LoggedModel> LoggedModelStore::Search(const LoggedModelSearch& search) {
  const std::vector<Comparison> filter = ParseModelFilter(search.filter);
  const OrderSql order = ModelOrder(search.order_by);
  const int64_t offset = ReadOffsetToken(search.page);
  Page<LoggedModel> page;
  if (search.experiment_ids.empty()) return page;
  SqlText sql;
  sql.Add(StrCat("select ", kLoggedModelColumns, " from logged_models t")).Add(order.joins);
  sql.Add(" where t.experiment_id in (");
  sql.Add(ListOf(std::span<const int64_t>(search.experiment_ids))).Add(")");
  sql.Add(WhereOf(filter, ModelTables(search.datasets), database_.dialect()))
      .Add(" order by ")
      .Add(order.terms);
  sql.Add("t.created_ms desc, t.model desc limit ? offset ?", {search.max_results + 1, offset});
  page.items = database_.Read([&](Session& session) { return ModelReader(session).Read(sql); });
  CutPage(search.max_results, offset, &page);
  return page;
}

}  // namespace marquee::tracking
