// The web service alone: pages here, all else passed on to the services that have it.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "app/security.h"
#include "base/clock.h"
#include "gateway/forwarder.h"
#include "http/server.h"
#include "metrics/registry.h"
#include "services/health_service.h"
#include "services/http_metrics.h"

namespace marquee {

class Gateway {
 public:
  // `security` must outlive it. Does not listen yet.
  Gateway(std::vector<std::unique_ptr<Forwarder>> services, Security& security,
          http::ServerOptions options);
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
  const std::vector<std::unique_ptr<Forwarder>> services_;
  HealthService health_;
  http::Server server_;
};

}  // namespace marquee
