#include "auth/authenticator.h"

#include <gmock/gmock.h>

#include "auth/test_people.h"
#include "base/error_matchers.h"
#include "base/text.h"
#include "http/router.h"

namespace marquee::auth {
namespace {

using http::Role;
using testing::ElementsAre;
using testing::FieldsAre;
using testing::HasSubstr;
using testing::Not;

std::string Base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t block = 0;
    for (size_t j = i; j < i + 3; ++j) {
      block = block << 8 | (j < bytes.size() ? static_cast<unsigned char>(bytes[j]) : 0u);
    }
    for (int j = 0; j < 4; ++j) {
      const bool beyond = i + static_cast<size_t>(j) > bytes.size();
      text += beyond ? '=' : kDigits[block >> (18 - 6 * j) & 63];
    }
  }
  return text;
}

class AuthenticatorTest : public testing::Test {
 protected:
  std::optional<TokenSubject> With(std::vector<http::Header> headers) {
    return people_.authenticator.Authenticate(RequestWith(std::move(headers)));
  }
  std::optional<TokenSubject> WithToken(const std::string& token) {
    return With({{"Authorization", "Bearer " + token}});
  }
  // The status and message of the refusal; 200 for none.
  std::pair<int, std::string> Refusal(const std::string& secret) {
    try {
      WithToken(secret);
    } catch (const http::StatusError& error) {
      return {error.status(), error.message()};
    }
    return {200, ""};
  }

  TestPeople people_;
};

TEST_F(AuthenticatorTest, AKeyComesInEitherHeader) {
  const auto made = people_.MakeKey(Role::kService);
  const std::string name = "key:" + made.info.id;
  for (const std::vector<http::Header>& headers :
       {std::vector<http::Header>{{"X-API-Key", made.key}},
        std::vector<http::Header>{{"authorization", "bearer " + made.key}},
        std::vector<http::Header>{{"Authorization", "Bearer " + made.key},
                                  {"X-API-Key", made.key}}}) {
    const auto subject = With(headers);
    ASSERT_TRUE(subject);
    EXPECT_EQ(subject->name, name);
    EXPECT_EQ(subject->role, Role::kService);
  }
}

TEST_F(AuthenticatorTest, NothingIsNobody) {
  EXPECT_FALSE(With({}));
  EXPECT_FALSE(With({{"Authorization", "Basic YTpi"}}));
  EXPECT_FALSE(With({{"Authorization", "Bearer"}}));
}

TEST_F(AuthenticatorTest, AUserOrAKeyComesAsBasicWhereARouteMayWait) {
  http::Route route{.method = "GET",
                    .pattern = "/x",
                    .role = Role::kViewer,
                    .handler = {},
                    .runs = http::Runs::kOnWorker,
                    .audited = false};
  const auto with = [&](std::string_view base64) {
    http::Request request = RequestWith({{"Authorization", StrCat("Basic ", base64)}});
    request.matched = &route;
    return people_.authenticator.Authenticate(request);
  };
  people_.accounts.CreateUser("ada", Role::kService, "correct horse");
  constexpr std::string_view kAda = "YWRhOmNvcnJlY3QgaG9yc2U=";
  for (int i = 0; i < 2; ++i) {  // checked, then remembered
    const auto subject = with(kAda);
    ASSERT_TRUE(subject);
    EXPECT_EQ(subject->name, "user:ada");
    EXPECT_EQ(subject->role, Role::kService);
  }
  people_.accounts.SetPassword("ada", "words of another kind");
  EXPECT_THAT([&] { with(kAda); }, ThrowsError(Code::kUnauthenticated, HasSubstr("is wrong")));
  for (const char* bad : {"YWRhOng=", "YWRh", "!!!"}) {
    EXPECT_THAT([&] { with(bad); }, ThrowsError(Code::kUnauthenticated, HasSubstr("is wrong")));
  }
  route.runs = http::Runs::kOnLoop;
  EXPECT_FALSE(with(kAda));
}

TEST_F(AuthenticatorTest, AKeyMayBeThePasswordOfBasic) {
  const http::Route route{.method = "GET",
                          .pattern = "/x",
                          .role = Role::kViewer,
                          .handler = {},
                          .runs = http::Runs::kOnWorker,
                          .audited = false};
  http::Request request = RequestWith(
      {{"Authorization", "Basic " + Base64("any:" + people_.MakeKey(Role::kViewer).key)}});
  request.matched = &route;
  EXPECT_THAT(people_.authenticator.Authenticate(request)->name, testing::StartsWith("key:"));
}

TEST_F(AuthenticatorTest, TwoDifferentCredentialsAreRefused) {
  EXPECT_THAT(
      [&] {
        With({{"X-API-Key", "a"}, {"Authorization", "Bearer b"}});
      },
      ThrowsError(Code::kInvalidArgument, HasSubstr("both X-API-Key and Authorization")));
}

