#include "app/flow_server.h"

#include <utility>

#include "services/deployment.h"
#include "services/routes.h"

namespace marquee {
namespace {

http::Router FlowAlone(const HealthService& health, const AuthService& auth,
                       const FlowService& flow) {
  http::Router router = MakeRouter({.health = &health, .auth = &auth, .flow = &flow});
  KeepRoutesOf("flow", &router);
  AnswerHealthAsAirflow(&flow, &router);
  return router;
}

}  // namespace

FlowServer::FlowServer(Flow& flow, Environment& environment, Security& security,
                       http::ServerOptions options)
    : flow_(flow),
      environment_(environment),
      health_(metrics_, {{"database", [&flow] { return flow.Problem(); }}}),
      server_(std::move(options), FlowAlone(health_, security.service(), flow.service()),
              http_metrics_, security.guards()) {}

void FlowServer::Start() {
  flow_.AddDags();
  server_.Start();
  runner_.emplace(flow_, environment_, metrics_);
}

void FlowServer::Stop() {
  server_.Stop();
  runner_.reset();
}

}  // namespace marquee
