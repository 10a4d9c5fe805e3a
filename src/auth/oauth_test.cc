#include "auth/oauth.h"

#include <gmock/gmock.h>

#include "auth/test_people.h"
#include "base/error_matchers.h"

namespace marquee::auth {
namespace {

using http::Role;
using testing::FieldsAre;
using testing::HasSubstr;

class GrantsTest : public testing::Test {
 protected:
  GrantsTest() { people_.accounts.CreateUser("ada", Role::kOperator, "correct horse"); }

  GrantRequest Password(const std::string& user, const std::string& password) {
    return {
        .grant_type = "password", .username = user, .password = password, .address = "10.0.0.7"};
  }
  GrantRequest Refresh(const std::string& token) {
    GrantRequest request = Password("", "");
    request.grant_type = "refresh_token";
    request.refresh_token = token;
    return request;
  }
  GrantRequest Key(const std::string& id, const std::string& secret) {
    GrantRequest request = Password("", "");
    request.grant_type = "client_credentials";
    request.client_id = id;
    request.client_secret = secret;
    return request;
  }
  // The status and the error of a refusal; (200, "") for none.
  std::pair<int, std::string> Refusal(const GrantRequest& request) {
    try {
      people_.grants.Grant(request);
    } catch (const GrantError& error) {
      return {error.status(), error.error()};
    } catch (const http::StatusError& error) {
      return {error.status(), error.message()};
    }
    return {200, ""};
  }
  std::optional<TokenSubject> WhoHas(const std::string& token) {
    return people_.authenticator.Authenticate(RequestWith({{"Authorization", "Bearer " + token}}));
  }

