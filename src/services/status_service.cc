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

StatusService::StatusService(const RecommendEngine& engine, const Clock& clock,
                             std::string simd_level)
    : engine_(engine),
      clock_(clock),
      simd_level_(std::move(simd_level)),
      started_ms_(clock.NowMs()) {}

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

}  // namespace marquee
