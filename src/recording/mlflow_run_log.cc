#include "recording/mlflow_run_log.h"

#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "tracking/artifact_path.h"

namespace marquee {
namespace {

Json Pairs(const std::vector<tracking::KeyValue>& pairs) {
  Json json = Json::MakeArray();
  for (const tracking::KeyValue& pair : pairs)
    json.Append(Json::MakeObject({{"key", pair.key}, {"value", pair.value}}));
  return json;
}

// JSON has no such numbers: the protocol writes them as text.
Json NumberOf(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return value;
}

Json BatchJson(const std::string& run_id, const tracking::LogBatch& batch) {
  Json metrics = Json::MakeArray();
  for (const tracking::Metric& metric : batch.metrics) {
    metrics.Append(Json::MakeObject({{"key", metric.key},
                                     {"value", NumberOf(metric.value)},
                                     {"timestamp", metric.timestamp_ms},
                                     {"step", metric.step}}));
  }
  return Json::MakeObject({{"run_id", run_id},
                           {"metrics", std::move(metrics)},
                           {"params", Pairs(batch.params)},
                           {"tags", Pairs(batch.tags)}});
}

Json InputJson(const tracking::DatasetInput& input) {
  Json dataset = Json::MakeObject({{"name", input.dataset.name},
                                   {"digest", input.dataset.digest},
                                   {"source_type", input.dataset.source_type},
                                   {"source", input.dataset.source}});
  if (!input.dataset.schema.empty()) dataset["schema"] = input.dataset.schema;
  if (!input.dataset.profile.empty()) dataset["profile"] = input.dataset.profile;
  return Json::MakeObject({{"tags", Pairs(input.tags)}, {"dataset", std::move(dataset)}});
}

std::string_view StatusName(tracking::RunStatus status) {
  switch (status) {
    case tracking::RunStatus::kRunning:
      return "RUNNING";
    case tracking::RunStatus::kScheduled:
      return "SCHEDULED";
    case tracking::RunStatus::kFinished:
      return "FINISHED";
    case tracking::RunStatus::kFailed:
      return "FAILED";
    case tracking::RunStatus::kKilled:
      return "KILLED";
  }
  return "FAILED";
}

// A number that travels as text.
int64_t VersionOf(const Json& version) {
  const Json& number = version.At("version");
  if (number.is_int()) return number.AsInt();
  const std::optional<int64_t> parsed = ParseInt(number.AsString());
  if (!parsed) {
    throw Error(Code::kUnavailable,
                StrCat("the MLflow server names a version '", number.AsString(), "'"));
  }
  return *parsed;
}

}  // namespace

MlflowRunLog::MlflowRunLog(const MlflowServer& server, const Clock& clock, std::string user)
    : api_(server), clock_(clock), user_(std::move(user)) {}

// Several processes may make it at once.
std::string MlflowRunLog::ExperimentNamed(const std::string& name) const {
  const auto find = [&] {
    const Json found = api_.Get("experiments/get-by-name", {{"experiment_name", name}});
    return found.At("experiment").GetString("experiment_id");
  };
  try {
    return find();
  } catch (const Error& error) {
    if (error.code() != Code::kNotFound) throw;
  }
  try {
    return api_.Post("experiments/create", Json::MakeObject({{"name", name}}))
        .GetString("experiment_id");
  } catch (const Error& error) {
    if (error.code() != Code::kAlreadyExists) throw;
    return find();
  }
}

std::string MlflowRunLog::Start(const NewRecord& record) {
  const Json body = Json::MakeObject({{"experiment_id", ExperimentNamed(record.experiment)},
                                      {"run_name", record.name},
                                      {"user_id", user_},
                                      {"start_time", record.start_ms.value_or(clock_.NowMs())},
                                      {"tags", Pairs(TagsOf(record))}});
  return api_.Post("runs/create", body).At("run").At("info").GetString("run_id");
}

void MlflowRunLog::Log(const std::string& run_id, const tracking::LogBatch& batch) {
  for (const tracking::LogBatch& part : PartsOf(batch))
    api_.Post("runs/log-batch", BatchJson(run_id, part));
}

void MlflowRunLog::AddInputs(const std::string& run_id,
                             std::span<const tracking::DatasetInput> inputs) {
  Json datasets = Json::MakeArray();
  for (const tracking::DatasetInput& input : inputs) datasets.Append(InputJson(input));
  api_.Post("runs/log-inputs",
            Json::MakeObject({{"run_id", run_id}, {"datasets", std::move(datasets)}}));
}

std::string MlflowRunLog::ArtifactUri(const std::string& run_id) const {
  return api_.Get("runs/get", {{"run_id", run_id}}).At("run").At("info").GetString("artifact_uri");
}

void MlflowRunLog::Upload(const std::string& run_id, const std::string& path,
                          std::string bytes) const {
  const std::string uri = ArtifactUri(run_id);
  if (!uri.starts_with(tracking::kArtifactScheme)) {
    throw Error(Code::kFailedPrecondition,
                StrCat("the MLflow server leaves files to its clients: they go to ", uri),
                "start it with --serve-artifacts and a --default-artifact-root of "
                "mlflow-artifacts:/");
  }
  api_.Upload(StrCat(tracking::PathOfArtifactUri(uri), "/", path), std::move(bytes));
}

void MlflowRunLog::AddText(const std::string& run_id, const std::string& path,
                           std::string_view text) {
  Upload(run_id, path, std::string(text));
}

void MlflowRunLog::AddFile(const std::string& run_id, const std::string& path,
                           const std::filesystem::path& file) {
  Upload(run_id, path, ReadFile(file));
}

void MlflowRunLog::End(const std::string& run_id, tracking::RunStatus status,
                       std::optional<int64_t> end_ms) {
  api_.Post("runs/update", Json::MakeObject({{"run_id", run_id},
                                             {"status", StatusName(status)},
                                             {"end_time", end_ms.value_or(clock_.NowMs())}}));
}

int64_t MlflowRunLog::Register(const std::string& model, const std::string& run_id,
                               const std::string& path, const std::vector<tracking::Tag>& tags) {
  try {
    api_.Post("registered-models/create", Json::MakeObject({{"name", model}}));
  } catch (const Error& error) {
    if (error.code() != Code::kAlreadyExists) throw;
  }
  const Json body = Json::MakeObject({{"name", model},
                                      {"source", StrCat(ArtifactUri(run_id), "/", path)},
                                      {"run_id", run_id},
                                      {"tags", Pairs(tags)}});
  return VersionOf(api_.Post("model-versions/create", body).At("model_version"));
}

std::optional<int64_t> MlflowRunLog::FindVersion(const std::string& model,
                                                 const std::string& run_id) {
  const Json found =
      api_.Get("model-versions/search",
               {{"filter", StrCat("name = '", model, "' AND run_id = '", run_id, "'")},
                {"order_by", "version_number DESC"},
                {"max_results", "1"}});
  const Json* versions = found.Find("model_versions");
  if (versions == nullptr || versions->size() == 0) return std::nullopt;
  return VersionOf(versions->AsArray()[0]);
}

void MlflowRunLog::SetAlias(const std::string& model, const std::string& alias, int64_t version) {
  api_.Post(
      "registered-models/alias",
      Json::MakeObject({{"name", model}, {"alias", alias}, {"version", std::to_string(version)}}));
}

std::optional<RegisteredVersion> MlflowRunLog::FindAlias(const std::string& model,
                                                         const std::string& alias) {
  try {
    const Json found = api_.Get("registered-models/alias", {{"name", model}, {"alias", alias}});
    const Json& version = found.At("model_version");
    return RegisteredVersion{VersionOf(version), version.GetString("run_id")};
  } catch (const Error& error) {
    if (error.code() != Code::kNotFound && error.code() != Code::kInvalidArgument) throw;
    return std::nullopt;
  }
}

}  // namespace marquee
