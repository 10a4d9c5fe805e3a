#include "auth/outside_issuer.h"

#include <gmock/gmock.h>

#include "base/error_matchers.h"
#include "http/message.h"

namespace marquee::auth {
namespace {

using http::Role;
using testing::HasSubstr;

constexpr int64_t kNowMs = 1'700'000'000'000;
constexpr int64_t kNow = kNowMs / 1000;

class OutsideIssuerTest : public testing::Test {
 protected:
  OutsideIssuerTest() { Publish({key_}); }

  void Publish(const std::vector<SigningKey>& keys) {
    Json list = Json::MakeArray();
    for (const SigningKey& key : keys) list.Append(key.PublicJwk());
    const std::scoped_lock lock(mutex_);
    published_ = Json::MakeObject({{"keys", list}}).Dump();
  }
  std::string Fetch(const std::string& url) {
    const std::scoped_lock lock(mutex_);
    ++fetches_;
    EXPECT_EQ(url, "https://issuer.example/keys");
    if (published_.empty()) throw Error(Code::kUnavailable, "the network is down");
    return published_;
  }
  int fetches() {
    const std::scoped_lock lock(mutex_);
    return fetches_;
  }
  OutsideIssuer& issuer() {
    if (!issuer_) {
      issuer_.emplace(
          OutsideIssuer::Options{.jwks_url = "https://issuer.example/keys",
                                 .issuer = "https://issuer.example",
                                 .audience = "films",
                                 .role_claim = "roles"},
          [this](const std::string& url) { return Fetch(url); }, clock_);
      issuer_->WaitForKeys();
    }
    return *issuer_;
  }
  static Json Claims() {
    return Json::MakeObject({{"iss", "https://issuer.example"},
                             {"aud", "films"},
                             {"sub", "ada"},
                             {"roles", "viewer"},
                             {"exp", kNow + 100}});
  }
  static Json With(std::string_view name, Json value) {
    Json claims = Claims();
    claims[name] = std::move(value);
    return claims;
  }
  AccessTokens::Verified Verify(const Json& claims) {
    return issuer().Verify(key_.Sign(claims, "JWT"));
  }
  Role RoleWith(Json roles) { return Verify(With("roles", std::move(roles))).subject.role; }
  void ExpectRefused(const Json& claims, const char* why) {
    EXPECT_THAT([&] { Verify(claims); }, ThrowsError(Code::kUnauthenticated, HasSubstr(why)))
        << claims.Dump();
  }
  int RefusalOf(const SigningKey& key) {
    try {
      issuer().Verify(key.Sign(Claims(), "JWT"));
    } catch (const http::StatusError& error) {
      return error.status();
    } catch (const Error& error) {
      return HttpStatus(error.code());
    }
    return 200;
  }

  ManualClock clock_{kNowMs};
  const SigningKey key_ = SigningKey::Generate(Algorithm::kEs256);
  std::mutex mutex_;
  std::string published_;
  int fetches_ = 0;
  std::optional<OutsideIssuer> issuer_;
};

TEST_F(OutsideIssuerTest, ItsTokensAreTaken) {
  const AccessTokens::Verified verified = Verify(Claims());
  EXPECT_EQ(verified.subject.name, "token:ada");
  EXPECT_EQ(verified.subject.role, Role::kViewer);
  EXPECT_EQ(verified.expires_ms, kNowMs + 160'000);
  const SigningKey rsa = SigningKey::Generate(Algorithm::kRs256);
  Publish({rsa});
  issuer_.reset();
  EXPECT_EQ(issuer().Verify(rsa.Sign(Claims(), "JWT")).subject.name, "token:ada");
}

TEST_F(OutsideIssuerTest, TheHighestRoleCountsAndOtherWordsDoNot) {
  EXPECT_EQ(RoleWith("openid operator viewer"), Role::kOperator);
  EXPECT_EQ(RoleWith(Json(Json::Array{"x", "service", 5})), Role::kService);
  EXPECT_EQ(RoleWith("public administrator"), Role::kPublic);
  EXPECT_EQ(RoleWith(5), Role::kPublic);
  EXPECT_EQ(RoleWith(Json()), Role::kPublic);
}

TEST_F(OutsideIssuerTest, ATokenForSomebodyElseIsRefused) {
  ExpectRefused(With("iss", "https://evil.example"), "of another issuer");
  ExpectRefused(With("iss", Json()), "of another issuer");
  ExpectRefused(With("aud", "books"), "meant for somebody else");
  ExpectRefused(With("aud", Json(Json::Array{"books"})), "meant for somebody else");
  ExpectRefused(With("aud", Json()), "meant for somebody else");
  EXPECT_NO_THROW(Verify(With("aud", Json(Json::Array{"books", "films"}))));
  ExpectRefused(With("sub", 5), "has no subject");
}

TEST_F(OutsideIssuerTest, ATokenOutsideItsTimeIsRefused) {
  ExpectRefused(With("exp", kNow - 60), "has expired");
  EXPECT_NO_THROW(Verify(With("exp", kNow - 59)));
  ExpectRefused(With("exp", "soon"), "exp that is no time");
  ExpectRefused(With("nbf", kNow + 61), "not valid yet");
  EXPECT_NO_THROW(Verify(With("nbf", kNow + 60)));
  Json forever = Json::MakeObject();
  const Json claims = Claims();
  for (const auto& [name, value] : claims.AsObject()) {
    if (name != "exp") forever[name] = value;
  }
  ExpectRefused(forever, "has no time of expiry");
  EXPECT_NO_THROW(Verify(With("exp", 1e300)));
}

TEST_F(OutsideIssuerTest, ANewKeyIsFetchedOnceATokenNamesIt) {
  const SigningKey next = SigningKey::Generate(Algorithm::kEs256);
  EXPECT_EQ(RefusalOf(next), 401);
  Publish({key_, next});
  EXPECT_EQ(RefusalOf(next), 401);  // too soon after the last time
  EXPECT_EQ(fetches(), 1);
  clock_.Advance(10'000);
  EXPECT_EQ(RefusalOf(next), 503);
  issuer().WaitForKeys();
  EXPECT_EQ(RefusalOf(next), 200);
  EXPECT_EQ(RefusalOf(key_), 200);
  EXPECT_EQ(fetches(), 2);
}

TEST_F(OutsideIssuerTest, KeysStayWhileTheIssuerCannotBeReached) {
  EXPECT_EQ(RefusalOf(key_), 200);
  {
    const std::scoped_lock lock(mutex_);
    published_ = "";
  }
  clock_.Advance(10'000);
  EXPECT_EQ(RefusalOf(SigningKey::Generate(Algorithm::kEs256)), 503);
  issuer().WaitForKeys();
  EXPECT_EQ(fetches(), 2);
  EXPECT_EQ(RefusalOf(key_), 200);
}

}  // namespace
}  // namespace marquee::auth
