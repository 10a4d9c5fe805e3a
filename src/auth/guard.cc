#include "auth/guard.h"

#include <algorithm>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "http/address.h"
#include "http/router.h"

namespace marquee::auth {
namespace {

constexpr double kRefusalsPerSecond = 1.0 / 60;
constexpr double kRefusalsAtOnce = 20;
constexpr const char* kLocal = "local";

void Authorize(const http::Route& route, const TokenSubject& subject) {
  if (subject.role < route.role) {
    const std::string_view needed = http::RoleName(route.role);
    throw http::StatusError(
        403, Code::kPermissionDenied,
        StrCat(route.method, " ", route.pattern, " needs the role ", needed, "; yours is ",
               subject.role == http::Role::kPublic ? "none" : http::RoleName(subject.role)),
        StrCat("use a key or a user with the role ", needed),
        {{"WWW-Authenticate",
          StrCat(R"(Bearer realm="marquee", error="insufficient_scope", scope=")", needed,
                 R"(")")}});
  }
  if (CoversRoute(subject.paths, route.pattern)) return;
  throw http::StatusError(403, Code::kPermissionDenied,
                          StrCat("this key is for ", Join(subject.paths, ", "), " only"),
                          "use a key that is for all routes");
}

// What is given to one is not for a cache that serves all.
void KeepPrivate(http::Response* response) {
  const auto is_cache_control = [](const http::Header& header) {
    return header.name == "Cache-Control";
  };
  if (std::ranges::none_of(response->headers, is_cache_control)) {
    response->headers.push_back({"Cache-Control", "private"});
  }
}

}  // namespace

Guard::Guard(Authenticator& authenticator, AuditLog& audit, Options options)
    : authenticator_(authenticator),
      audit_(audit),
      options_(options),
      callers_(options.per_caller, 2 * options.per_caller),
      addresses_(options.per_address, 2 * options.per_address),
      refusals_(kRefusalsPerSecond, kRefusalsAtOnce) {}

http::Middleware Guard::Entry() {
  return {"guard", "innermost: past it only handlers, which need not ask again",
          [this](http::Request& request, const http::Next& next) { return Handle(request, next); }};
}

void Guard::LimitAddress(const http::Request& request) {
  if (options_.per_address == 0) return;
  if (!options_.limits_loopback && http::IsLoopback(request.remote_address)) return;
  const std::string network = http::ClientNetwork(request.remote_address);
  const double wait_s = addresses_.Take(network, SteadySeconds());
  if (wait_s > 0) ThrowTooMany(StrCat("too many requests from ", network), wait_s);
}

TokenSubject Guard::WhoAsks(const http::Request& request) {
  const std::optional<TokenSubject> subject = authenticator_.Authenticate(request);
  if (!subject) {
    if (options_.demanded) Authenticator::DemandCredentials();
    return {.name = kLocal, .role = http::Role::kAdmin};
  }
  const bool limited = options_.per_caller > 0 &&
                       (options_.limits_loopback || !http::IsLoopback(request.remote_address));
  const double wait_s = limited ? callers_.Take(subject->name, SteadySeconds()) : 0;
  if (wait_s > 0) ThrowTooMany(StrCat("too many requests of ", subject->name), wait_s);
  return *subject;
}

http::Response Guard::Handle(http::Request& request, const http::Next& next) {
  LimitAddress(request);
  if (request.matched == nullptr || request.matched->role == http::Role::kPublic) {
    return next(request);
  }
  const http::Route& route = *request.matched;
  const TokenSubject subject = WhoAsks(request);
  request.caller = {subject.name, subject.role};
  try {
    Authorize(route, subject);
  } catch (const http::StatusError& refusal) {
    const bool recorded = route.audited && refusals_.Take(subject.name, SteadySeconds()) == 0;
    if (recorded) Record(request, refusal.status());
    throw;
  }
  http::Response response = route.audited ? Audited(request, next) : next(request);
  if (subject.name != kLocal) KeepPrivate(&response);
  return response;
}

http::Response Guard::Audited(http::Request& request, const http::Next& next) {
  try {
    http::Response response = next(request);
    Record(request, response.status);
    return response;
  } catch (const http::StatusError& error) {
    Record(request, error.status());
    throw;
  } catch (const Error& error) {
    Record(request, HttpStatus(error.code()));
    throw;
  } catch (...) {
    Record(request, 500);
    throw;
  }
}

// The change is done by now: what fails here is told to who runs the server.
void Guard::Record(const http::Request& request, int status) {
  const bool hidden = request.matched != nullptr && request.matched->target_hidden;
  try {
    audit_.Append({.who = request.caller.name,
                   .role = std::string(http::RoleName(request.caller.role)),
                   .address = request.remote_address,
                   .method = request.method,
                   .route = request.route,
                   .target = hidden ? request.route : ToValidUtf8(request.path),
                   .status = status,
                   .request_id = request.id});
  } catch (const std::exception& error) {
    LogError(StrCat("auth: the audit log could not take ", request.method, " ", request.route,
                    " by ", request.caller.name, " (request id ", request.id, "): ", error.what()));
  }
}

}  // namespace marquee::auth
