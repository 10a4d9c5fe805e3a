#include "app/security.h"

#include <gmock/gmock.h>

#include "base/error_matchers.h"
#include "base/files.h"

namespace marquee {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class SecurityTest : public testing::Test {
 protected:
  // Whether credentials are demanded.
  bool Demanded(const std::string& host, const std::string& mode,
                std::vector<std::string> flags = {}) {
    flags.push_back("security.authentication=" + mode);
    const Environment environment(folder_.path() / "home", flags);
    return Security(environment, host).demanded();
  }
  void MakeKey(int64_t expires_ms = 0) {
    auth::AccountStore accounts(folder_.path() / "home" / "auth.db", clock_);
    accounts.CreateKey({.role = http::Role::kViewer, .expires_ms = expires_ms});
  }
  http::ServerOptions CrossSite(const std::string& flag) {
    http::ServerOptions options;
    ReadCrossSiteSettings(Environment(folder_.path() / "home", {flag}).config(), &options);
    return options;
  }

  TempDir folder_;
  ManualClock clock_{1'000};
};

TEST_F(SecurityTest, OnThisMachineKeysDecide) {
  EXPECT_FALSE(Demanded("127.0.0.1", "auto"));
  EXPECT_TRUE(Demanded("127.0.0.1", "on"));
  MakeKey();
  EXPECT_TRUE(Demanded("localhost", "auto"));
  EXPECT_FALSE(Demanded("::1", "off"));
}

TEST_F(SecurityTest, TheNetworkIsNotLetInUnasked) {
  for (const char* host : {"0.0.0.0", "::", "192.168.1.5"}) {
    EXPECT_THAT([&] { Demanded(host, "auto"); },
                ThrowsError(Code::kFailedPrecondition, HasSubstr("there is no key and no user")))
        << host;
    EXPECT_THAT([&] { Demanded(host, "off"); },
                ThrowsError(Code::kFailedPrecondition,
                            HasSubstr("security.authentication is off and the server would")))
        << host;
  }
  MakeKey(2'000);  // expired long ago
  EXPECT_THAT([&] { Demanded("0.0.0.0", "on"); },
              ThrowsError(Code::kFailedPrecondition, HasSubstr("there is no key and no user")));
  MakeKey();
  EXPECT_TRUE(Demanded("0.0.0.0", "auto"));
  EXPECT_THAT([&] { Demanded("0.0.0.0", "off"); },
              ThrowsError(Code::kFailedPrecondition, HasSubstr("open to other machines")));
}

TEST_F(SecurityTest, AnOutsideIssuerNeedsItsNames) {
  const std::string url = "security.jwks_url=http://127.0.0.1:9/keys";
  EXPECT_THAT([&] { Demanded("0.0.0.0", "auto", {url}); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("without security.issuer")));
  EXPECT_TRUE(Demanded("0.0.0.0", "auto", {url, "security.issuer=i", "security.audience=a"}));
}

TEST_F(SecurityTest, ListsHaveCommas) {
  EXPECT_THAT(CrossSite("server.allowed_hosts= a.example, b.example,").allowed_hosts,
              ElementsAre("a.example", "b.example"));
  EXPECT_THAT([&] { CrossSite("server.cors_origins=shop.example"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("'shop.example', which is no origin")));
  EXPECT_THAT([&] { CrossSite("server.cors_origins=https://shop.example/"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("which is no origin")));
  EXPECT_THAT([&] { CrossSite("server.trusted_proxies=proxy"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("'proxy', which is no address")));
}

}  // namespace
}  // namespace marquee