  TestPeople people_;
};

TEST_F(GrantsTest, APasswordGivesATokenAndARefreshToken) {
  const GrantAnswer answer = people_.grants.Grant(Password("ada", "correct horse"));
  EXPECT_EQ(answer.expires_in_s, 900);
  EXPECT_EQ(answer.scope, "operator");
  EXPECT_FALSE(answer.refresh_token.empty());
  const auto subject = WhoHas(answer.access_token);
  ASSERT_TRUE(subject);
  EXPECT_EQ(subject->name, "user:ada");
  EXPECT_EQ(subject->role, Role::kOperator);
}

TEST_F(GrantsTest, AWrongPasswordAndAnUnknownUserAreToldInTheSameWords) {
  EXPECT_THAT(Refusal(Password("ada", "wrong horse")), FieldsAre(400, "invalid_grant"));
  EXPECT_THAT([&] { people_.grants.Grant(Password("eve", "correct horse")); },
              ThrowsError(Code::kUnauthenticated, "the user name or the password is wrong"));
}

TEST_F(GrantsTest, ManyFailuresOfAUserAre429WhateverTheAddress) {
  for (int i = 0; i < 5; ++i) {
    GrantRequest request = Password("ada", "wrong horse");
    request.address = "10.0.1." + std::to_string(i);
    EXPECT_EQ(Refusal(request).first, 400);
  }
  EXPECT_THAT(Refusal(Password("ada", "correct horse")), FieldsAre(429, HasSubstr("by user ada")));
  EXPECT_EQ(Refusal(Password("bob", "correct horse")).first, 400);
}

TEST_F(GrantsTest, ManyFailuresOfAnAddressAre429WhateverTheUser) {
  for (int i = 0; i < 5; ++i) Refusal(Password("user" + std::to_string(i), "wrong horse"));
  EXPECT_THAT(Refusal(Password("ada", "correct horse")),
              FieldsAre(429, HasSubstr("by address 10.0.0.7")));
}

TEST_F(GrantsTest, AKeyGivesATokenOfItsRoleAndPaths) {
  const auto made = people_.MakeKey(Role::kService, {"/events"});
  const GrantAnswer answer = people_.grants.Grant(Key(made.info.id, made.key));
  EXPECT_EQ(answer.refresh_token, "");
  const auto subject = WhoHas(answer.access_token);
  ASSERT_TRUE(subject);
  EXPECT_EQ(subject->role, Role::kService);
  EXPECT_THAT(subject->paths, testing::ElementsAre("/events"));
  const std::string secret = made.key.substr(made.key.rfind('_') + 1);
  EXPECT_EQ(people_.grants.Grant(Key(made.info.id, secret)).scope, "service");
}

TEST_F(GrantsTest, AWrongSecretOrIdIsAnInvalidClient) {
  const auto made = people_.MakeKey(Role::kService);
  const auto other = people_.MakeKey(Role::kAdmin);
  EXPECT_THAT(Refusal(Key(other.info.id, made.key)), FieldsAre(401, "invalid_client"));
  EXPECT_THAT(Refusal(Key(made.info.id, "wrong")), FieldsAre(401, "invalid_client"));
  people_.accounts.RevokeKey(made.info.id);
  EXPECT_THAT(Refusal(Key(made.info.id, made.key)), FieldsAre(401, "invalid_client"));
}

TEST_F(GrantsTest, AScopeIsARoleUpToOnesOwn) {
  GrantRequest request = Password("ada", "correct horse");
  request.scope = "viewer";
  const GrantAnswer answer = people_.grants.Grant(request);
  EXPECT_EQ(answer.scope, "viewer");
  EXPECT_EQ(WhoHas(answer.access_token)->role, Role::kViewer);
  EXPECT_EQ(people_.grants.Grant(Refresh(answer.refresh_token)).scope, "viewer");
  request.scope = "admin";
  EXPECT_THAT(Refusal(request), FieldsAre(400, "invalid_scope"));
  request.scope = "everything";
  EXPECT_THAT(Refusal(request), FieldsAre(400, "invalid_scope"));
}

TEST_F(GrantsTest, ARefreshTokenIsGoodOnce) {
  const GrantAnswer first = people_.grants.Grant(Password("ada", "correct horse"));
  const GrantAnswer second = people_.grants.Grant(Refresh(first.refresh_token));
  EXPECT_EQ(WhoHas(second.access_token)->role, Role::kOperator);
  const GrantAnswer third = people_.grants.Grant(Refresh(second.refresh_token));
  // Stolen and used by somebody else: nobody goes on with this login, and others are not concerned.
  const GrantAnswer login = people_.grants.Grant(Password("ada", "correct horse"));
  EXPECT_THAT(Refusal(Refresh(second.refresh_token)), FieldsAre(400, "invalid_grant"));
  EXPECT_THAT(Refusal(Refresh(third.refresh_token)), FieldsAre(400, "invalid_grant"));
  EXPECT_THAT(Refusal(Refresh(login.refresh_token)), FieldsAre(200, ""));
}

TEST_F(GrantsTest, ARefreshTokenEndsWithTimeAndPassword) {
  const std::string token = people_.grants.Grant(Password("ada", "correct horse")).refresh_token;
  people_.accounts.SetPassword("ada", "words of another kind");
  EXPECT_THAT(Refusal(Refresh(token)), FieldsAre(400, "invalid_grant"));
  const std::string later =
      people_.grants.Grant(Password("ada", "words of another kind")).refresh_token;
  people_.clock.Advance(86'400'000);
  EXPECT_THAT(Refusal(Refresh(later)), FieldsAre(400, "invalid_grant"));
  EXPECT_THAT(Refusal(Refresh("mqr_junk")), FieldsAre(400, "invalid_grant"));
}

TEST_F(GrantsTest, WhatIsMissingIsNamed) {
  EXPECT_THAT(Refusal({}), FieldsAre(400, "invalid_request"));
  EXPECT_THAT([&] { people_.grants.Grant(Password("ada", "")); },
              ThrowsError(Code::kUnauthenticated, "password is missing"));
  GrantRequest request = Password("ada", "correct horse");
  request.grant_type = "implicit";
  EXPECT_THAT(Refusal(request), FieldsAre(400, "unsupported_grant_type"));
}

}  // namespace
}  // namespace marquee::auth
