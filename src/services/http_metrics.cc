#include "services/http_metrics.h"

#include <algorithm>
#include <array>
#include <mutex>

namespace marquee {
namespace {

std::string_view MethodLabel(std::string_view method) {
  constexpr std::array<std::string_view, 7> kUsual = {"GET",    "HEAD",  "POST",   "PUT",
                                                      "DELETE", "PATCH", "OPTIONS"};
  return std::ranges::find(kUsual, method) != kUsual.end() ? method : "other";
}

}  // namespace

HttpMetrics::HttpMetrics(MetricsRegistry& registry)
    : registry_(registry),
      connections_(registry.AddGauge("marquee_http_connections", "Open connections.")),
      response_bytes_(
          registry.AddCounter("marquee_http_response_bytes_total", "Bytes of response bodies.")) {}

void HttpMetrics::OnRequest(const http::RequestFacts& facts) {
  const std::string_view route = facts.route.empty() ? "none" : facts.route;
  Cells cells = CellsOf(MethodLabel(facts.method), route, facts.status);
  cells.requests.Increment();
  cells.seconds.Observe(facts.seconds);
  response_bytes_.Increment(static_cast<double>(facts.response_bytes));
}

HttpMetrics::Cells HttpMetrics::CellsOf(std::string_view method, std::string_view route,
                                        int status) {
  {
    const std::shared_lock lock(mutex_);
    const auto found = cells_.find({std::string(method), std::string(route), status});
    if (found != cells_.end()) return found->second;
  }
  const std::string method_label(method);
  const std::string route_label(route);
  const Cells made = {
      registry_.AddCounter(
          "marquee_http_requests_total", "Requests answered, refused ones too.",
          {{"method", method_label}, {"route", route_label}, {"status", std::to_string(status)}}),
      registry_.AddHistogram("marquee_http_request_seconds",
                             "Time in middleware and handler, without the network.",
                             {{"route", route_label}})};
  const std::lock_guard lock(mutex_);
  return cells_.emplace(std::tuple(method_label, route_label, status), made).first->second;
}

}  // namespace marquee
