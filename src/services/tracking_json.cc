#include "services/tracking_json.h"

#include <cmath>

#include "base/text.h"
#include "tracking/names.h"

namespace marquee {
namespace {

template <typename T>
void AddList(std::string_view field, const std::vector<T>& items, Json (*render)(const T&),
             Json* json) {
  if (items.empty()) return;
  Json::Array array;
  array.reserve(items.size());
  for (const T& item : items) array.push_back(render(item));
  (*json)[field] = std::move(array);
}

void AddText(std::string_view field, const std::string& text, Json* json) {
  if (!text.empty()) (*json)[field] = text;
}

Json RenderKeyValue(const tracking::KeyValue& pair) {
  return Json::MakeObject({{"key", pair.key}, {"value", pair.value}});
}

Json RenderDatasetInput(const tracking::DatasetInput& input) {
  Json dataset = Json::MakeObject({{"name", input.dataset.name},
                                   {"digest", input.dataset.digest},
                                   {"source_type", input.dataset.source_type},
                                   {"source", input.dataset.source}});
  AddText("schema", input.dataset.schema, &dataset);
  AddText("profile", input.dataset.profile, &dataset);
  Json json = Json::MakeObject();
  AddList("tags", input.tags, RenderKeyValue, &json);
  json["dataset"] = std::move(dataset);
  return json;
}

Json RenderModelInput(const std::string& model_id) {
  return Json::MakeObject({{"model_id", model_id}});
}

Json RenderModelOutput(const tracking::ModelOutput& output) {
  return Json::MakeObject({{"model_id", output.model_id}, {"step", output.step}});
}

Json RenderAlias(const tracking::ModelAlias& alias) {
  return Json::MakeObject({{"alias", alias.alias}, {"version", std::to_string(alias.version)}});
}

Json RenderText(const std::string& text) { return text; }

}  // namespace

Json RenderExperiment(const tracking::Experiment& experiment) {
  Json json = Json::MakeObject({{"experiment_id", std::to_string(experiment.id)},
                                {"name", experiment.name},
                                {"artifact_location", experiment.artifact_location},
                                {"lifecycle_stage", tracking::LifecycleName(experiment.lifecycle)},
                                {"last_update_time", experiment.updated_ms},
                                {"creation_time", experiment.created_ms}});
  AddList("tags", experiment.tags, RenderKeyValue, &json);
  return json;
}

Json RenderRunInfo(const tracking::RunInfo& info) {
  Json json = Json::MakeObject({{"run_uuid", info.run_id},
                                {"experiment_id", std::to_string(info.experiment_id)},
                                {"run_name", info.name},
                                {"user_id", info.user_id},
                                {"status", tracking::RunStatusName(info.status)},
                                {"start_time", info.start_ms}});
  if (info.end_ms) json["end_time"] = *info.end_ms;
  json["artifact_uri"] = info.artifact_uri;
  json["lifecycle_stage"] = tracking::LifecycleName(info.lifecycle);
  json["run_id"] = info.run_id;
  return json;
}

Json RenderRun(const tracking::Run& run) {
  Json data = Json::MakeObject();
  AddList("metrics", run.metrics, RenderMetric, &data);
  AddList("params", run.params, RenderKeyValue, &data);
  AddList("tags", run.tags, RenderKeyValue, &data);
  Json inputs = Json::MakeObject();
  AddList("dataset_inputs", run.dataset_inputs, RenderDatasetInput, &inputs);
  AddList("model_inputs", run.model_inputs, RenderModelInput, &inputs);
  Json outputs = Json::MakeObject();
  AddList("model_outputs", run.model_outputs, RenderModelOutput, &outputs);
  return Json::MakeObject({{"info", RenderRunInfo(run.info)},
                           {"data", std::move(data)},
                           {"inputs", std::move(inputs)},
                           {"outputs", std::move(outputs)}});
}

Json RenderMetric(const tracking::Metric& metric) {
  Json json =
      Json::MakeObject({{"key", metric.key},
                        {"value", std::isnan(metric.value) ? Json("NaN") : Json(metric.value)},
                        {"timestamp", metric.timestamp_ms},
                        {"step", metric.step}});
  AddText("model_id", metric.model_id, &json);
  AddText("dataset_name", metric.dataset_name, &json);
  AddText("dataset_digest", metric.dataset_digest, &json);
  AddText("run_id", metric.run_id, &json);
  return json;
}

Json RenderDatasetSummary(const tracking::DatasetSummary& summary) {
  Json json = Json::MakeObject({{"experiment_id", std::to_string(summary.experiment_id)},
                                {"name", summary.name},
                                {"digest", summary.digest}});
  AddText("context", summary.context, &json);
  return json;
}

Json RenderLoggedModel(const tracking::LoggedModel& model) {
  Json info = Json::MakeObject({{"model_id", model.model_id},
                                {"experiment_id", std::to_string(model.experiment_id)},
                                {"name", model.name},
                                {"creation_timestamp_ms", model.created_ms},
                                {"last_updated_timestamp_ms", model.updated_ms},
                                {"artifact_uri", model.artifact_uri},
                                {"status", tracking::ModelStatusName(model.status)},
                                {"model_type", model.model_type},
                                {"source_run_id", model.source_run_id}});
  AddList("tags", model.tags, RenderKeyValue, &info);
  Json data = Json::MakeObject();
  AddList("params", model.params, RenderKeyValue, &data);
  AddList("metrics", model.metrics, RenderMetric, &data);
  return Json::MakeObject({{"info", std::move(info)}, {"data", std::move(data)}});
}

Json RenderModelVersion(const tracking::ModelVersion& version) {
  Json json = Json::MakeObject({{"name", version.name},
                                {"version", std::to_string(version.version)},
                                {"creation_timestamp", version.created_ms},
                                {"last_updated_timestamp", version.updated_ms},
                                {"current_stage", tracking::StageName(version.stage)},
                                {"description", version.description},
                                {"source", version.source},
                                {"run_id", version.run_id},
                                {"status", "READY"},
                                {"run_link", version.run_link}});
  AddText("user_id", version.user_id, &json);
  AddText("model_id", version.model_id, &json);
  AddList("tags", version.tags, RenderKeyValue, &json);
  AddList("aliases", version.aliases, RenderText, &json);
  return json;
}

Json RenderRegisteredModel(const tracking::RegisteredModel& model) {
  Json json = Json::MakeObject({{"name", model.name},
                                {"creation_timestamp", model.created_ms},
                                {"last_updated_timestamp", model.updated_ms},
                                {"description", model.description}});
  AddList("latest_versions", model.latest_versions, RenderModelVersion, &json);
  AddList("tags", model.tags, RenderKeyValue, &json);
  AddList("aliases", model.aliases, RenderAlias, &json);
  return json;
}

Json RenderFiles(std::span<const tracking::ArtifactInfo> files, std::string_view prefix) {
  Json json = Json::MakeObject();
  for (const tracking::ArtifactInfo& file : files) {
    Json entry =
        Json::MakeObject({{"path", prefix.empty() ? file.name : StrCat(prefix, "/", file.name)},
                          {"is_dir", file.is_folder}});
    if (!file.is_folder) entry["file_size"] = file.size_bytes;
    json["files"].Append(std::move(entry));
  }
  return json;
}

}  // namespace marquee
