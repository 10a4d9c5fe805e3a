#include "http/address_limit.h"

#include <arpa/inet.h>

#include <cstring>

#include "base/check.h"

namespace marquee::http {
namespace {

constexpr std::string_view kMapped = "::ffff:";  // an IPv4 address on an IPv6 socket
constexpr std::string_view kLoopback = "127.";

std::string KeyOf(std::string_view address) {
  if (address.starts_with(kMapped) && address.find('.') != std::string_view::npos) {
    return std::string(address.substr(kMapped.size()));
  }
  std::string key(address.substr(0, address.find('%')));
  in6_addr parsed{};
  if (inet_pton(AF_INET6, key.c_str(), &parsed) != 1 || key == "::1") return key;
  std::memset(parsed.s6_addr + 8, 0, 8);
  char text[INET6_ADDRSTRLEN];
  return inet_ntop(AF_INET6, &parsed, text, sizeof text);
}

}  // namespace

bool AddressLimit::Counts(std::string_view key) const {
  return bound_ > 0 && key != "::1" && !key.starts_with(kLoopback);
}

bool AddressLimit::Enter(std::string_view address) {
  std::string key = KeyOf(address);
  if (!Counts(key)) return true;
  const std::lock_guard lock(mutex_);
  int& open = open_[std::move(key)];
  if (open >= bound_) return false;
  ++open;
  return true;
}

void AddressLimit::Leave(std::string_view address) {
  const std::string key = KeyOf(address);
  if (!Counts(key)) return;
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(key);
  MARQUEE_CHECK(found != open_.end());
  if (--found->second == 0) open_.erase(found);
}

}  // namespace marquee::http
