// The tracking service alone.
#pragma once

#include <cstdint>

#include "app/security.h"
#include "app/tracking.h"
#include "http/server.h"
#include "metrics/registry.h"
#include "services/health_service.h"
#include "services/http_metrics.h"

namespace marquee {

class TrackingServer {
 public:
  // What is passed in must outlive it. Does not listen yet.
  TrackingServer(Tracking& tracking, Security& security, http::ServerOptions options);
  // Throws what http::Server::Start throws.
  void Start() { server_.Start(); }
  // As those of Serving.
  void Poll() {}
  void Drain() { health_.Drain(); }
  void Stop() { server_.Stop(); }
  uint16_t port() const { return server_.port(); }

 private:
  MetricsRegistry metrics_;
  HttpMetrics http_metrics_{metrics_};
  HealthService health_;
  http::Server server_;
};

}  // namespace marquee
