// Which process answers which route when one home is served by several.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "gateway/forwarder.h"
#include "http/router.h"

namespace marquee {

// "recommend", "collect", "tracking" or "flow"; "" for what every process answers itself.
std::string_view ServiceOf(const http::Route& route);

// Whether doing it twice is no different from doing it once: it only asks, or each of its events
// has an idempotency key. A body that is packed counts as one without.
bool IsRepeatable(const http::Request& request);

// What belongs to another service than `service` is refused, naming that one.
void KeepRoutesOf(std::string_view service, http::Router* router);

// What belongs to one of `services` is passed on to it, and what belongs to another refused, naming
// that one. They must outlive the router.
void ForwardRoutes(const std::vector<std::unique_ptr<Forwarder>>& services, http::Router* router);

}  // namespace marquee
