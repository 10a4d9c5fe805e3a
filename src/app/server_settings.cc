#include "app/server_settings.h"

#include "app/security.h"
#include "base/text.h"

namespace marquee {

http::ServerOptions ReadServerOptions(const Config& config, const ListenFlags& flags,
                                      uint16_t default_port) {
  http::ServerOptions options;
  options.host = flags.host.empty() ? config.Text("server.host") : flags.host;
  options.port = default_port;
  if (config.Origin("server.port") != "default") {
    options.port = static_cast<uint16_t>(config.Int("server.port"));
  }
  if (flags.port >= 0) options.port = static_cast<uint16_t>(flags.port);
  options.io_threads = static_cast<int>(config.Int("server.threads"));
  options.max_connections = static_cast<int>(config.Int("server.max_connections"));
  options.max_connections_per_address =
      static_cast<int>(config.Int("server.max_connections_per_address"));
  options.tls_certificate = config.Text("server.tls_certificate");
  options.hsts_seconds = config.Int("server.hsts_seconds");
  options.tls_key = config.Text("server.tls_key");
  ReadCrossSiteSettings(config, &options);
  return options;
}

std::vector<std::unique_ptr<Forwarder>> MakeForwarders(const Config& config, const Clock& clock) {
  std::vector<std::unique_ptr<Forwarder>> forwarders;
  for (const std::string service : {"recommend", "collect", "flow"}) {
    ForwarderOptions options;
    options.service = service;
    const std::string urls = config.Text("services." + service);
    if (urls.empty() && service == "flow") continue;  // many have none
    for (const std::string_view url : Split(urls, ",")) options.urls.emplace_back(Trim(url));
    options.timeout_ms = static_cast<int>(config.Int("services.timeout_ms"));
    options.attempts = static_cast<int>(config.Int("services.attempts"));
    options.scheme = config.Text("server.tls_certificate").empty() ? "http" : "https";
    options.seed = static_cast<uint64_t>(clock.NowMs());
    forwarders.push_back(std::make_unique<Forwarder>(std::move(options), clock));
  }
  return forwarders;
}

}  // namespace marquee
