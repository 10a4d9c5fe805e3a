// TrackingStore: what runs log.
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "tracking/names.h"
#include "tracking/rows.h"
#include "tracking/search_sql.h"
#include "tracking/tracking_store.h"

namespace marquee::tracking {
namespace {

void CheckCount(std::string_view what, size_t count, size_t max) {
  if (count <= max) return;
  throw Error(Code::kInvalidArgument,
              StrCat("A batch logging request can contain at most ", max, " ", what, ". Got ",
                     count, " ", what, "."),
              "send it in smaller batches");
}

void CheckMetric(const Metric& metric, size_t index) {
  const std::string field = StrCat("metrics[", index, "]");
  CheckKey(field + ".key", metric.key);
  if (metric.timestamp_ms >= 0) return;
  throw Error(Code::kInvalidArgument,
              StrCat(field, ".timestamp is ", metric.timestamp_ms, ": must be at least 0"),
              "give milliseconds since 1970");
}

void CheckBatch(const LogBatch& batch) {
  CheckCount("metrics", batch.metrics.size(), kMaxBatchMetrics);
  CheckCount("params", batch.params.size(), kMaxBatchParams);
  CheckCount("tags", batch.tags.size(), kMaxBatchTags);
  CheckCount("metrics, params, and tags",
             batch.metrics.size() + batch.params.size() + batch.tags.size(), kMaxBatchTotal);
  for (size_t i = 0; i < batch.metrics.size(); ++i) CheckMetric(batch.metrics[i], i);
  for (size_t i = 0; i < batch.params.size(); ++i) {
    CheckKey(StrCat("params[", i, "].key"), batch.params[i].key);
    CheckLength(StrCat("params[", i, "].value"), batch.params[i].value, SIZE_MAX);
  }
  for (size_t i = 0; i < batch.tags.size(); ++i) {
    CheckKey(StrCat("tags[", i, "].key"), batch.tags[i].key);
    CheckLength(StrCat("tags[", i, "].value"), batch.tags[i].value, SIZE_MAX);
  }
}

std::vector<Param> CutParams(const std::vector<Param>& params) {
  std::vector<Param> cut;
  for (const Param& param : params)
    cut.push_back({param.key, CutChars(param.value, kMaxParamChars)});
  return cut;
}

// As databases keep a value: NaN beside it, and what is beyond all doubles as the last of them.
struct KeptValue {
  explicit KeptValue(double given)
      : value(std::isnan(given) ? 0
                                : std::clamp(given, std::numeric_limits<double>::lowest(),
                                             std::numeric_limits<double>::max())),
        is_nan(std::isnan(given) ? 1 : 0) {}
  double value;
  int64_t is_nan;
};

// The latest is the largest of these.
auto RankOf(const Metric& metric) {
  return std::tuple(metric.step, metric.timestamp_ms, KeptValue(metric.value).value);
}

using KeyIds = std::map<std::string, int64_t, std::less<>>;

KeyIds SelectKeyIds(Session& session, std::span<const std::string> keys) {
  KeyIds ids;
  for (size_t i = 0; i < keys.size(); i += kMaxPaddedList) {
    const auto part = keys.subspan(i, std::min(kMaxPaddedList, keys.size() - i));
    const SqlText list = ListOf(PaddedList(part));
    Rows rows = session.Query(
        StrCat("select key, key_id from metric_keys where key in (", list.text, ")"), list.values);
    while (rows.Next()) ids[rows.Text(0)] = rows.Int(1);
  }
  return ids;
}

// Keys are never removed, so the new ones of others can only come to these.
KeyIds KeyIdsOf(Session& session, std::span<const std::string> keys) {
  KeyIds ids = SelectKeyIds(session, keys);
  if (ids.size() == keys.size()) return ids;
  std::vector<SqlValues> missing;
  for (const std::string& key : keys) {
    if (!ids.contains(key)) missing.push_back({key});
  }
  session.RunMany("insert into metric_keys (key) values (?) on conflict do nothing", missing);
  return SelectKeyIds(session, keys);
}

void WriteLatest(Session& session, std::span<const SqlValues> latest) {
  session.RunMany(
      "insert into latest_metrics as l (run, key_id, step, timestamp_ms, value, is_nan) "
      "values (?, ?, ?, ?, ?, ?) on conflict (run, key_id) do update set step = excluded.step, "
      "timestamp_ms = excluded.timestamp_ms, value = excluded.value, is_nan = excluded.is_nan "
      "where (excluded.step, excluded.timestamp_ms, excluded.value) > "
      "(l.step, l.timestamp_ms, l.value)",
      latest);
}

void WriteMetrics(Session& session, int64_t run, const std::vector<Metric>& metrics) {
  if (metrics.empty()) return;
  std::map<std::string_view, const Metric*> best;  // the latest of each key
  for (const Metric& metric : metrics) {
    const Metric*& latest = best[metric.key];
    if (latest == nullptr || RankOf(metric) > RankOf(*latest)) latest = &metric;
  }
  std::vector<std::string> keys;
  for (const auto& [key, latest] : best) keys.emplace_back(key);
  const KeyIds ids = KeyIdsOf(session, keys);

  std::vector<SqlValues> values;
  for (const Metric& metric : metrics) {
    const KeptValue kept(metric.value);
    values.push_back({run, ids.find(metric.key)->second, metric.timestamp_ms, metric.step,
                      kept.value, kept.is_nan});
  }
  session.RunMany(
      "insert into metrics (run, key_id, timestamp_ms, step, value, is_nan) "
      "values (?, ?, ?, ?, ?, ?) on conflict do nothing",
      values);

  std::vector<SqlValues> latest;
  for (const auto& [key, metric] : best) {
    const KeptValue kept(metric->value);
    latest.push_back(
        {run, ids.find(key)->second, metric->step, metric->timestamp_ms, kept.value, kept.is_nan});
  }
  WriteLatest(session, latest);
}

// The metrics of a batch that were measured on logged models.
void WriteModelMetrics(Session& session, const std::string& run_id,
                       const std::vector<Metric>& metrics) {
  for (const Metric& metric : metrics) {
    if (metric.model_id.empty()) continue;
    const KeptValue kept(metric.value);
    session.Run(
        "insert into logged_model_metrics as l (model, key, run_id, dataset_name, dataset_digest, "
        "step, timestamp_ms, value, is_nan) values (?, ?, ?, ?, ?, ?, ?, ?, ?) "
        "on conflict (model, key, run_id, dataset_name, dataset_digest) do update set "
        "step = excluded.step, timestamp_ms = excluded.timestamp_ms, value = excluded.value, "
        "is_nan = excluded.is_nan where (excluded.step, excluded.timestamp_ms, excluded.value) > "
        "(l.step, l.timestamp_ms, l.value)",
        {FindLoggedModel(session, metric.model_id), metric.key, run_id, metric.dataset_name,
         metric.dataset_digest, metric.step, metric.timestamp_ms, kept.value, kept.is_nan});
  }
}

void WriteTags(Session& session, int64_t run, const std::vector<Tag>& tags) {
  std::vector<Tag> cut;
  for (const Tag& tag : tags) cut.push_back({tag.key, CutChars(tag.value, kMaxRunTagChars)});
  PutPairs(session, kRunTags, run, cut);
  for (const Tag& tag : cut) {
    if (tag.key == kRunNameTag) {
      session.Run("update runs set name = ? where run = ?", {tag.value, run});
    }
  }
}

// None when the tag is not there, or is no list.
Json::Array ReadTagList(Session& session, int64_t run, const std::string& key) {
  Rows rows = session.Query("select value from run_tags where run = ? and key = ?", {run, key});
  if (!rows.Next()) return {};
  try {
    Json list = Json::Parse(rows.Text(0));
    if (list.is_array()) return std::move(list.AsArray());
  } catch (const Error&) {  // somebody wrote another text there
  }
  return {};
}

int64_t PutDataset(Session& session, int64_t experiment_id, const Dataset& dataset) {
  session.Run(
      "insert into datasets (experiment_id, name, digest, source_type, source, schema_text, "
      "profile) values (?, ?, ?, ?, ?, ?, ?) on conflict do nothing",
      {experiment_id, dataset.name, dataset.digest, dataset.source_type, dataset.source,
       dataset.schema, dataset.profile});
  Rows rows = session.Query(
      "select dataset from datasets where experiment_id = ? and name = ? and digest = ?",
      {experiment_id, dataset.name, dataset.digest});
  rows.Next();
  return rows.Int(0);
}

void CheckDataset(const DatasetInput& input) {
  CheckText("name of the dataset", input.dataset.name, kMaxDatasetNameChars);
  CheckText("digest of the dataset", input.dataset.digest, kMaxDatasetDigestChars);
  CheckText("source_type of the dataset", input.dataset.source_type, kMaxKeyChars);
  for (const std::string* text :
       {&input.dataset.source, &input.dataset.schema, &input.dataset.profile}) {
    CheckLength("description of the dataset", *text, SIZE_MAX);
  }
  for (const Tag& tag : input.tags) {
    CheckText("key of the dataset's tag", tag.key, kMaxKeyChars);
    CheckLength("value of the dataset's tag", tag.value, kMaxDatasetNameChars);
  }
}

void WriteDatasetInput(Session& session, const RunRow& row, const DatasetInput& input) {
  const int64_t dataset = PutDataset(session, row.experiment_id, input.dataset);
  const int64_t added =
      session.Run("insert into dataset_inputs (run, dataset) values (?, ?) on conflict do nothing",
                  {row.run, dataset});
  if (added == 0) return;
  for (const Tag& tag : input.tags) {
    session.Run(
        "insert into dataset_input_tags (run, dataset, key, value) values (?, ?, ?, ?) "
        "on conflict do nothing",
        {row.run, dataset, tag.key, tag.value});
  }
}

}  // namespace

void TrackingStore::Log(const std::string& run_id, const LogBatch& batch) {
  CheckBatch(batch);
  const std::vector<Param> params = CutParams(batch.params);
  database_.Write([&](Session& session) {
    const int64_t run = FindActiveRun(session, run_id).run;
    AddParams(session, kParams, run, params, StrCat("run ID='", run_id, "'"));
    WriteTags(session, run, batch.tags);
    WriteMetrics(session, run, batch.metrics);
    WriteModelMetrics(session, run_id, batch.metrics);
  });
}

void TrackingStore::AppendToTag(const std::string& run_id, const std::string& key,
                                const Json& entry) {
  CheckKey("key", key);
  database_.Write([&](Session& session) {
    const int64_t run = FindActiveRun(session, run_id).run;
    Json::Array entries = ReadTagList(session, run, key);
    entries.push_back(entry);
    while (entries.size() > 1 && Json(entries).Dump().size() > kMaxRunTagChars) {
      entries.erase(entries.begin());
    }
    WriteTags(session, run, {{key, Json(std::move(entries)).Dump()}});
  });
}

void TrackingStore::DeleteRunTag(const std::string& run_id, const std::string& key) {
  database_.Write([&](Session& session) {
    if (DeletePair(session, kRunTags, FindActiveRun(session, run_id).run, key)) return;
    throw Error(Code::kNotFound, StrCat("No tag with name: ", key, " in run with id ", run_id),
                "check the key");
  });
}

void TrackingStore::LogInputs(const std::string& run_id, std::span<const DatasetInput> datasets,
                              std::span<const std::string> model_ids) {
  for (const DatasetInput& input : datasets) CheckDataset(input);
  database_.Write([&](Session& session) {
    const RunRow row = FindActiveRun(session, run_id);
    for (const DatasetInput& input : datasets) WriteDatasetInput(session, row, input);
    for (const std::string& model_id : model_ids) {
      session.Run("insert into model_inputs (run, model_id) values (?, ?) on conflict do nothing",
                  {row.run, model_id});
    }
  });
}

void TrackingStore::LogOutputs(const std::string& run_id, std::span<const ModelOutput> outputs) {
  database_.Write([&](Session& session) {
    const RunRow row = FindActiveRun(session, run_id);
    for (const ModelOutput& output : outputs) {
      session.Run(
          "insert into model_outputs (run, model_id, step) values (?, ?, ?) "
          "on conflict do nothing",
          {row.run, output.model_id, output.step});
    }
  });
}

}  // namespace marquee::tracking
