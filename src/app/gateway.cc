#include "app/gateway.h"

#include <string>
#include <utility>

#include "base/text.h"
#include "services/deployment.h"
#include "services/routes.h"

namespace marquee {
namespace {

std::vector<HealthService::Check> ChecksOf(
    const std::vector<std::unique_ptr<Forwarder>>& services) {
  std::vector<HealthService::Check> checks;
  for (const auto& service : services) {
    checks.push_back({StrCat("service ", service->service()), [&forwarder = *service] {
                        return std::string(forwarder.available() ? "" : "no replica answers");
                      }});
  }
  return checks;
}

http::Router RoutesTo(const std::vector<std::unique_ptr<Forwarder>>& services,
                      const HealthService& health, const AuthService& auth) {
  http::Router router = MakeRouter({.health = &health, .auth = &auth});
  ForwardRoutes(services, &router);
  return router;
}

}  // namespace

Gateway::Gateway(std::vector<std::unique_ptr<Forwarder>> services, Security& security,
                 http::ServerOptions options)
    : services_(std::move(services)),
      health_(metrics_, ChecksOf(services_)),
      server_(std::move(options), RoutesTo(services_, health_, security.service()), http_metrics_,
              security.guards()) {}

}  // namespace marquee
