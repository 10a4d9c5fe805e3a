#include "http/address_limit.h"

#include <gtest/gtest.h>

namespace marquee::http {
namespace {

TEST(AddressLimit, BoundsEachAddressByItself) {
  AddressLimit limit(2);
  EXPECT_TRUE(limit.Enter("192.0.2.1"));
  EXPECT_TRUE(limit.Enter("192.0.2.1"));
  EXPECT_FALSE(limit.Enter("192.0.2.1"));
  EXPECT_TRUE(limit.Enter("192.0.2.2"));
  limit.Leave("192.0.2.1");
  EXPECT_TRUE(limit.Enter("192.0.2.1"));
  EXPECT_FALSE(limit.Enter("192.0.2.1"));
}

TEST(AddressLimit, AnAddressIsTheSameOnBothKindsOfSocket) {
  AddressLimit limit(1);
  EXPECT_TRUE(limit.Enter("::ffff:192.0.2.1"));
  EXPECT_FALSE(limit.Enter("192.0.2.1"));
}

TEST(AddressLimit, CountsANetworkOfIpv6AsOne) {
  AddressLimit limit(1);
  EXPECT_TRUE(limit.Enter("2001:db8:1:2::5"));
  EXPECT_FALSE(limit.Enter("2001:db8:1:2:ffff::9"));
  EXPECT_TRUE(limit.Enter("2001:db8:1:3::5"));
}

TEST(AddressLimit, LeavesThisMachineAlone) {
  AddressLimit limit(1);
  for (const char* address : {"127.0.0.1", "127.3.2.1", "::1", "::ffff:127.0.0.1"}) {
    EXPECT_TRUE(limit.Enter(address)) << address;
    EXPECT_TRUE(limit.Enter(address)) << address;
  }
}

TEST(AddressLimit, NoBoundIsNone) {
  AddressLimit limit(0);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(limit.Enter("192.0.2.1"));
}

}  // namespace
}  // namespace marquee::http
