// From request to response, without a network.
#pragma once

#include <vector>

#include "http/middleware.h"
#include "http/router.h"

namespace marquee::http {

// Immutable, thread-safe. Never throws but for want of memory.
class Dispatcher {
 public:
  Dispatcher(Router router, std::vector<Middleware> middleware);

  // REQUIRES: method, target, headers, body, remote_address and deadline are set; the rest is
  // filled in.
  Response Handle(Request& request) const;
  // The answer to a request that the wire refused, through the same middleware; what is known of it
  // is set.
  Response Refuse(Request& request, const StatusError& why) const;

 private:
  Response Run(size_t index, Request& request, const Next& last) const;

  Router router_;
  std::vector<Middleware> middleware_;
};

}  // namespace marquee::http