TEST_F(AuthenticatorTest, ABadKeyIs401WithAChallengeAndWithoutTheKey) {
  const auto made = people_.MakeKey(Role::kService);
  people_.accounts.RevokeKey(made.info.id);
  try {
    With({{"X-API-Key", made.key}});
    FAIL() << "taken";
  } catch (const http::StatusError& error) {
    EXPECT_EQ(error.status(), 401);
    EXPECT_THAT(error.headers(),
                ElementsAre(FieldsAre("WWW-Authenticate", HasSubstr(R"(error="invalid_token")"))));
    EXPECT_THAT(error.message() + error.hint(), Not(HasSubstr(made.key.substr(14))));
  }
}

TEST_F(AuthenticatorTest, AnExpiredKeyIsRefused) {
  const auto made =
      people_.accounts.CreateKey({.role = Role::kViewer, .expires_ms = kTestNowMs + 1000});
  EXPECT_TRUE(WithToken(made.key));
  people_.clock.Advance(1000);
  EXPECT_EQ(Refusal(made.key).first, 401);
}

TEST_F(AuthenticatorTest, ManyFailuresOfAnAddressAre429ButAGoodKeyStillPasses) {
  const auto made = people_.MakeKey(Role::kViewer);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Refusal("mq_wrong").first, 401) << i;
  EXPECT_EQ(Refusal("mq_wrong").first, 429);
  EXPECT_THAT(Refusal("a.b.c").second, HasSubstr("too many failed attempts by address 10.0.0.7"));
  EXPECT_TRUE(WithToken(made.key));
  http::Request elsewhere = RequestWith({{"X-API-Key", "mq_wrong"}});
  elsewhere.remote_address = "10.0.0.8";
  EXPECT_THAT([&] { people_.authenticator.Authenticate(elsewhere); },
              ThrowsError(Code::kUnauthenticated, HasSubstr("the API key is not valid")));
}

TEST_F(AuthenticatorTest, ATokenIsGoodUntilItExpires) {
  const auto made = people_.MakeKey(Role::kOperator, {"/recommend"});
  const std::string token =
      people_.tokens.Issue({"key:" + made.info.id, Role::kViewer, {"/recommend"}});
  for (int i = 0; i < 2; ++i) {
    const auto subject = WithToken(token);
    ASSERT_TRUE(subject);
    EXPECT_EQ(subject->role, Role::kViewer);
    EXPECT_THAT(subject->paths, ElementsAre("/recommend"));
  }
  people_.clock.Advance(900'000);
  EXPECT_THAT(Refusal(token), FieldsAre(401, "the token has expired"));
}

TEST_F(AuthenticatorTest, ATokenEndsWithItsKey) {
  const auto made = people_.MakeKey(Role::kOperator);
  const std::string token = people_.tokens.Issue({"key:" + made.info.id, Role::kOperator, {}});
  ASSERT_TRUE(WithToken(token));
  people_.accounts.RevokeKey(made.info.id);
  EXPECT_THAT(Refusal(token), FieldsAre(401, HasSubstr("its key was revoked")));
}

TEST_F(AuthenticatorTest, ATokenEndsWithTheUsersPassword) {
  const UserInfo user = people_.accounts.CreateUser("ada", Role::kAdmin, "correct horse");
  const std::string token = people_.tokens.Issue({"user:ada", Role::kAdmin, {}, user.generation});
  ASSERT_TRUE(WithToken(token));
  people_.accounts.SetPassword("ada", "words of another kind");
  EXPECT_EQ(Refusal(token).first, 401);
  people_.accounts.RemoveUser("ada");
  people_.accounts.CreateUser("ada", Role::kAdmin, "correct horse");
  EXPECT_EQ(Refusal(token).first, 401);
}

TEST_F(AuthenticatorTest, ATokenOfAnotherHomeIsRefused) {
  const TestPeople others;
  const auto made = people_.MakeKey(Role::kAdmin);
  const std::string token = others.tokens.Issue({"key:" + made.info.id, Role::kAdmin, {}});
  EXPECT_THAT(Refusal(token), FieldsAre(401, HasSubstr("a key that its issuer does not have")));
}

TEST_F(AuthenticatorTest, ATokenForAServiceWithTheSameKeyIsNotOurs) {
  const SigningKey key = SigningKey::Parse(ReadFile(people_.folder.path() / "auth.key"));
  const std::string token = key.Sign(
      Json::MakeObject({{"sub", "local"}, {"role", "admin"}, {"exp", kTestNowMs / 1000 + 60}}),
      "JWT");
  EXPECT_THAT(Refusal(token), FieldsAre(401, HasSubstr("meant for somebody else")));
}

}  // namespace
}  // namespace marquee::auth
