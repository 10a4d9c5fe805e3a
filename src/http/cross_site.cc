#include "http/cross_site.h"

#include <algorithm>

#include "base/text.h"
#include "http/address.h"

namespace marquee::http {
namespace {

std::vector<std::string> Lower(std::vector<std::string> names) {
  for (std::string& name : names) name = AsciiLower(name);
  return names;
}

bool IsOwn(const Request& request, std::string_view origin) {
  const size_t authority = origin.find("://");
  const std::optional<std::string_view> host = request.FindHeader("Host");
  return authority != std::string_view::npos && host &&
         AsciiLower(origin.substr(authority + 3)) == AsciiLower(*host);
}

}  // namespace

bool IsUnsafe(std::string_view method) {
  return method != "GET" && method != "HEAD" && method != "OPTIONS";
}

CrossSite::CrossSite(const ServerOptions& options)
    : checks_host_(IsLoopback(options.host) || !options.allowed_hosts.empty()),
      allowed_hosts_(Lower(options.allowed_hosts)),
      origins_(Lower(options.cors_origins)) {}

bool CrossSite::Listed(std::string_view origin) const {
  return std::ranges::find(origins_, AsciiLower(origin)) != origins_.end();
}

void CrossSite::Check(const Request& request) const {
  const std::optional<std::string_view> sent = request.FindHeader("Host");
  if (checks_host_ && sent) {
    const std::string host = HostWithoutPort(*sent);
    const bool harmless = host.find('.') == std::string::npos || IsAddress(host) ||
                          host.ends_with(".localhost") ||
                          std::ranges::find(allowed_hosts_, host) != allowed_hosts_.end();
    if (!harmless) {
      throw Error(Code::kPermissionDenied,
                  StrCat("Host is '", ToValidUtf8(host), "', which is no name of this server"),
                  "use localhost or the address, or list the name in server.allowed_hosts");
    }
  }
  if (!IsUnsafe(request.method)) return;
  const std::optional<std::string_view> origin = request.FindHeader("Origin");
  if (!origin || IsOwn(request, *origin) || Listed(*origin)) return;
  throw Error(Code::kPermissionDenied,
              StrCat("a page of origin '", ToValidUtf8(*origin), "' may not send ", request.method),
              "list the origin in server.cors_origins");
}

std::optional<Response> CrossSite::Preflight(const Request& request) const {
  if (request.method != "OPTIONS" || !request.FindHeader("Access-Control-Request-Method")) {
    return std::nullopt;
  }
  const std::optional<std::string_view> origin = request.FindHeader("Origin");
  if (!origin || !Listed(*origin)) return std::nullopt;
  Response response;
  response.status = 204;
  response.headers = {
      {"Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE"},
      {"Access-Control-Allow-Headers",
       "Authorization, Content-Type, Content-Encoding, If-Match, If-None-Match, X-API-Key, "
       "X-Request-Id"},
      {"Access-Control-Max-Age", "600"}};
  return response;
}

void CrossSite::AddHeaders(const Request& request, Response* response) const {
  if (origins_.empty()) return;
  response->headers.push_back({"Vary", "Origin"});
  const std::optional<std::string_view> origin = request.FindHeader("Origin");
  if (!origin || !Listed(*origin)) return;
  response->headers.push_back({"Access-Control-Allow-Origin", std::string(*origin)});
  response->headers.push_back(
      {"Access-Control-Expose-Headers", "ETag, Retry-After, WWW-Authenticate, X-Request-Id"});
}

}  // namespace marquee::http
