#include "services/registry_service.h"

#include <optional>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "services/tracking_fields.h"
#include "services/tracking_json.h"
#include "services/tracking_requests.h"
#include "tracking/names.h"

namespace marquee {
namespace {

constexpr int64_t kModelsPage = 100;
constexpr int64_t kMostModels = 1000;
constexpr int64_t kMostVersions = 200'000;

std::string NameOf(const TrackingFields& fields) { return fields.RequiredText("name"); }

int64_t VersionOf(const TrackingFields& fields) {
  const std::string text = fields.RequiredText("version");
  const std::optional<int64_t> version = ParseInt(text);
  if (version) return *version;
  throw Error(Code::kInvalidArgument,
              StrCat("Parameter 'version' must be an integer, got '", text, "'."),
              "give its number");
}

tracking::Stage StageOf(const std::string& text) {
  const std::optional<tracking::Stage> stage = tracking::ParseStage(text);
  if (stage) return *stage;
  throw Error(Code::kInvalidArgument,
              StrCat("Invalid Model Version stage: ", text,
                     ". Value must be one of None, Staging, Production, Archived."),
              "give one of these");
}

tracking::Tag TagOf(const TrackingFields& fields) {
  return {fields.RequiredText("key"), fields.Text("value")};
}

http::Response ModelAnswer(const tracking::RegisteredModel& model) {
  return http::Json(Json::MakeObject({{"registered_model", RenderRegisteredModel(model)}}));
}

http::Response VersionAnswer(const tracking::ModelVersion& version) {
  return http::Json(Json::MakeObject({{"model_version", RenderModelVersion(version)}}));
}

tracking::RegistrySearch RegistrySearchOf(const TrackingFields& fields, int64_t fallback,
                                          int64_t max) {
  return {.filter = fields.Text("filter"),
          .order_by = fields.Texts("order_by"),
          .max_results = fields.IntWithin("max_results", fallback, 1, max),
          .page = fields.Text("page_token")};
}

}  // namespace

http::Response RegistryService::CreateModel(const http::Request& request) const {
  const auto fields = TrackingFields::Of(request);
  return ModelAnswer(registry_.CreateModel({.name = NameOf(fields),
                                            .description = fields.Text("description"),
                                            .tags = PairsOf(fields, "tags")}));
}

http::Response RegistryService::RenameModel(const http::Request& request) const {
  const auto fields = TrackingFields::Of(request);
  return ModelAnswer(registry_.RenameModel(NameOf(fields), fields.RequiredText("new_name")));
}

http::Response RegistryService::UpdateModel(const http::Request& request) const {
  const auto fields = TrackingFields::Of(request);
  return ModelAnswer(registry_.DescribeModel(NameOf(fields), fields.Text("description")));
}

http::Response RegistryService::DeleteModel(const http::Request& request) const {
  registry_.DeleteModel(NameOf(TrackingFields::Of(request)));
  return NothingToSay();
}

http::Response RegistryService::GetModel(const http::Request& request) const {
  return ModelAnswer(registry_.GetModel(NameOf(TrackingFields::Of(request))));
}

http::Response RegistryService::SearchModels(const http::Request& request) const {
  const auto search = RegistrySearchOf(TrackingFields::Of(request), kModelsPage, kMostModels);
  return http::Json(
      RenderPage("registered_models", registry_.SearchModels(search), RenderRegisteredModel));
}

http::Response RegistryService::SetModelTag(const http::Request& request) const {
  const auto fields = TrackingFields::Of(request);
  registry_.SetModelTag(NameOf(fields), TagOf(fields));
  return NothingToSay();
}

http::Response RegistryService::DeleteModelTag(const http::Request& request) const {
  const auto fields = TrackingFields::Of(request);
  registry_.DeleteModelTag(NameOf(fields), fields.RequiredText("key"));
  return NothingToSay();
}

http::Response RegistryService::GetLatestVersions(const http::Request& request) const {
  const auto fields = TrackingFields::Of(request);
  std::vector<tracking::Stage> stages;
  for (const std::string& stage : fields.Texts("stages")) stages.push_back(StageOf(stage));
  const tracking::Page<tracking::ModelVersion> latest{
      registry_.LatestVersions(NameOf(fields), stages), ""};
  return http::Json(RenderPage("model_versions", latest, RenderModelVersion));
}

http::Response RegistryService::SetAlias(const http::Request& request) const {
  const auto fields = TrackingFields::Of(request);
  registry_.SetAlias(NameOf(fields), fields.RequiredText("alias"), VersionOf(fields));
  return NothingToSay();
}

http::Response RegistryService::DeleteAlias(const http::Request& request) const {
  const auto fields = TrackingFields::Of(request);
  registry_.DeleteAlias(NameOf(fields), fields.RequiredText("alias"));
  return NothingToSay();
}

http::Response RegistryService::GetVersionOfAlias(const http::Request& request) const {
  const auto fields = TrackingFields::Of(request);
  return VersionAnswer(registry_.VersionOfAlias(NameOf(fields), fields.RequiredText("alias")));
}

http::Response RegistryService::CreateVersion(const http::Request& request) const {
  const auto fields = TrackingFields::Of(request);
  return VersionAnswer(registry_.CreateVersion({.name = NameOf(fields),
                                                .source = fields.RequiredText("source"),
                                                .run_id = fields.Text("run_id"),
                                                .run_link = fields.Text("run_link"),
                                                .description = fields.Text("description"),
                                                .model_id = fields.Text("model_id"),
                                                .tags = PairsOf(fields, "tags")}));
}

http::Response RegistryService::UpdateVersion(const http::Request& request) const {
  const auto fields = TrackingFields::Of(request);
  return VersionAnswer(
      registry_.DescribeVersion(NameOf(fields), VersionOf(fields), fields.Text("description")));
}

http::Response RegistryService::DeleteVersion(const http::Request& request) const {
  const auto fields = TrackingFields::Of(request);
  registry_.DeleteVersion(NameOf(fields), VersionOf(fields));
  return NothingToSay();
}

http::Response RegistryService::GetVersion(const http::Request& request) const {
  const auto fields = TrackingFields::Of(request);
  return VersionAnswer(registry_.GetVersion(NameOf(fields), VersionOf(fields)));
}

http::Response RegistryService::SearchVersions(const http::Request& request) const {
  const auto search = RegistrySearchOf(TrackingFields::Of(request), kMostVersions, kMostVersions);
  return http::Json(
      RenderPage("model_versions", registry_.SearchVersions(search), RenderModelVersion));
}

http::Response RegistryService::GetDownloadUri(const http::Request& request) const {
  const auto fields = TrackingFields::Of(request);
  return http::Json(Json::MakeObject(
      {{"artifact_uri", registry_.DownloadUri(NameOf(fields), VersionOf(fields))}}));
}

http::Response RegistryService::TransitionStage(const http::Request& request) const {
  const auto fields = TrackingFields::Of(request);
  return VersionAnswer(registry_.MoveToStage(NameOf(fields), VersionOf(fields),
                                             StageOf(fields.RequiredText("stage")),
                                             fields.Bool("archive_existing_versions", false)));
}

http::Response RegistryService::SetVersionTag(const http::Request& request) const {
  const auto fields = TrackingFields::Of(request);
  registry_.SetVersionTag(NameOf(fields), VersionOf(fields), TagOf(fields));
  return NothingToSay();
}

http::Response RegistryService::DeleteVersionTag(const http::Request& request) const {
  const auto fields = TrackingFields::Of(request);
  registry_.DeleteVersionTag(NameOf(fields), VersionOf(fields), fields.RequiredText("key"));
  return NothingToSay();
}

}  // namespace marquee
