#include "services/auth_service.h"

#include <gmock/gmock.h>

#include "services/test_world.h"

namespace marquee {
namespace {

using http::Role;
using testing::Contains;
using testing::ElementsAre;
using testing::FieldsAre;
using testing::HasSubstr;
using testing::Not;

constexpr Role kRoles[] = {Role::kPublic, Role::kViewer, Role::kService, Role::kOperator,
                           Role::kAdmin};

class AuthServiceTest : public testing::Test {
 protected:
  http::Router Routes() { return MakeRouter(world_.services()); }
  http::Response Send(std::string method, std::string target, std::vector<http::Header> headers,
                      std::string body = "") {
    http::Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.headers = std::move(headers);
    request.body = std::move(body);
    request.remote_address = "10.0.0.7";
    return guarded_.Handle(request);
  }
  http::Response SendForm(std::string body, std::vector<http::Header> headers = {}) {
    headers.push_back({"Content-Type", "application/x-www-form-urlencoded"});
    return Send("POST", "/oauth/token", std::move(headers), std::move(body));
  }
  // The error and the status of a refused form.
  std::pair<std::string, int> FormError(std::string body, std::vector<http::Header> headers = {}) {
    const http::Response response = SendForm(std::move(body), std::move(headers));
    const Json json = Json::Parse(response.body);
    EXPECT_FALSE(json.GetString("error_description").empty()) << response.body;
    EXPECT_THAT(response.headers, Contains(FieldsAre("Cache-Control", "no-store")));
    return {json.GetString("error"), response.status};
  }
  http::Header KeyOf(Role role) { return {"X-API-Key", world_.people.MakeKey(role).key}; }

