#include "http/middleware.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <iterator>
#include <memory>

#include "base/clock.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/text.h"
#include "http/address.h"
#include "http/cross_site.h"

namespace marquee::http {
namespace {

// A client's own id goes through only when it is harmless in a log and a header.
bool IsHarmlessId(std::string_view id) {
  const auto harmless = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  return !id.empty() && id.size() <= 64 && std::ranges::all_of(id, harmless);
}

// "8f0c2b1e93d1-2a": a part for this process and a count.
class RequestIds {
 public:
  std::string Next() {
    char count[16];
    const auto [end, error] = std::to_chars(std::begin(count), std::end(count), ++count_, 16);
    return StrCat(prefix_, "-", std::string_view(count, end));
  }

 private:
  std::string prefix_ = NewRunId().substr(0, 12);
  std::atomic<uint64_t> count_{0};
};

std::function<Response(Request&, const Next&)> GiveRequestId() {
  const auto ids = std::make_shared<RequestIds>();
  return [ids](Request& request, const Next& next) {
    const std::optional<std::string_view> given = request.FindHeader("X-Request-Id");
    request.id = given && IsHarmlessId(*given) ? std::string(*given) : ids->Next();
    Response response = next(request);
    response.headers.push_back({"X-Request-Id", request.id});
    return response;
  };
}

// Without the query: a token in it must not reach the log.
Response LogAccess(Request& request, const Next& next) {
  if (!LogEnabled(LogLevel::kDebug)) return next(request);
  const double start_s = SteadySeconds();
  Response response = next(request);
  LogDebug(StrCat("http ", request.remote_address, " ", request.method, " ",
                  ToValidUtf8(request.path), " ", response.status, " ", response.body_bytes(),
                  " B ", Fixed((SteadySeconds() - start_s) * 1e3, 2), " ms ", request.id));
  return response;
}

std::function<Response(Request&, const Next&)> Measure(Probe& probe) {
  return [&probe](Request& request, const Next& next) {
    const double start_s = SteadySeconds();
    Response response = next(request);
    probe.OnRequest({.method = request.method,
                     .route = request.route,
                     .status = response.status,
                     .seconds = SteadySeconds() - start_s,
                     .response_bytes = response.body_left_out ? 0 : response.body_bytes()});
    return response;
  };
}

Response LeaveOutBodyOfHead(Request& request, const Next& next) {
  Response response = next(request);
  response.body_left_out = request.method == "HEAD";
  return response;
}

void LogFailure(const Request& request, std::string_view what) {
  LogError(StrCat("http ", request.method, " ", ToValidUtf8(request.path), ": ", what,
                  " (request id ", request.id, ")"));
}

Response TranslateErrors(Request& request, const Next& next) {
  try {
    return next(request);
  } catch (const StatusError& error) {
    Response response = Problem(error, error.status(), request.id);
    response.headers = error.headers();
    return response;
  } catch (const Error& error) {
    const int status = HttpStatus(error.code());
    if (status >= 500) LogFailure(request, error.what());
    return Problem(error, status, request.id);
  } catch (const std::exception& failure) {
    LogFailure(request, failure.what());
  } catch (...) {
    LogFailure(request, "an exception of unknown type");
  }
  return Problem(Error(Code::kInternal, "unexpected"), 500, request.id);
}

std::function<Response(Request&, const Next&)> TrustProxies(std::vector<std::string> proxies) {
  return [proxies = std::move(proxies)](Request& request, const Next& next) {
    if (!proxies.empty()) request.remote_address = ClientAddress(request, proxies);
    return next(request);
  };
}

bool HasHeader(const Response& response, std::string_view name) {
  return std::ranges::find(response.headers, name, &Header::name) != response.headers.end();
}

// A page's own policy goes before; any other markup may load, run and be framed by nothing.
void AddSecurityHeaders(Response* response) {
  response->headers.push_back({"X-Content-Type-Options", "nosniff"});
  if (!response->content_type.starts_with("text/html")) return;
  response->headers.push_back({"Referrer-Policy", "no-referrer"});
  if (HasHeader(*response, "Content-Security-Policy")) return;
  response->headers.push_back(
      {"Content-Security-Policy", "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"});
}

std::function<Response(Request&, const Next&)> AddHeaders(
    const ServerOptions& options, std::shared_ptr<const CrossSite> cross_site) {
  const bool hsts = !options.tls_certificate.empty() && options.hsts_seconds > 0;
  std::string transport = hsts ? StrCat("max-age=", options.hsts_seconds) : "";
  return [cross_site = std::move(cross_site), transport = std::move(transport)](Request& request,
                                                                                const Next& next) {
    Response response = next(request);
    AddSecurityHeaders(&response);
    // Over plain HTTP it means nothing (RFC 6797, 7.2).
    if (!transport.empty()) response.headers.push_back({"Strict-Transport-Security", transport});
    cross_site->AddHeaders(request, &response);
    return response;
  };
}

std::function<Response(Request&, const Next&)> CheckCrossSite(
    std::shared_ptr<const CrossSite> cross_site) {
  return [cross_site = std::move(cross_site)](Request& request, const Next& next) {
    cross_site->Check(request);
    if (std::optional<Response> preflight = cross_site->Preflight(request)) return *preflight;
    return next(request);
  };
}

}  // namespace

std::vector<Middleware> StandardMiddleware(Probe& probe, const ServerOptions& options,
                                           std::vector<Middleware> guards) {
  const auto cross_site = std::make_shared<const CrossSite>(options);
  std::vector<Middleware> list = {
      {"client-address", "before the log: it names the client, not the proxy between",
       TrustProxies(options.trusted_proxies)},
      {"request-id", "first: the log, the problem and the client name the same request",
       GiveRequestId()},
      {"access-log", "outside metrics and errors: one line for every answer, whoever gave it",
       LogAccess},
      {"metrics", "outside errors: refused and broken requests count with the status they got",
       Measure(probe)},
      {"head", "outside errors: a problem, too, has no body when HEAD asked", LeaveOutBodyOfHead},
      {"headers", "outside errors: browsers guard problems, too", AddHeaders(options, cross_site)},
      {"errors", "outside all that refuses: whatever is thrown becomes a problem document",
       TranslateErrors},
      {"cross-site", "before the guards: what a browser was tricked into costs them nothing",
       CheckCrossSite(cross_site)},
  };
  std::ranges::move(guards, std::back_inserter(list));
  return list;
}

}  // namespace marquee::http
