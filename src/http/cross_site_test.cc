#include "http/cross_site.h"

#include <gmock/gmock.h>

#include "base/error_matchers.h"
#include "http/dispatcher.h"

namespace marquee::http {
namespace {

using testing::Contains;
using testing::FieldsAre;
using testing::HasSubstr;
using testing::Not;

class CrossSiteTest : public testing::Test {
 protected:
  Response Ask(std::string method, std::vector<Header> headers) {
    Router router;
    for (const char* name : {"GET", "POST"}) {
      router.Add(name, "/", Role::kPublic, [](const Request&) { return Html("<p>hi</p>"); });
    }
    NoProbe probe;
    const Dispatcher dispatcher(std::move(router), StandardMiddleware(probe, options_));
    Request request;
    request.method = std::move(method);
    request.target = "/";
    request.headers = std::move(headers);
    return dispatcher.Handle(request);
  }
  int StatusFor(std::string method, std::vector<Header> headers) {
    return Ask(std::move(method), std::move(headers)).status;
  }

  ServerOptions options_;
};

TEST_F(CrossSiteTest, ANameThatWasMadeToPointHereIsRefused) {
  const Response response = Ask("GET", {{"Host", "rebound.evil.example:8000"}});
  EXPECT_EQ(response.status, 403);
  EXPECT_THAT(response.body, HasSubstr("Host is 'rebound.evil.example', which is no name of this"));
  EXPECT_THAT(response.body, HasSubstr("server.allowed_hosts"));
  for (const char* host : {"localhost:8000", "127.0.0.1", "[::1]:80", "gateway", "a.localhost"}) {
    EXPECT_EQ(StatusFor("GET", {{"Host", host}}), 200) << host;
  }
}

TEST_F(CrossSiteTest, AllowedHostsAreNamesOfTheServer) {
  options_.allowed_hosts = {"Films.example"};
  EXPECT_EQ(StatusFor("GET", {{"Host", "films.example:443"}}), 200);
  EXPECT_EQ(StatusFor("GET", {{"Host", "films.example.evil.example"}}), 403);
  options_.host = "0.0.0.0";
  EXPECT_EQ(StatusFor("GET", {{"Host", "evil.example"}}), 403);
  options_.allowed_hosts = {};
  EXPECT_EQ(StatusFor("GET", {{"Host", "any.example"}}), 200);
}

TEST_F(CrossSiteTest, AnotherOriginChangesNothing) {
  const Header host = {"Host", "localhost:8000"};
  const Response response = Ask("POST", {host, {"Origin", "https://evil.example"}});
  EXPECT_EQ(response.status, 403);
  EXPECT_THAT(response.body,
              HasSubstr("a page of origin 'https://evil.example' may not send POST"));
  EXPECT_EQ(StatusFor("POST", {host, {"Origin", "null"}}), 403);
  EXPECT_EQ(StatusFor("POST", {host, {"Origin", "http://localhost:9000"}}), 403);
  EXPECT_EQ(StatusFor("POST", {host, {"Origin", "http://localhost:8000"}}), 200);
  EXPECT_EQ(StatusFor("POST", {host}), 200);
  EXPECT_EQ(StatusFor("GET", {host, {"Origin", "https://evil.example"}}), 200);
}

TEST_F(CrossSiteTest, AListedOriginMayAskAndRead) {
  options_.cors_origins = {"https://shop.example"};
  const Header origin = {"Origin", "https://shop.example"};
  const Response preflight = Ask("OPTIONS", {origin, {"Access-Control-Request-Method", "POST"}});
  EXPECT_EQ(preflight.status, 204);
  EXPECT_THAT(preflight.headers,
              Contains(FieldsAre("Access-Control-Allow-Origin", "https://shop.example")));
  EXPECT_THAT(preflight.headers,
              Contains(FieldsAre("Access-Control-Allow-Headers", HasSubstr("Authorization"))));
  const Response answer = Ask("POST", {origin});
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.headers,
              Contains(FieldsAre("Access-Control-Allow-Origin", "https://shop.example")));
  EXPECT_THAT(answer.headers, Contains(FieldsAre("Vary", "Origin")));
}

TEST_F(CrossSiteTest, AnotherOriginReadsNothing) {
  options_.cors_origins = {"https://shop.example"};
  const Header origin = {"Origin", "https://evil.example"};
  EXPECT_THAT(Ask("GET", {origin}).headers,
              Not(Contains(FieldsAre("Access-Control-Allow-Origin", testing::_))));
  EXPECT_THAT(Ask("OPTIONS", {origin, {"Access-Control-Request-Method", "POST"}}).headers,
              Not(Contains(FieldsAre("Access-Control-Allow-Methods", testing::_))));
}

TEST_F(CrossSiteTest, BrowsersAreToldToBeStrict) {
  const Response page = Ask("GET", {});
  EXPECT_THAT(page.headers, Contains(FieldsAre("X-Content-Type-Options", "nosniff")));
  EXPECT_THAT(page.headers,
              Contains(FieldsAre("Content-Security-Policy", HasSubstr("default-src 'none'"))));
  EXPECT_THAT(Ask("PUT", {}).headers, Contains(FieldsAre("X-Content-Type-Options", "nosniff")));
}

}  // namespace
}  // namespace marquee::http
