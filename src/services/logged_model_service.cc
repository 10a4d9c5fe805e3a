#include "services/logged_model_service.h"

#include <utility>

#include "base/json_fields.h"
#include "services/artifact_service.h"
#include "services/tracking_fields.h"
#include "services/tracking_json.h"
#include "services/tracking_requests.h"
#include "tracking/names.h"

namespace marquee {
namespace {

constexpr int64_t kModelsOfAPage = 50;
constexpr int64_t kMostModelsOfAPage = 50'000;

http::Response ModelAnswer(const tracking::LoggedModel& model) {
  return http::Json(Json::MakeObject({{"model", RenderLoggedModel(model)}}));
}

tracking::DatasetName DatasetNameOf(const TrackingFields& fields) {
  return {fields.Text("dataset_name"), fields.Text("dataset_digest")};
}

}  // namespace

http::Response LoggedModelService::Create(const http::Request& request) const {
  const auto fields = TrackingFields::Of(request);
  return ModelAnswer(store_.Create({.experiment_id = ExperimentIdOf(fields),
                                    .name = fields.Text("name"),
                                    .model_type = fields.Text("model_type"),
                                    .source_run_id = fields.Text("source_run_id"),
                                    .params = PairsOf(fields, "params"),
                                    .tags = PairsOf(fields, "tags")}));
}

http::Response LoggedModelService::Get(const http::Request& request) const {
  return ModelAnswer(store_.Get(request.PathParam("model_id")));
}

http::Response LoggedModelService::Finalize(const http::Request& request) const {
  const std::string text = TrackingFields::Of(request).RequiredText("status");
  const auto status = tracking::ParseModelStatus(text);
  if (!status) RefuseField("status", text, "LOGGED_MODEL_READY or LOGGED_MODEL_UPLOAD_FAILED");
  return ModelAnswer(store_.SetStatus(request.PathParam("model_id"), *status));
}

http::Response LoggedModelService::Delete(const http::Request& request) const {
  store_.Delete(request.PathParam("model_id"));
  return NothingToSay();
}

http::Response LoggedModelService::Search(const http::Request& request) const {
  const auto fields = TrackingFields::Of(request);
  tracking::LoggedModelSearch search{
      .experiment_ids = ExperimentIdsOf(fields),
      .filter = fields.Text("filter"),
      .max_results = fields.IntWithin("max_results", kModelsOfAPage, 1, kMostModelsOfAPage),
      .page = fields.Text("page_token")};
  for (const auto& by : fields.Objects("order_by")) {
    search.order_by.push_back(
        {by.RequiredText("field_name"), by.Bool("ascending", true), DatasetNameOf(by)});
  }
  for (const auto& dataset : fields.Objects("datasets")) {
    search.datasets.push_back(DatasetNameOf(dataset));
  }
  return http::Json(RenderPage("models", store_.Search(search), RenderLoggedModel));
}

http::Response LoggedModelService::SetTags(const http::Request& request) const {
  store_.SetTags(request.PathParam("model_id"), PairsOf(TrackingFields::Of(request), "tags"));
  return NothingToSay();
}

http::Response LoggedModelService::DeleteTag(const http::Request& request) const {
  store_.DeleteTag(request.PathParam("model_id"), request.PathParam("tag_key"));
  return NothingToSay();
}

http::Response LoggedModelService::LogParams(const http::Request& request) const {
  store_.AddParams(request.PathParam("model_id"), PairsOf(TrackingFields::Of(request), "params"));
  return NothingToSay();
}

http::Response LoggedModelService::ListArtifacts(const http::Request& request) const {
  const std::string path = TrackingFields::Of(request).Text("artifact_directory_path");
  const std::string root = store_.Get(request.PathParam("model_id")).artifact_uri;
  return http::Json(RenderFilesBelow(artifacts_, root, path));
}

}  // namespace marquee
