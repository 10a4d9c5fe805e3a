#include "services/health_service.h"

#include "base/text.h"
#include "http/params.h"

namespace marquee {

http::Response HealthService::Live(const http::Request& request) const {
  http::RequireKnownQuery(request, {});
  return http::Json(Json::MakeObject({{"status", "ok"}}));
}

http::Response HealthService::Ready(const http::Request& request) const {
  http::RequireKnownQuery(request, {});
  if (draining_) {
    throw http::StatusError(503, Code::kUnavailable, "not ready: this server is about to stop",
                            "send requests to another one");
  }
  for (const Check& check : checks_) {
    const std::string problem = check.problem();
    if (problem.empty()) continue;
    throw http::StatusError(503, Code::kUnavailable,
                            StrCat("not ready: ", check.name, ": ", problem),
                            "send requests to another one until it is");
  }
  return http::Json(Json::MakeObject({{"status", "ready"}}));
}

http::Response HealthService::Metrics(const http::Request& request) const {
  http::RequireKnownQuery(request, {});
  http::Response response;
  response.content_type = MetricsRegistry::TextContentType();
  response.body = metrics_.Text();
  return response;
}

}  // namespace marquee
