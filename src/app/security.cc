#include "app/security.h"

#include "base/text.h"
#include "http/address.h"
#include "http/client.h"

namespace marquee {
namespace {

std::string FetchKeys(const std::string& url) {
  const http::Client client({.timeout_ms = 5'000, .max_answer_bytes = 1 << 20});
  http::ClientResponse answer = client.Send({.url = url});
  if (answer.status == 200) return std::move(answer.body);
  throw Error(Code::kUnavailable, StrCat("cannot fetch ", url, ": status ", answer.status),
              "check security.jwks_url");
}

constexpr int64_t kDayMs = 86'400'000;

std::vector<std::string> List(const Config& config, std::string_view key) {
  std::vector<std::string> parts;
  const std::string text = config.Text(key);
  for (const std::string_view part : Split(text, ",")) {
    if (!Trim(part).empty()) parts.emplace_back(Trim(part));
  }
  return parts;
}

auth::Failures::Options FailureOptions(const Config& config) {
  return {.max = static_cast<int>(config.Int("security.max_failures")),
          .window_s = static_cast<int>(config.Int("security.failure_window_s"))};
}

std::unique_ptr<auth::OutsideIssuer> OutsideIssuerOf(const Config& config, const Clock& clock) {
  const std::string url = config.Text("security.jwks_url");
  if (url.empty()) return nullptr;
  for (const char* key : {"security.issuer", "security.audience"}) {
    if (!config.Text(key).empty()) continue;
    throw Error(Code::kInvalidArgument, StrCat("security.jwks_url is set without ", key),
                "a token of another issuer is taken only when it names issuer and audience");
  }
  auto issuer = std::make_unique<auth::OutsideIssuer>(
      auth::OutsideIssuer::Options{.jwks_url = url,
                                   .issuer = config.Text("security.issuer"),
                                   .audience = config.Text("security.audience"),
                                   .role_claim = config.Text("security.role_claim")},
      [](const std::string& from) { return FetchKeys(from); }, clock);
  issuer->WaitForKeys();
  return issuer;
}

bool AnyoneCanComeIn(const auth::Accounts& accounts, bool has_issuer, int64_t now_ms) {
  if (has_issuer || !accounts.users.empty()) return true;
  for (const auto& [id, key] : accounts.keys) {
    if (key.info.ValidAt(now_ms)) return true;
  }
  return false;
}

// "auto" demands credentials from the first key or user on, and from other machines always.
bool IsDemanded(const Environment& environment, const std::string& host,
                const auth::Accounts& accounts, bool has_issuer) {
  const std::string mode = environment.config().Text("security.authentication");
  if (http::IsLoopback(host)) {
    return mode == "on" || (mode == "auto" && (has_issuer || !accounts.empty()));
  }
  if (mode == "off") {
    throw Error(Code::kFailedPrecondition,
                StrCat("security.authentication is off and the server would listen on ", host,
                       ", open to other machines"),
                "set it to auto and make a key: marquee keys create --role admin; or listen on "
                "127.0.0.1");
  }
  if (!AnyoneCanComeIn(accounts, has_issuer, environment.clock().NowMs())) {
    throw Error(Code::kFailedPrecondition,
                StrCat("the server would listen on ", host,
                       ", open to other machines, and there is no key and no user"),
                "make a key first: marquee keys create --role admin; or listen on 127.0.0.1");
  }
  return true;
}

auth::Guard::Options GuardOptions(const Config& config, bool demanded) {
  auth::Guard::Options options{.demanded = demanded};
  if (!demanded) return options;
  constexpr const char* kPerCaller = "security.requests_per_second_of_key";
  constexpr const char* kPerAddress = "security.requests_per_second_of_address";
  options.per_caller = static_cast<double>(config.Int(kPerCaller));
  options.per_address = static_cast<double>(config.Int(kPerAddress));
  options.limits_loopback =
      config.Origin(kPerCaller) != "default" || config.Origin(kPerAddress) != "default";
  return options;
}

}  // namespace

void ReadCrossSiteSettings(const Config& config, http::ServerOptions* options) {
  options->allowed_hosts = List(config, "server.allowed_hosts");
  options->cors_origins = List(config, "server.cors_origins");
  options->trusted_proxies = List(config, "server.trusted_proxies");
  for (const std::string& origin : options->cors_origins) {
    const size_t host = origin.find("://");
    if (host != std::string::npos && origin.find('/', host + 3) == std::string::npos) continue;
    throw Error(Code::kInvalidArgument,
                StrCat("server.cors_origins has '", origin, "', which is no origin"),
                "an origin is https://host or http://host:port, without a path");
  }
  for (const std::string& proxy : options->trusted_proxies) {
    if (http::IsAddress(proxy)) continue;
    throw Error(Code::kInvalidArgument,
                StrCat("server.trusted_proxies has '", proxy, "', which is no address"),
                "give addresses as 10.0.0.1 or ::1");
  }
}

Security::Security(const Environment& environment, const std::string& host)
    : accounts_(environment.home().auth(), environment.clock()),
      tokens_(environment.home().auth_key(), environment.clock(),
              environment.config().Int("security.access_token_minutes") * 60),
      refresh_(environment.home().auth(), environment.clock(),
               environment.config().Int("security.refresh_token_days") * kDayMs),
      audit_(environment.home().auth(), environment.clock(),
             environment.config().Int("security.audit_retention_days") * kDayMs),
      failures_(FailureOptions(environment.config())),
      outside_(OutsideIssuerOf(environment.config(), environment.clock())),
      demanded_(IsDemanded(environment, host, *accounts_.Current(), outside_ != nullptr)),
      authenticator_(accounts_, tokens_, outside_.get(), failures_, environment.clock()),
      grants_(accounts_, tokens_, refresh_, failures_, environment.clock()),
      guard_(authenticator_, audit_, GuardOptions(environment.config(), demanded_)),
      service_(accounts_, grants_, tokens_, audit_, environment.clock()) {}

}  // namespace marquee
