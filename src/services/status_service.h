// Whether the server runs, with what, and how it fares.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "http/message.h"
#include "metrics/registry.h"
#include "recommend/engine.h"

namespace marquee {

// Thread-safe. What is passed in must outlive it.
class StatusService {
 public:
  // `simd_level`: as the kernels name it.
  StatusService(const RecommendEngine& engine, const MetricsRegistry& metrics, const Clock& clock,
                std::string simd_level);

  // GET /health: {"status": "ok"} for as long as requests are answered.
  http::Response Health(const http::Request& request) const;
  // GET /status: {"version", "uptime_seconds", "model", "model_type", "loaded_at", "users",
  // "items", "interactions", "simd", "rules": {"loaded_at", "error", "warnings"}}; loaded_at is
  // null without rules, error where their file is in order.
  http::Response Status(const http::Request& request) const;
  // GET /metrics: what Prometheus reads.
  http::Response Metrics(const http::Request& request) const;

 private:
  const RecommendEngine& engine_;
  const MetricsRegistry& metrics_;
  const Clock& clock_;
  const std::string simd_level_;
  const int64_t started_ms_;
};

}  // namespace marquee
