// Whether this process runs, whether it should be sent requests, and how it fares.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "http/message.h"
#include "metrics/registry.h"

namespace marquee {

// Thread-safe. What is passed in must outlive it.
class HealthService {
 public:
  // One thing that must be well before requests are sent here.
  struct Check {
    std::string name;                      // "event log"
    std::function<std::string()> problem;  // "" when all is well; quick, and thread-safe
  };
  HealthService(const MetricsRegistry& metrics, std::vector<Check> checks)
      : metrics_(metrics), checks_(std::move(checks)) {}

  // From now on not ready: whoever balances the load sends requests elsewhere.
  void Drain() { draining_ = true; }

  // GET /health and /health/live: {"status": "ok"} for as long as requests are answered.
  http::Response Live(const http::Request& request) const;
  // GET /health/ready: {"status": "ready"}, or 503 that names what is not.
  http::Response Ready(const http::Request& request) const;
  // GET /metrics: what Prometheus reads.
  http::Response Metrics(const http::Request& request) const;

 private:
  const MetricsRegistry& metrics_;
  const std::vector<Check> checks_;
  std::atomic<bool> draining_{false};
};

}  // namespace marquee
