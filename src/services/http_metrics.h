// The HTTP server's events as metrics.
#pragma once

#include <map>
#include <shared_mutex>
#include <string>
#include <tuple>

#include "http/probe.h"
#include "metrics/registry.h"

namespace marquee {

// marquee_http_requests_total{method,route,status}, marquee_http_request_seconds{route},
// marquee_http_response_bytes_total and marquee_http_connections. A label has few values whatever
// clients send: the route is a pattern or "none", a method that is not of the usual is "other".
class HttpMetrics : public http::Probe {
 public:
  // `registry` must outlive it.
  explicit HttpMetrics(MetricsRegistry& registry);

  void OnRequest(const http::RequestFacts& facts) override;
  void OnConnectionOpened() override { connections_.Add(1); }
  void OnConnectionClosed() override { connections_.Add(-1); }

 private:
  struct Cells {
    Counter requests;
    Histogram seconds;
  };
  Cells CellsOf(std::string_view method, std::string_view route, int status);

  MetricsRegistry& registry_;
  Gauge connections_;
  Counter response_bytes_;
  std::shared_mutex mutex_;
  std::map<std::tuple<std::string, std::string, int>, Cells> cells_;
};

}  // namespace marquee
