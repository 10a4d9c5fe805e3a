#include "http/address.h"

#include <gmock/gmock.h>

namespace marquee::http {
namespace {

TEST(Address, LoopbackIsThisMachineOnly) {
  for (const char* host :
       {"localhost", "LocalHost", "127.0.0.1", "127.8.9.1", "::1", "[::1]", "::ffff:127.0.0.1"}) {
    EXPECT_TRUE(IsLoopback(host)) << host;
  }
  for (const char* host :
       {"0.0.0.0", "::", "10.0.0.1", "127.0.0.1.evil.example", "localhost.evil.example", ""}) {
    EXPECT_FALSE(IsLoopback(host)) << host;
  }
}

TEST(Address, ThePortIsCutOff) {
  EXPECT_EQ(HostWithoutPort("Example.org:8000"), "example.org");
  EXPECT_EQ(HostWithoutPort("example.org."), "example.org");
  EXPECT_EQ(HostWithoutPort("[::1]:80"), "::1");
  EXPECT_EQ(HostWithoutPort("[::1]"), "::1");
}

TEST(Address, AnIpv6NeighbourhoodIsOneClient) {
  EXPECT_EQ(ClientNetwork("10.1.2.3"), "10.1.2.3");
  EXPECT_EQ(ClientNetwork("::ffff:10.1.2.3"), "10.1.2.3");
  EXPECT_EQ(ClientNetwork("2001:db8:1:2:aaaa::1"), "2001:db8:1:2::/64");
  EXPECT_EQ(ClientNetwork("2001:db8:1:2:bbbb::2"), "2001:db8:1:2::/64");
}

std::string ClientOf(const std::string& peer, const std::vector<std::string>& forwarded) {
  const std::vector<std::string> trusted = {"10.0.0.1", "10.0.0.2"};
  Request request;
  request.remote_address = peer;
  for (const std::string& value : forwarded) request.headers.push_back({"X-Forwarded-For", value});
  return ClientAddress(request, trusted);
}

TEST(Address, OnlyATrustedProxyIsBelieved) {
  EXPECT_EQ(ClientOf("9.9.9.9", {"1.2.3.4"}), "9.9.9.9");
  EXPECT_EQ(ClientOf("10.0.0.1", {"1.2.3.4"}), "1.2.3.4");
  EXPECT_EQ(ClientOf("10.0.0.1", {}), "10.0.0.1");
}

TEST(Address, WhatTheClientItselfForwardedIsNotBelieved) {
  EXPECT_EQ(ClientOf("10.0.0.1", {"6.6.6.6, 1.2.3.4, 10.0.0.2"}), "1.2.3.4");
  EXPECT_EQ(ClientOf("10.0.0.1", {"6.6.6.6", "1.2.3.4"}), "1.2.3.4");
  EXPECT_EQ(ClientOf("10.0.0.1", {"1.2.3.4, junk"}), "10.0.0.1");
}

}  // namespace
}  // namespace marquee::http
