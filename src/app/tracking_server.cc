#include "app/tracking_server.h"

#include <utility>

#include "services/deployment.h"
#include "services/routes.h"

namespace marquee {
namespace {

http::Router TrackingAlone(const HealthService& health, const AuthService& auth,
                           const TrackingServices& tracking) {
  http::Router router = MakeRouter({.health = &health, .auth = &auth, .tracking = &tracking});
  KeepRoutesOf("tracking", &router);
  AnswerHealthAsMlflow(&router);
  return router;
}

}  // namespace

TrackingServer::TrackingServer(Tracking& tracking, Security& security, http::ServerOptions options)
    : health_(metrics_, {{"database", [&tracking] { return tracking.Problem(); }}}),
      server_(std::move(options), TrackingAlone(health_, security.service(), tracking.services()),
              http_metrics_, security.guards()) {}

}  // namespace marquee
