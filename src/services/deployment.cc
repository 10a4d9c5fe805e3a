#include "services/deployment.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/json.h"
#include "base/text.h"
#include "services/flow_routes.h"
#include "services/tracking_routes.h"

namespace marquee {
namespace {

constexpr std::array kOfEveryProcess = std::to_array<std::string_view>(
    {"/", "/docs", "/openapi.json", "/openapi.yaml", "/health", "/health/live", "/health/ready",
     "/metrics", "/oauth/token", "/oauth/jwks", "/keys", "/keys/{key_id}", "/audit"});
constexpr std::array kOfCollect =
    std::to_array<std::string_view>({"/log_interaction", "/events", "/users/{user_id}/history"});
// They ask with POST because a query would not hold what they ask.
constexpr std::array kOnlyAsks = std::to_array<std::string_view>(
    {"/recommend/session", "/recommend/batch", "/users/recommendations"});

template <size_t n>
bool IsIn(const std::array<std::string_view, n>& patterns, std::string_view pattern) {
  return std::ranges::find(patterns, pattern) != patterns.end();
}

bool HasKey(const Json& event) {
  return event.is_object() && !event.GetString("idempotency_key").empty();
}

bool EveryEventHasAKey(const std::string& body) {
  try {
    const Json json = Json::Parse(body);
    if (!json.is_array()) return HasKey(json);
    return std::ranges::all_of(json.AsArray(), HasKey);
  } catch (const Error&) {
    return false;
  }
}

// Which has no gateway before it: its files are too large to pass on.
constexpr std::string_view kTracking = "tracking";

void RefuseRoute(const std::string& owner, const std::string& here, const std::string& hint,
                 http::Route* route) {
  route->runs = http::Runs::kOnLoop;
  route->handler = [owner, here, hint](const http::Request& request) -> http::Response {
    throw Error(Code::kNotFound,
                StrCat(request.route, " is served by ", owner, ", and this is ", here), hint);
  };
}

}  // namespace

std::string_view ServiceOf(const http::Route& route) {
  if (IsIn(kOfEveryProcess, route.pattern)) return "";
  if (IsTrackingPath(route.pattern) || route.pattern == "/version") return "tracking";
  if (IsFlowPath(route.pattern)) return "flow";
  return IsIn(kOfCollect, route.pattern) ? "collect" : "recommend";
}

bool IsRepeatable(const http::Request& request) {
  if (request.method == "GET" || request.method == "HEAD" || request.method == "OPTIONS") {
    return true;
  }
  if (request.method != "POST") return false;
  if (IsIn(kOnlyAsks, request.route)) return true;
  return IsIn(kOfCollect, request.route) && EveryEventHasAKey(request.body);
}

void KeepRoutesOf(std::string_view service, http::Router* router) {
  router->Rehandle([&](http::Route* route) {
    const std::string owner(ServiceOf(*route));
    if (owner.empty() || owner == service) return;
    const bool behind_gateway = owner != kTracking;
    RefuseRoute(owner, std::string(service),
                StrCat("send it to ", owner,
                       behind_gateway ? ", or to the gateway: marquee serve web"
                                      : ", which has a port of its own"),
                route);
  });
}

void ForwardRoutes(const std::vector<std::unique_ptr<Forwarder>>& services, http::Router* router) {
  router->Rehandle([&](http::Route* route) {
    const std::string_view owner = ServiceOf(*route);
    if (owner.empty()) return;
    const auto found = std::ranges::find(
        services, owner, [](const auto& service) { return std::string_view(service->service()); });
    if (found == services.end()) {
      const std::string more =
          owner == kTracking ? std::string() : StrCat(", or say where it is: services.", owner);
      return RefuseRoute(std::string(owner), "web",
                         StrCat("send it to ", owner, ", which has a port of its own", more),
                         route);
    }
    route->runs = http::Runs::kOnWorker;
    route->handler = [service = found->get()](const http::Request& request) {
      return service->Forward(request, IsRepeatable(request));
    };
  });
}

}  // namespace marquee
