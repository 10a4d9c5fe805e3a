#include "services/model_service.h"

#include <limits>
#include <string>

#include "base/error.h"
#include "base/json_fields.h"
#include "experiments/results.h"
#include "http/params.h"
#include "services/json_body.h"

namespace marquee {
namespace {

Json ModelBody(const http::Request& request, const char* other) {
  static constexpr std::string_view kModel[] = {"model"};
  return ObjectOf(request, kModel, std::vector<std::string>{"model", other});
}

const std::string& ModelField(const Json& body) {
  const Json& model = body.At("model");
  if (!model.is_string()) RefuseField("model", model, "a text: NAME or NAME vN");
  return model.AsString();
}

bool ForceField(const Json& body) {
  const Json* force = GivenField(body, "force");
  if (force != nullptr && !force->is_bool()) RefuseField("force", *force, "true or false");
  return force != nullptr && force->AsBool();
}

double ShareField(const Json& body) {
  const Json* share = GivenField(body, "share");
  if (share == nullptr) return 1;
  if (!share->is_number() || !(share->AsDouble() > 0 && share->AsDouble() <= 1))
    RefuseField("share", *share, "a number above 0, at most 1");
  return share->AsDouble();
}

Json TimeOrNull(int64_t time_ms) {
  const bool open = time_ms == 0 || time_ms == std::numeric_limits<int64_t>::max();
  return open ? Json() : Json(FormatUtc(time_ms));
}

Json RenderExperiment(const Experiment& experiment, int64_t now_ms) {
  Json arms = Json::MakeArray();
  for (const Arm& arm : experiment.arms) {
    arms.Append(Json::MakeObject({{"name", arm.name},
                                  {"weight", arm.weight},
                                  {"model", TextOrNull(arm.model)},
                                  {"diversity", arm.diversity ? Json(*arm.diversity) : Json()}}));
  }
  const bool split = experiment.kind == Experiment::Kind::kSplit;
  const bool conversion = experiment.metric == Experiment::Metric::kConversion;
  return Json::MakeObject({{"name", experiment.name},
                           {"kind", split ? "split" : "interleaving"},
                           {"metric", conversion ? "conversion" : "positives"},
                           {"share", experiment.share},
                           {"arms", std::move(arms)},
                           {"start", TimeOrNull(experiment.start_ms)},
                           {"end", TimeOrNull(experiment.end_ms)},
                           {"running", experiment.running(now_ms)}});
}

}  // namespace

http::Response ModelService::List(const http::Request& request) const {
  http::RequireKnownQuery(request, {});
  Json models = Json::MakeArray();
  for (const ModelManifest& manifest : store_.List()) {
    models.Append(Json::MakeObject({{"model", manifest.id.type},
                                    {"version", manifest.id.version},
                                    {"created", manifest.created},
                                    {"settings", manifest.settings},
                                    {"metrics", manifest.metrics}}));
  }
  return http::Json(
      Json::MakeObject({{"serving", models_.ToJson()}, {"models", std::move(models)}}));
}

http::Response ModelService::Outcome(const ProbeReport& report) const {
  return http::Json(Json::MakeObject(
      {{"champion", models_.ToJson().At("champion")}, {"probe", report.ToJson()}}));
}

http::Response ModelService::Publish(const http::Request& request) const {
  const Json body = ModelBody(request, "force");
  const bool force = ForceField(body);
  return Outcome(models_.Publish(store_.Named(ModelField(body)), force));
}

http::Response ModelService::RollBack(const http::Request& request) const {
  ObjectOf(request, {}, std::vector<std::string>{});
  return Outcome(models_.RollBack());
}

http::Response ModelService::StartShadow(const http::Request& request) const {
  const Json body = ModelBody(request, "share");
  const double share = ShareField(body);
  models_.StartShadow(store_.Named(ModelField(body)), share);
  return http::Json(models_.ToJson());
}

http::Response ModelService::EndShadow(const http::Request& request) const {
  http::RequireKnownQuery(request, {});
  models_.EndShadow();
  return http::Json(models_.ToJson());
}

http::Response ModelService::Experiments(const http::Request& request) const {
  http::RequireKnownQuery(request, {});
  Json list = Json::MakeArray();
  for (const Experiment& experiment : recommender_.experiments()->all())
    list.Append(RenderExperiment(experiment, clock_.NowMs()));
  return http::Json(Json::MakeObject({{"experiments", std::move(list)}}));
}

http::Response ModelService::ExperimentResults(const http::Request& request) const {
  http::RequireKnownQuery(request, {});
  const auto experiments = recommender_.experiments();
  const Experiment& experiment = experiments->Named(request.PathParam("name"));
  return http::Json(ToJson(experiment, ReadResults(log_, experiment, min_rating_, clock_.NowMs())));
}

}  // namespace marquee
