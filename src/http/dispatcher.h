// From request to response, without a network.
#pragma once

#include <exception>
#include <vector>

#include "http/middleware.h"
#include "http/router.h"
#include "http/wire.h"

namespace marquee::http {

// Immutable, thread-safe. Never throws but for want of memory.
class Dispatcher {
 public:
  Dispatcher(Router router, std::vector<Middleware> middleware);

  // Where a request goes: to a handler, or to what refuses it.
  struct Found {
    Router::Match match;
    std::exception_ptr refusal;
    // Without a route, where it is refused: at once.
    Runs runs() const { return match.route == nullptr ? Runs::kOnLoop : match.route->runs; }
  };
  // REQUIRES: method, target, headers, body, remote_address and deadline are set; the rest is
  // filled in.
  Found Find(Request& request) const;
  // What may come as the body of a request of which method, target and headers are known.
  BodyRule RuleFor(Request head) const;
  Response Handle(Request& request, const Found& found) const;
  Response Handle(Request& request) const { return Handle(request, Find(request)); }
  // The answer to a request that the wire refused, through the same middleware; what is known of it
  // is set.
  Response Refuse(Request& request, const StatusError& why) const;

 private:
  Response Run(size_t index, Request& request, const Next& last) const;

  Router router_;
  std::vector<Middleware> middleware_;
};

}  // namespace marquee::http
