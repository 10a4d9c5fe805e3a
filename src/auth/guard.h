// The gate before every handler: limits, who asks, whether they may, and the record of changes.
#pragma once

#include "auth/audit_log.h"
#include "auth/authenticator.h"
#include "auth/token_buckets.h"
#include "http/middleware.h"

namespace marquee::auth {

// Thread-safe.
class Guard {
 public:
  struct Options {
    bool demanded = true;  // else whoever sends no credentials is "local" and may do everything
    // Requests a second, with bursts of twice as many; 0: no limit.
    double per_caller = 0;
    double per_address = 0;
    bool limits_loopback = true;  // whether they bind clients on this machine
  };
  // What is passed in must outlive it.
  Guard(Authenticator& authenticator, AuditLog& audit, Options options);

  // Default deny: a route with a role is reached only by who proved to have it, or a higher one.
  // Credentials that are sent are checked even where none are demanded. Throws StatusError 401, 403
  // that names the role, 429 with Retry-After. A request without a route goes on, to its 404, and
  // so does one for a public route, whatever credentials it has.
  http::Response Handle(http::Request& request, const http::Next& next);

  // The entry for the server's list; the guard must outlive it.
  http::Middleware Entry();

 private:
  void LimitAddress(const http::Request& request);
  TokenSubject WhoAsks(const http::Request& request);
  http::Response Audited(http::Request& request, const http::Next& next);
  void Record(const http::Request& request, int status);

  Authenticator& authenticator_;
  AuditLog& audit_;
  const Options options_;
  TokenBuckets callers_;
  TokenBuckets addresses_;
  TokenBuckets refusals_;  // of those, only so many are recorded
};

}  // namespace marquee::auth
