#include "http/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace marquee::http {
namespace {

bool IsIpv4(const std::string& text) {
  in_addr ignored;
  return inet_pton(AF_INET, text.c_str(), &ignored) == 1;
}

bool ParseIpv6(const std::string& text, in6_addr* address) {
  return inet_pton(AF_INET6, text.c_str(), address) == 1;
}

std::string WithoutBrackets(std::string_view host) {
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  return std::string(host);
}

}  // namespace

bool IsAddress(std::string_view host) {
  const std::string text = WithoutBrackets(host);
  in6_addr ignored;
  return IsIpv4(text) || ParseIpv6(text, &ignored);
}

bool IsLoopback(std::string_view host) {
  const std::string text = AsciiLower(WithoutBrackets(host));
  if (text == "localhost") return true;
  if (IsIpv4(text)) return text.starts_with("127.");
  in6_addr address;
  if (!ParseIpv6(text, &address)) return false;
  return IN6_IS_ADDR_LOOPBACK(&address) ||
         (IN6_IS_ADDR_V4MAPPED(&address) && address.s6_addr[12] == 127);
}

std::string HostWithoutPort(std::string_view authority) {
  const size_t bracket = authority.find(']');
  const size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  std::string host = AsciiLower(WithoutBrackets(authority.substr(0, colon)));
  if (host.ends_with('.')) host.pop_back();
  return host;
}

std::string ClientNetwork(std::string_view address) {
  const std::string text(address);
  in6_addr parsed;
  if (!ParseIpv6(text, &parsed)) return text;
  std::array<char, INET6_ADDRSTRLEN> printed{};
  if (IN6_IS_ADDR_V4MAPPED(&parsed)) {
    inet_ntop(AF_INET, &parsed.s6_addr[12], printed.data(), printed.size());
    return printed.data();
  }
  std::fill(parsed.s6_addr + 8, parsed.s6_addr + 16, uint8_t{0});
  inet_ntop(AF_INET6, &parsed, printed.data(), printed.size());
  return StrCat(printed.data(), "/64");
}

std::string ClientAddress(const Request& request, std::span<const std::string> trusted_proxies) {
  const auto trusted = [&](std::string_view address) {
    return std::ranges::find(trusted_proxies, address) != trusted_proxies.end();
  };
  if (!trusted(request.remote_address)) return request.remote_address;
  std::string_view client = request.remote_address;
  for (auto header = request.headers.rbegin(); header != request.headers.rend(); ++header) {
    if (AsciiLower(header->name) != "x-forwarded-for") continue;
    const std::vector<std::string_view> hops = Split(header->value, ",");
    for (auto hop = hops.rbegin(); hop != hops.rend(); ++hop) {
      const std::string_view address = Trim(*hop);
      if (!IsAddress(address)) return std::string(client);
      client = address;
      if (!trusted(client)) return std::string(client);
    }
  }
  return std::string(client);
}

}  // namespace marquee::http
