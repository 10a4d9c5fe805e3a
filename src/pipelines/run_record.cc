#include "pipelines/run_record.h"

#include <sys/utsname.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <utility>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "base/version.h"
#include "charts/charts.h"
#include "kernels/simd.h"

namespace marquee {
namespace {

constexpr std::string_view kModelFolder = "model";
constexpr int32_t kExampleItems = 3;
constexpr int kBarPx = 9;

NewRecord NewRecordOf(const Recording& recording, std::string_view command, std::string name) {
  return {.experiment = recording.experiment,
          .name = std::move(name),
          .tags = {{"mlflow.source.name", StrCat("marquee ", command)},
                   {"mlflow.source.type", "LOCAL"},
                   {"marquee.command", std::string(command)},
                   {"marquee.version", std::string(Version())}}};
}

// After the first ':' of the line that begins with `key`; "" where there is none, or no such file.
std::string LineOf(const std::filesystem::path& file, std::string_view key) {
  if (!std::filesystem::exists(file)) return "";
  const std::string text = ReadFile(file);
  for (const std::string_view line : Split(text, "\n")) {
    if (line.starts_with(key)) return std::string(Trim(line.substr(line.find(':') + 1)));
  }
  return "";
}

// What the same settings and data may still come out differently by, or faster.
Json EnvironmentFacts() {
  utsname system{};
  uname(&system);
  return Json::MakeObject({{"system", StrCat(system.sysname, " ", system.release)},
                           {"machine", system.machine},
                           {"processor", LineOf("/proc/cpuinfo", "model name")},
                           {"simd", kernels::SimdLevel()},
                           {"cores", AvailableCores()},
                           {"memory", LineOf("/proc/meminfo", "MemTotal")},
                           {"compiler", __VERSION__},
                           {"code_version", Version()}});
}

// The protocol allows no '@' in the names of metrics.
std::string MetricKey(std::string_view name) { return ReplaceAll(name, "@", "_at_"); }

void RecordMetrics(const std::string& prefix, const Json& metrics, RunRecorder& run) {
  for (const auto& [name, metric] : metrics.AsObject()) {
    const std::string key = prefix + MetricKey(name);
    run.AddMetric(key, metric.GetDouble("mean"));
    const Json* error = metric.Find("stderr");
    if (error != nullptr && error->is_number()) run.AddMetric(key + "_stderr", error->AsDouble());
  }
}

// A bar for each metric between 0 and 1, and one beside it for each segment.
std::string MetricsChart(const Json& evaluation) {
  charts::BarChart chart{.frame = {.title = StrCat(evaluation.GetString("model"), ": ",
                                                   evaluation.GetString("protocol")),
                                   .x_label = "mean"},
                         .direction = charts::BarDirection::kHorizontal};
  const auto add = [&](const std::string& name, const Json& metrics) {
    charts::BarSeries series{name, {}};
    for (const std::string& metric : chart.categories) {
      const Json* found = metrics.Find(metric);
      series.values.push_back(found == nullptr ? std::nan("") : found->GetDouble("mean"));
    }
    chart.series.push_back(std::move(series));
  };
  const Json& metrics = evaluation.At("metrics");
  for (const auto& [name, metric] : metrics.AsObject()) {
    const double mean = metric.GetDouble("mean");
    if (mean >= 0 && mean <= 1) chart.categories.push_back(name);
  }
  add("all", metrics);
  if (const Json* segments = evaluation.Find("segments")) {
    for (const auto& [name, segment] : segments->AsObject()) add(name, segment.At("metrics"));
  }
  if (chart.categories.empty()) return "";
  chart.frame.height_px =
      120 + static_cast<int>(chart.categories.size() * (chart.series.size() + 1)) * kBarPx;
  return charts::ToSvg(chart);
}

std::vector<tracking::Tag> TagsOf(const ModelManifest& manifest) {
  return {{"marquee.model", manifest.id.type},
          {"marquee.version", std::to_string(manifest.id.version)}};
}

// How the model is asked: the items of a history, and how many are wanted.
Json Signature() {
  const Json inputs(Json::Array{
      Json::MakeObject({{"name", "history"},
                        {"type", "array"},
                        {"items", Json::MakeObject({{"type", "string"}})},
                        {"required", true}}),
      Json::MakeObject({{"name", "num_recommendations"}, {"type", "long"}, {"required", true}})});
  const Json outputs(
      Json::Array{Json::MakeObject({{"name", "item_id"}, {"type", "string"}, {"required", true}}),
                  Json::MakeObject({{"name", "score"}, {"type", "double"}, {"required", true}})});
  return Json::MakeObject({{"inputs", inputs.Dump()}, {"outputs", outputs.Dump()}});
}

Json InputExample(const Model& model) {
  Json history = Json::MakeArray();
  for (int32_t item = 0; item < std::min(model.items().size(), kExampleItems); ++item)
    history.Append(model.items().Name(item));
  return Json::MakeObject({{"columns", Json(Json::Array{"history", "num_recommendations"})},
                           {"data", Json(Json::Array{Json(Json::Array{std::move(history), 10})})}});
}

// YAML takes JSON as it is.
Json MlModel(const ModelManifest& manifest, int64_t size_bytes) {
  return Json::MakeObject(
      {{"artifact_path", kModelFolder},
       {"run_id", manifest.run_id},
       {"utc_time_created", ReplaceAll(ReplaceAll(manifest.created, "T", " "), "Z", "")},
       {"model_size_bytes", size_bytes},
       {"flavors", Json::MakeObject(
                       {{"marquee", Json::MakeObject({{"model", manifest.id.type},
                                                      {"version", manifest.id.version},
                                                      {"data", "model.bin"},
                                                      {"code_version", manifest.code_version}})}})},
       {"signature", Signature()},
       {"saved_input_example_info", Json::MakeObject({{"artifact_path", "input_example.json"},
                                                      {"type", "dataframe"},
                                                      {"pandas_orient", "split"}})}});
}

std::optional<int64_t> FindOrRegister(const Recording& recording, const ModelManifest& manifest) {
  if (manifest.run_id.empty()) return std::nullopt;
  const auto found = recording.log->FindVersion(recording.model, manifest.run_id);
  if (found) return found;
  try {
    return recording.log->Register(recording.model, manifest.run_id, std::string(kModelFolder),
                                   TagsOf(manifest));
  } catch (const Error& error) {
    if (error.code() != Code::kNotFound) throw;
    return std::nullopt;  // the run is gone, or of another log
  }
}

}  // namespace

RecordingObserver::RecordingObserver(TrainObserver& observer, RunRecorder& run)
    : observer_(observer), run_(run), last_s_(SteadySeconds()) {}

void RecordingObserver::OnEpoch(const Epoch& epoch) {
  const double now_s = SteadySeconds();
  run_.AddMetric("epoch_seconds", now_s - last_s_, epoch.epoch);
  last_s_ = now_s;
  if (!std::isnan(epoch.validation)) {
    run_.AddMetric("validation", epoch.validation, epoch.epoch);
    validation_.emplace_back(epoch.epoch, epoch.validation);
  }
  observer_.OnEpoch(epoch);
}

void RecordingObserver::AddChart() const {
  if (validation_.empty()) return;
  charts::LineSeries series{"validation", {}};
  for (const auto& [epoch, value] : validation_) series.points.push_back({epoch, value});
  run_.AddText("plots/validation.svg",
               charts::ToSvg(charts::LineChart{.frame = {.title = "What early stopping watches",
                                                         .x_label = "epoch",
                                                         .y_label = "validation"},
                                               .series = {std::move(series)}}));
}

void RecordCommand(const Recording& recording, std::string_view command, std::string_view type,
                   const std::function<void(RunRecorder&)>& work) {
  static const SystemClock clock;  // of runs that are not recorded
  RecordRun(recording.log, recording.clock == nullptr ? clock : *recording.clock,
            NewRecordOf(recording, command, StrCat(command, " ", type)), work);
}

void RecordRequest(const TrainRequest& request, RunRecorder& run) {
  if (run.run_id().empty()) return;
  run.AddText("environment.json", EnvironmentFacts().Pretty());
  run.AddParams(Json::MakeObject({{"model", request.type},
                                  {"threads", request.threads},
                                  {"cores", AvailableCores()},
                                  {"code_version", Version()}}));
  run.AddParams(ResolveSettings(request));
}

void RecordData(const lake::Lake& lake, std::span<const lake::TableVersion> data,
                RunRecorder& run) {
  std::vector<tracking::DatasetInput> inputs;
  for (const lake::TableVersion& table : data) {
    const std::filesystem::path path =
        std::filesystem::absolute(lake.root()) / ReplaceAll(table.table, ".", "/");
    const Json source =
        Json::MakeObject({{"path", path.string()}, {"delta_table_version", table.version}});
    inputs.push_back({.dataset = {.name = table.table,
                                  .digest = StrCat("v", table.version),
                                  .source_type = "delta_table",
                                  .source = source.Dump()},
                      .tags = {{"mlflow.data.context", "training"}}});
  }
  run.AddInputs(inputs);
}

void RecordEvaluation(const Json& evaluation, RunRecorder& run) {
  run.AddParams(Json::MakeObject({{"protocol", evaluation.GetString("protocol")},
                                  {"segment", evaluation.GetString("segment")}}));
  RecordMetrics("", evaluation.At("metrics"), run);
  if (const Json* segments = evaluation.Find("segments")) {
    for (const auto& [name, segment] : segments->AsObject())
      RecordMetrics(name + "/", segment.At("metrics"), run);
  }
  if (const Json* validation = evaluation.Find("validation")) {
    for (const auto& [name, mean] : validation->AsObject())
      run.AddMetric("validation/" + MetricKey(name), mean.AsDouble());
  }
  run.AddMetric("seconds", evaluation.GetDouble("seconds"));
  run.AddText("evaluation.json", evaluation.Pretty());
  const std::string chart = MetricsChart(evaluation);
  if (!chart.empty()) run.AddText("plots/metrics.svg", chart);
}

void RecordTrial(const Recording& recording, const RunRecorder& search, const std::string& metric,
                 const Json& trial) {
  if (search.run_id().empty()) return;
  const int64_t now_ms = recording.clock->NowMs();
  const auto took_ms = static_cast<int64_t>(trial.GetDouble("seconds") * 1000);
  NewRecord record = NewRecordOf(recording, "tune", StrCat("trial ", trial.GetInt("trial")));
  record.parent_run_id = search.run_id();
  record.start_ms = now_ms - took_ms;
  RunRecorder run(recording.log, *recording.clock, record);
  run.AddParams(trial.At("settings"));
  const std::string state = trial.GetString("state");
  run.AddTag("marquee.trial", state);
  if (state == "failed") run.AddTag("error", trial.GetString("error"));
  if (const Json* value = trial.Find("value")) run.AddMetric(MetricKey(metric), value->AsDouble());
  if (const Json* epochs = trial.Find("epochs")) {
    int64_t epoch = 0;
    for (const Json& best : epochs->AsArray())
      run.AddMetric("validation", best.AsDouble(), ++epoch);
  }
  run.End(state == "failed" ? tracking::RunStatus::kFailed : tracking::RunStatus::kFinished);
}

std::optional<int64_t> RecordModel(const Recording& recording, const ModelStore& store,
                                   const ModelManifest& manifest, const Model& model,
                                   RunRecorder& run) {
  if (run.run_id().empty()) return std::nullopt;
  const std::filesystem::path folder = store.Folder(manifest.id);
  const auto path = [](std::string_view name) { return StrCat(kModelFolder, "/", name); };
  run.AddText(path("MLmodel"), MlModel(manifest, store.Bytes(manifest.id)).Pretty());
  run.AddText(path("input_example.json"), InputExample(model).Pretty());
  run.AddFile(path("manifest.json"), folder / "manifest.json");
  run.AddFile(path("MODEL_CARD.md"), folder / "MODEL_CARD.md");
  if (!KeepsPeople(manifest)) run.AddFile(path("model.bin"), folder / "model.bin");
  run.AddMetric("model_bytes", static_cast<double>(store.Bytes(manifest.id)));
  return run.Register(recording.model, std::string(kModelFolder), TagsOf(manifest));
}

int64_t RegisterVersion(const Recording& recording, ModelStore& store,
                        const ModelManifest& manifest) {
  if (const auto known = FindOrRegister(recording, manifest)) return *known;
  RunRecorder run(recording.log, *recording.clock,
                  NewRecordOf(recording, "models publish", "register " + manifest.id.name()));
  run.AddParams(Json::MakeObject({{"model", manifest.id.type}, {"threads", manifest.threads}}));
  run.AddParams(manifest.settings);
  if (manifest.evaluation.is_object()) RecordEvaluation(manifest.evaluation, run);
  ModelManifest recorded = manifest;
  recorded.run_id = run.run_id();
  if (!run.run_id().empty()) store.SetRun(manifest.id, run.run_id());
  const auto version = RecordModel(recording, store, recorded, *store.Load(manifest.id), run);
  run.End(version ? tracking::RunStatus::kFinished : tracking::RunStatus::kFailed);
  if (version) return *version;
  throw Error(Code::kUnavailable,
              StrCat(manifest.id.name(), " is not registered: ", run.problem()));
}

}  // namespace marquee
