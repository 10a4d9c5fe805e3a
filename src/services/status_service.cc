#include "services/status_service.h"

#include "base/json_fields.h"
#include "base/version.h"
#include "http/params.h"

namespace marquee {
namespace {

Json RenderRules(const RulesState& state) {
  return Json::MakeObject(
      {{"loaded_at", state.loaded_ms == 0 ? Json() : Json(FormatUtc(state.loaded_ms))},
       {"error", TextOrNull(state.error)},
       {"warnings", Json(Json::Array(state.warnings.begin(), state.warnings.end()))}});
}

}  // namespace

StatusService::StatusService(const RecommendEngine& engine, const MetricsRegistry& metrics,
                             const Clock& clock, std::string simd_level)
    : engine_(engine),
      metrics_(metrics),
      clock_(clock),
      simd_level_(std::move(simd_level)),
      started_ms_(clock.NowMs()) {}

http::Response StatusService::Health(const http::Request& request) const {
  http::RequireKnownQuery(request, {});
  return http::Json(Json::MakeObject({{"status", "ok"}}));
}

http::Response StatusService::Status(const http::Request& request) const {
  http::RequireKnownQuery(request, {});
  const auto bundle = engine_.bundle();
  return http::Json(Json::MakeObject({
      {"version", Version()},
      {"uptime_seconds", (clock_.NowMs() - started_ms_) / 1000},
      {"model", bundle->name},
      {"model_type", bundle->model->type()},
      {"loaded_at", FormatUtc(bundle->loaded_ms)},
      {"users", bundle->interactions.num_users()},
      {"items", bundle->interactions.num_items()},
      {"interactions", bundle->interactions.nnz()},
      {"simd", simd_level_},
      {"rules", RenderRules(engine_.rules_state())},
  }));
}

http::Response StatusService::Metrics(const http::Request& request) const {
  http::RequireKnownQuery(request, {});
  http::Response response;
  response.content_type = MetricsRegistry::TextContentType();
  response.body = metrics_.Text();
  return response;
}

}  // namespace marquee
