// The API of a home: engine, services and server, started in order and stopped in reverse.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "http/server.h"
#include "metrics/registry.h"
#include "recommend/engine.h"
#include "services/http_metrics.h"
#include "services/recommend_service.h"
#include "services/status_service.h"

namespace marquee {

class Serving {
 public:
  // `clock` must outlive it. Does not listen yet.
  Serving(std::shared_ptr<const ModelBundle> bundle, http::ServerOptions options,
          const Clock& clock);
  // Throws what http::Server::Start throws.
  void Start() { server_.Start(); }
  // Finishes the requests under way, in less than five seconds.
  void Stop() { server_.Stop(); }
  uint16_t port() const { return server_.port(); }
  const RecommendEngine& engine() const { return engine_; }

 private:
  MetricsRegistry metrics_;
  HttpMetrics http_metrics_;
  RecommendEngine engine_;
  RecommendService recommend_;
  StatusService status_;
  http::Server server_;
};

}  // namespace marquee
