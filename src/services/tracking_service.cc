#include "services/tracking_service.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "services/tracking_fields.h"
#include "services/tracking_json.h"
#include "services/tracking_requests.h"
#include "tracking/names.h"

namespace marquee {
namespace {

constexpr int64_t kMaxPage = 50'000;
constexpr int64_t kMaxBulkResults = 25'000;

http::Response ExperimentAnswer(const tracking::Experiment& experiment) {
  return http::Json(Json::MakeObject({{"experiment", RenderExperiment(experiment)}}));
}

http::Response RunAnswer(const tracking::Run& run) {
  return http::Json(Json::MakeObject({{"run", RenderRun(run)}}));
}

tracking::ExperimentSearch ExperimentSearchOf(const TrackingFields& fields, int64_t fallback) {
  return {.filter = fields.Text("filter"),
          .order_by = fields.Texts("order_by"),
          .view = ViewOf(fields, "view_type"),
          .max_results = fields.IntWithin("max_results", fallback, 1, kMaxPage),
          .page = fields.Text("page_token")};
}

// {"metrics": [...], "next_page_token"} as text: a history may have a million rows, which as values
// would take ten times the memory.
class HistoryText {
 public:
  void Add(const tracking::Metric& metric) {
    text_ += first_ ? "{\"metrics\":[" : ",";
    first_ = false;
    text_ += RenderMetric(metric).Dump();
  }
  http::Response Finish(const std::string& next) {
    if (first_) return NothingToSay();
    text_ += "]";
    if (!next.empty()) text_ += ",\"next_page_token\":" + Json(next).Dump();
    return http::JsonText(std::move(text_) + "}");
  }

