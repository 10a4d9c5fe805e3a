// Addresses and host names as text. Pure functions.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "http/message.h"

namespace marquee::http {

// Whether only this machine is reached by it: "localhost", 127.0.0.0/8, "::1".
bool IsLoopback(std::string_view host);
// Whether it is an address and no name; IPv6 with or without brackets.
bool IsAddress(std::string_view host);
// "localhost" of "localhost:8000", "::1" of "[::1]:8000"; lower case.
std::string HostWithoutPort(std::string_view authority);
// What limits count as one client: an IPv4 address as it is, of an IPv6 address the first 64 bits,
// which one household or machine has to itself.
std::string ClientNetwork(std::string_view address);
// Who sent the request: the last address of X-Forwarded-For that is not of a trusted proxy, when
// one of those passed it on; otherwise the peer.
std::string ClientAddress(const Request& request, std::span<const std::string> trusted_proxies);

}  // namespace marquee::http