  TestWorld world_;
  auth::Guard guard_{world_.people.authenticator, world_.people.audit, {}};
  http::Dispatcher guarded_{Routes(),
                            http::StandardMiddleware(world_.metrics, {}, {guard_.Entry()})};
};

// With "7" for each parameter.
std::string TargetOf(const http::Route& route) {
  std::string target;
  for (const std::string_view part : Split(std::string_view(route.pattern).substr(1), "/")) {
    target += StrCat("/", part.starts_with('{') ? "7" : part);
  }
  return target;
}

TEST_F(AuthServiceTest, EveryRouteIsOpenToItsRoleAndAboveAndToNoOther) {
  const http::Router router = Routes();
  for (const Role role : kRoles) {
    std::vector<http::Header> headers;
    if (role != Role::kPublic) headers.push_back(KeyOf(role));
    for (const auto& route : router.routes()) {
      const http::Response response = Send(route->method, TargetOf(*route), headers);
      const bool refused = response.status == (role == Role::kPublic ? 401 : 403);
      // A form without a grant is 400; nothing else refuses a caller by who they are.
      EXPECT_EQ(refused, role < route->role) << route->method << " " << route->pattern << " as "
                                             << http::RoleName(role) << ": " << response.status;
    }
  }
}

TEST_F(AuthServiceTest, OnlyTheseRoutesArePublic) {
  std::vector<std::string> open;
  const http::Router router = Routes();
  for (const auto& route : router.routes()) {
    if (route->role == Role::kPublic) open.push_back(StrCat(route->method, " ", route->pattern));
  }
  EXPECT_THAT(
      open, testing::UnorderedElementsAre(
                "GET /", "GET /docs", "GET /openapi.json", "GET /openapi.yaml", "GET /health",
                "GET /health/live", "GET /health/ready", "POST /oauth/token", "GET /oauth/jwks",
                "GET /version", "GET /api/v1/version", "GET /api/v1/health", "GET /api/v2/version",
                "GET /api/v2/monitor/health", "POST /auth/token"));
}

TEST_F(AuthServiceTest, AuditedRoutesWaitOnAWorker) {
  const http::Router router = Routes();
  for (const auto& route : router.routes()) {
    EXPECT_TRUE(!route->audited || route->runs == http::Runs::kOnWorker)
        << route->method << " " << route->pattern;
  }
}

TEST_F(AuthServiceTest, ALoginGivesATokenThatIsNotStored) {
  world_.people.accounts.CreateUser("ada", Role::kService, "correct horse & co");
  const http::Response response =
      SendForm("grant_type=password&username=ada&password=correct+horse+%26+co");
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_THAT(response.headers, Contains(FieldsAre("Cache-Control", "no-store")));
  const Json body = Json::Parse(response.body);
  EXPECT_EQ(body.GetString("token_type"), "Bearer");
  EXPECT_EQ(body.GetInt("expires_in"), 900);
  EXPECT_EQ(body.GetString("scope"), "service");
  const http::Header bearer = {"Authorization", "Bearer " + body.GetString("access_token")};
  EXPECT_EQ(Send("GET", "/status", {bearer}).status, 200);
  EXPECT_EQ(Send("GET", "/audit", {bearer}).status, 403);
  const http::Response refreshed =
      SendForm("grant_type=refresh_token&refresh_token=" + body.GetString("refresh_token"));
  EXPECT_EQ(refreshed.status, 200);
  const Json audit = Json::Parse(Send("GET", "/audit", {KeyOf(Role::kAdmin)}).body);
  EXPECT_EQ(audit.At("entries").AsArray()[0].GetString("who"), "user:ada");
}

TEST_F(AuthServiceTest, AClientMayAuthenticateAsBasic) {
  const auto made = world_.people.MakeKey(Role::kService);
  EXPECT_EQ(SendForm(StrCat("grant_type=client_credentials&client_id=", made.info.id,
                            "&client_secret=", made.key))
                .status,
            200);
  // "x:y", and what is no base64.
  EXPECT_THAT(FormError("grant_type=client_credentials", {{"Authorization", "Basic eDp5"}}),
              FieldsAre("invalid_client", 401));
  EXPECT_THAT(FormError("grant_type=client_credentials", {{"Authorization", "Basic !"}}),
              FieldsAre("invalid_client", 401));
}

TEST_F(AuthServiceTest, GrantsAreRefusedInTheWordsOfTheStandard) {
  EXPECT_THAT(FormError(""), FieldsAre("invalid_request", 400));
  EXPECT_THAT(FormError("grant_type=implicit"), FieldsAre("unsupported_grant_type", 400));
  EXPECT_THAT(FormError("grant_type=password&username=a&username=b&password=c"),
              FieldsAre("invalid_request", 400));
  EXPECT_THAT(FormError("grant_type=%zz"), FieldsAre("invalid_request", 400));
  EXPECT_THAT(FormError("grant_type=password&username=a&password=wrong"),
              FieldsAre("invalid_grant", 400));
  EXPECT_EQ(Send("POST", "/oauth/token", {}, "{}").status, 400);
  for (int i = 0; i < 10; ++i) SendForm("grant_type=refresh_token&refresh_token=x");
  const http::Response many = SendForm("grant_type=password&username=a&password=b");
  EXPECT_EQ(many.status, 429);
  EXPECT_THAT(many.headers, Contains(FieldsAre("Retry-After", Not(""))));
  EXPECT_EQ(Json::Parse(many.body).GetString("error"), "too_many_requests");
}

TEST_F(AuthServiceTest, ThePublicKeyVerifiesTheTokens) {
  const auto made = world_.people.MakeKey(Role::kService);
  const std::string token = world_.people.tokens.Issue({"key:" + made.info.id, Role::kService});
  const http::Response response = Send("GET", "/oauth/jwks", {});
  EXPECT_EQ(auth::KeySet::Parse(response.body).Verify(token).GetString("role"), "service");
  EXPECT_THAT(response.body, Not(HasSubstr(R"("d")")));
}

TEST_F(AuthServiceTest, KeysAreMadeListedAndRevoked) {
  const http::Header admin = KeyOf(Role::kAdmin);
  const http::Response created =
      Send("POST", "/keys", {admin},
           R"({"role": "viewer", "name": "shop", "expires_in_s": 60, "paths": ["/items"]})");
  ASSERT_EQ(created.status, 201) << created.body;
  const Json made = Json::Parse(created.body);
  const http::Header key = {"X-API-Key", made.GetString("key")};
  EXPECT_EQ(Send("GET", "/items", {key}).status, 200);
  EXPECT_EQ(Send("GET", "/status", {key}).status, 403);
  EXPECT_EQ(made.GetString("expires"), "2023-11-14T22:14:20.000Z");
  const http::Response list = Send("GET", "/keys", {admin});
  EXPECT_THAT(list.body, HasSubstr(R"("name":"shop","role":"viewer","paths":["/items"])"));
  EXPECT_THAT(list.body, Not(HasSubstr(made.GetString("key"))));
  EXPECT_EQ(Send("DELETE", "/keys/" + made.GetString("id"), {admin}).status, 204);
  EXPECT_EQ(Send("GET", "/items", {key}).status, 401);
  EXPECT_EQ(Send("DELETE", "/keys/none", {admin}).status, 404);
}

TEST_F(AuthServiceTest, KeysThatMakeNoSenseAreRefusedByName) {
  const http::Header admin = KeyOf(Role::kAdmin);
  const auto message = [&](std::string body) {
    const http::Response response = Send("POST", "/keys", {admin}, std::move(body));
    EXPECT_EQ(response.status, 400);
    return Json::Parse(response.body).GetString("message");
  };
  EXPECT_THAT(message("{}"), HasSubstr("'role' is missing"));
  EXPECT_THAT(message(R"({"role": "root"})"), HasSubstr("role is \"root\""));
  EXPECT_THAT(message(R"({"role": "admin", "rol": 1})"), HasSubstr("unknown field 'rol'"));
  EXPECT_THAT(message(R"({"role": "admin", "expires_in_s": 0})"), HasSubstr("expires_in_s is 0"));
  EXPECT_THAT(message(R"({"role": "admin", "paths": "/x"})"), HasSubstr("paths is \"/x\""));
  EXPECT_THAT(message(std::string(100, '[')), HasSubstr("JSON"));
}

TEST_F(AuthServiceTest, TheAuditPagesFromTheNewest) {
  const http::Header admin = KeyOf(Role::kAdmin);
  for (int i = 0; i < 3; ++i) Send("POST", "/keys", {admin}, R"({"role": "viewer"})");
  Json page = Json::Parse(Send("GET", "/audit?limit=2", {admin}).body);
  EXPECT_EQ(page.At("entries").size(), 2);
  EXPECT_EQ(page.At("entries").AsArray()[0].GetString("route"), "/keys");
  page = Json::Parse(Send("GET", StrCat("/audit?before=", page.GetInt("next")), {admin}).body);
  EXPECT_EQ(page.At("entries").size(), 1);
  EXPECT_TRUE(page.At("next").is_null());
  EXPECT_EQ(Send("GET", "/audit?limit=0", {admin}).status, 400);
}

}  // namespace
}  // namespace marquee
