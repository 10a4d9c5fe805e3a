// The flow service alone: its scheduler and its API.
#pragma once

#include <cstdint>
#include <optional>

#include "app/flow.h"
#include "app/security.h"
#include "http/server.h"
#include "metrics/registry.h"
#include "services/health_service.h"
#include "services/http_metrics.h"

namespace marquee {

class FlowServer {
 public:
  // What is passed in must outlive it. Does not listen yet.
  FlowServer(Flow& flow, Environment& environment, Security& security, http::ServerOptions options);
  // Begins to schedule, too. Throws what http::Server::Start throws.
  void Start();
  // As those of Serving.
  void Poll() {}
  void Drain() { health_.Drain(); }
  void Stop();
  uint16_t port() const { return server_.port(); }

 private:
  Flow& flow_;
  Environment& environment_;
  MetricsRegistry metrics_;
  HttpMetrics http_metrics_{metrics_};
  HealthService health_;
  http::Server server_;
  std::optional<FlowRunner> runner_;
};

}  // namespace marquee