 private:
  std::string text_;
  bool first_ = true;
};

http::Response MetricsAnswer(const std::vector<tracking::Metric>& metrics) {
  HistoryText text;
  for (const tracking::Metric& metric : metrics) text.Add(metric);
  return text.Finish("");
}

// Checked as MLflow does; the entry of the tag mlflow.log-model.history.
Json ModelEntryOf(const std::string& model_json) {
  Json entry;
  try {
    entry = Json::Parse(model_json);
  } catch (const Error& error) {
    throw error.WithContext("Malformed model info");
  }
  for (const char* field : {"artifact_path", "flavors", "utc_time_created", "run_id"}) {
    if (entry.Find(field) != nullptr) continue;
    throw Error(Code::kInvalidArgument,
                StrCat("model_json is missing mandatory field '", field, "'"), "add it");
  }
  return entry;
}

tracking::DatasetInput DatasetInputOf(const TrackingFields& fields) {
  const TrackingFields dataset = fields.RequiredObject("dataset");
  return {.dataset = {.name = dataset.RequiredText("name"),
                      .digest = dataset.RequiredText("digest"),
                      .source_type = dataset.RequiredText("source_type"),
                      .source = dataset.RequiredText("source"),
                      .schema = dataset.Text("schema"),
                      .profile = dataset.Text("profile")},
          .tags = PairsOf(fields, "tags")};
}

}  // namespace

http::Response TrackingService::CreateExperiment(const http::Request& request) const {
  const auto fields = TrackingFields::Of(request);
  const int64_t id = store_.CreateExperiment({.name = fields.RequiredText("name"),
                                              .artifact_location = fields.Text("artifact_location"),
                                              .tags = PairsOf(fields, "tags")});
  return http::Json(Json::MakeObject({{"experiment_id", std::to_string(id)}}));
}

http::Response TrackingService::SearchExperiments(const http::Request& request) const {
  const auto fields = TrackingFields::Of(request);
  const auto page = store_.SearchExperiments(ExperimentSearchOf(fields, 0));
  return http::Json(RenderPage("experiments", page, RenderExperiment));
}

http::Response TrackingService::ListExperiments(const http::Request& request) const {
  const auto fields = TrackingFields::Of(request);
  const auto page = store_.SearchExperiments(ExperimentSearchOf(fields, kMaxPage));
  return http::Json(RenderPage("experiments", page, RenderExperiment));
}

http::Response TrackingService::GetExperiment(const http::Request& request) const {
  return ExperimentAnswer(store_.GetExperiment(ExperimentIdOf(TrackingFields::Of(request))));
}

http::Response TrackingService::GetExperimentByName(const http::Request& request) const {
  const std::string name = TrackingFields::Of(request).RequiredText("experiment_name");
  const std::optional<tracking::Experiment> found = store_.FindExperiment(name);
  if (found) return ExperimentAnswer(*found);
  throw Error(Code::kNotFound, StrCat("Could not find experiment with name '", name, "'"),
              "check the name");
}

http::Response TrackingService::DeleteExperiment(const http::Request& request) const {
  store_.DeleteExperiment(ExperimentIdOf(TrackingFields::Of(request)));
  return NothingToSay();
}

http::Response TrackingService::RestoreExperiment(const http::Request& request) const {
  store_.RestoreExperiment(ExperimentIdOf(TrackingFields::Of(request)));
  return NothingToSay();
}

http::Response TrackingService::UpdateExperiment(const http::Request& request) const {
  const auto fields = TrackingFields::Of(request);
  const int64_t id = ExperimentIdOf(fields);
  if (const std::string name = fields.Text("new_name"); !name.empty()) {
    store_.RenameExperiment(id, name);
  }
  return NothingToSay();
}

http::Response TrackingService::SetExperimentTag(const http::Request& request) const {
  const auto fields = TrackingFields::Of(request);
  store_.SetExperimentTag(ExperimentIdOf(fields),
                          {fields.RequiredText("key"), fields.PresentText("value")});
  return NothingToSay();
}

http::Response TrackingService::DeleteExperimentTag(const http::Request& request) const {
  const auto fields = TrackingFields::Of(request);
  store_.DeleteExperimentTag(ExperimentIdOf(fields), fields.RequiredText("key"));
  return NothingToSay();
}

http::Response TrackingService::SearchDatasets(const http::Request& request) const {
  const auto ids = ExperimentIdsOf(TrackingFields::Of(request));
  const tracking::Page<tracking::DatasetSummary> page{store_.SearchDatasets(ids), ""};
  return http::Json(RenderPage("dataset_summaries", page, RenderDatasetSummary));
}

http::Response TrackingService::CreateRun(const http::Request& request) const {
  const auto fields = TrackingFields::Of(request);
  return RunAnswer(store_.CreateRun(
      {.experiment_id = fields.Text("experiment_id").empty() ? 0 : ExperimentIdOf(fields),
       .name = fields.Text("run_name"),
       .user_id = fields.Text("user_id"),
       .start_ms = fields.Int("start_time"),
       .tags = PairsOf(fields, "tags")}));
}

http::Response TrackingService::UpdateRun(const http::Request& request) const {
  const auto fields = TrackingFields::Of(request);
  tracking::RunUpdate update{.status = tracking::ParseRunStatus(fields.Text("status")),
                             .end_ms = fields.Int("end_time")};
  if (const std::string name = fields.Text("run_name"); !name.empty()) update.name = name;
  const tracking::RunInfo info = store_.UpdateRun(RunIdOf(fields), update);
  return http::Json(Json::MakeObject({{"run_info", RenderRunInfo(info)}}));
}

http::Response TrackingService::DeleteRun(const http::Request& request) const {
  store_.DeleteRun(RunIdOf(TrackingFields::Of(request)));
  return NothingToSay();
}

http::Response TrackingService::RestoreRun(const http::Request& request) const {
  store_.RestoreRun(RunIdOf(TrackingFields::Of(request)));
  return NothingToSay();
}

http::Response TrackingService::GetRun(const http::Request& request) const {
  return RunAnswer(store_.GetRun(RunIdOf(TrackingFields::Of(request))));
}

http::Response TrackingService::SearchRuns(const http::Request& request) const {
  const auto fields = TrackingFields::Of(request);
  const auto page =
      store_.SearchRuns({.experiment_ids = ExperimentIdsOf(fields),
                         .filter = fields.Text("filter"),
                         .order_by = fields.Texts("order_by"),
                         .view = ViewOf(fields, "run_view_type"),
                         .max_results = fields.IntWithin("max_results", 1000, 1, kMaxPage),
                         .page = fields.Text("page_token")});
  return http::Json(RenderPage("runs", page, RenderRun));
}

http::Response TrackingService::LogMetric(const http::Request& request) const {
  const auto fields = TrackingFields::Of(request);
  store_.Log(RunIdOf(fields), {.metrics = {MetricOf(fields)}});
  return NothingToSay();
}

http::Response TrackingService::LogParameter(const http::Request& request) const {
  const auto fields = TrackingFields::Of(request);
  store_.Log(RunIdOf(fields),
             {.params = {{fields.RequiredText("key"), fields.PresentText("value")}}});
  return NothingToSay();
}

http::Response TrackingService::SetTag(const http::Request& request) const {
  const auto fields = TrackingFields::Of(request);
  store_.Log(RunIdOf(fields),
             {.tags = {{fields.RequiredText("key"), fields.PresentText("value")}}});
  return NothingToSay();
}

http::Response TrackingService::DeleteTag(const http::Request& request) const {
  const auto fields = TrackingFields::Of(request);
  store_.DeleteRunTag(RunIdOf(fields), fields.RequiredText("key"));
  return NothingToSay();
}

http::Response TrackingService::LogBatch(const http::Request& request) const {
  const auto fields = TrackingFields::Of(request);
  tracking::LogBatch batch{.params = PairsOf(fields, "params"), .tags = PairsOf(fields, "tags")};
  for (const TrackingFields& metric : fields.Objects("metrics")) {
    batch.metrics.push_back(MetricOf(metric));
  }
  store_.Log(RunIdOf(fields), batch);
  return NothingToSay();
}

http::Response TrackingService::LogModel(const http::Request& request) const {
  const auto fields = TrackingFields::Of(request);
  store_.AppendToTag(RunIdOf(fields), "mlflow.log-model.history",
                     ModelEntryOf(fields.RequiredText("model_json")));
  return NothingToSay();
}

http::Response TrackingService::LogInputs(const http::Request& request) const {
  const auto fields = TrackingFields::Of(request);
  std::vector<tracking::DatasetInput> datasets;
  for (const auto& dataset : fields.Objects("datasets")) {
    datasets.push_back(DatasetInputOf(dataset));
  }
  std::vector<std::string> models;
  for (const auto& model : fields.Objects("models")) {
    models.push_back(model.RequiredText("model_id"));
  }
  store_.LogInputs(RunIdOf(fields), datasets, models);
  return NothingToSay();
}

http::Response TrackingService::LogOutputs(const http::Request& request) const {
  const auto fields = TrackingFields::Of(request);
  std::vector<tracking::ModelOutput> outputs;
  for (const auto& model : fields.Objects("models")) {
    outputs.push_back({model.RequiredText("model_id"), model.Int("step").value_or(0)});
  }
  store_.LogOutputs(RunIdOf(fields), outputs);
  return NothingToSay();
}

http::Response TrackingService::GetHistory(const http::Request& request) const {
  const auto fields = TrackingFields::Of(request);
  const int64_t all = 0;
  const int64_t max_results =
      fields.IntWithin("max_results", all, 0, std::numeric_limits<int32_t>::max());
  HistoryText text;
  const std::string next = store_.ReadHistory(
      RunIdOf(fields), fields.RequiredText("metric_key"), max_results, fields.Text("page_token"),
      [&](const tracking::Metric& metric) { text.Add(metric); });
  return text.Finish(next);
}

http::Response TrackingService::GetHistoryBulk(const http::Request& request) const {
  const auto fields = TrackingFields::Of(request);
  constexpr auto kLeast = std::numeric_limits<int64_t>::min();
  constexpr auto kMost = std::numeric_limits<int64_t>::max();
  return MetricsAnswer(store_.HistoryOfRuns(
      fields.Texts("run_id"), fields.RequiredText("metric_key"), {kLeast, kMost},
      fields.IntWithin("max_results", kMaxBulkResults, 1, kMaxBulkResults)));
}

http::Response TrackingService::GetHistoryBulkInterval(const http::Request& request) const {
  const auto fields = TrackingFields::Of(request);
  constexpr auto kLeast = std::numeric_limits<int64_t>::min();
  constexpr auto kMost = std::numeric_limits<int64_t>::max();
  return MetricsAnswer(store_.HistoryOfRuns(
      fields.Texts("run_ids"), fields.RequiredText("metric_key"),
      {fields.Int("start_step").value_or(kLeast), fields.Int("end_step").value_or(kMost)},
      fields.IntWithin("max_results", kMaxBulkResults, 1, kMaxBulkResults)));
}

}  // namespace marquee
