// The server of a process as its settings describe it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/config.h"
#include "gateway/forwarder.h"
#include "http/options.h"

namespace marquee {

// What flags say, and go before the settings.
struct ListenFlags {
  std::string host;  // "": the setting
  int port = -1;     // -1: the setting
};

// `default_port`: where nobody set server.port.
http::ServerOptions ReadServerOptions(const Config& config, const ListenFlags& flags,
                                      uint16_t default_port = 8000);

// The services that `marquee serve web` passes requests on to. `clock` must outlive them. Throws
// invalid_argument, naming the setting, for one that is no URL.
std::vector<std::unique_ptr<Forwarder>> MakeForwarders(const Config& config, const Clock& clock);

}  // namespace marquee
