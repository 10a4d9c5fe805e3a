#include "services/deployment.h"

#include <gmock/gmock.h>

#include "services/test_world.h"

namespace marquee {
namespace {

using testing::HasSubstr;

http::Request Post(std::string route, std::string body) {
  http::Request request;
  request.method = "POST";
  request.route = std::move(route);
  request.body = std::move(body);
  return request;
}

TEST(Deployment, EventsAreOfCollectAndPagesOfEveryProcess) {
  const TestWorld world;
  std::map<std::string, std::string> owners;
  const http::Router router = MakeRouter(world.services());
  for (const auto& route : router.routes()) {
    owners[StrCat(route->method, " ", route->pattern)] = ServiceOf(*route);
  }
  EXPECT_EQ(owners.at("POST /events"), "collect");
  EXPECT_EQ(owners.at("GET /users/{user_id}/history"), "collect");
  EXPECT_EQ(owners.at("GET /recommend/{user_id}"), "recommend");
  EXPECT_EQ(owners.at("GET /status"), "recommend");
  EXPECT_EQ(owners.at("GET /docs"), "");
  EXPECT_EQ(owners.at("GET /health/ready"), "");
}

TEST(Deployment, AServiceNamesTheOneThatHasTheRoute) {
  const TestWorld world;
  http::Router router = MakeRouter(world.services());
  KeepRoutesOf("recommend", &router);
  http::NoProbe probe;
  const http::Dispatcher dispatcher(std::move(router), http::StandardMiddleware(probe));
  const auto ask = [&](std::string method, std::string target) {
    http::Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    return dispatcher.Handle(request);
  };
  EXPECT_EQ(ask("GET", "/recommend/u1").status, 200);
  EXPECT_EQ(ask("GET", "/health").status, 200);
  const http::Response refused = ask("POST", "/events");
  EXPECT_EQ(refused.status, 404);
  EXPECT_THAT(refused.body, HasSubstr("/events is served by collect, and this is recommend"));
}

TEST(Deployment, TheGatewayRefusesWhatItHasNoServiceFor) {
  const TestWorld world;
  http::Router router = MakeRouter(world.services());
  const ManualClock clock(0);
  std::vector<std::unique_ptr<Forwarder>> services;
  for (const char* name : {"recommend", "collect"}) {
    ForwarderOptions options{.service = name, .urls = {"http://127.0.0.1:1"}};
    options.attempts = 1;
    services.push_back(std::make_unique<Forwarder>(options, clock));
  }
  ForwardRoutes(services, &router);
  http::NoProbe probe;
  const http::Dispatcher dispatcher(std::move(router), http::StandardMiddleware(probe));
  const auto ask = [&](std::string target) {
    http::Request request;
    request.method = "GET";
    request.target = std::move(target);
    request.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(1);
    return dispatcher.Handle(request);
  };
  EXPECT_EQ(ask("/recommend/u1").status, 503);
  const http::Response flow = ask("/api/v1/dags");
  EXPECT_EQ(flow.status, 404);
  EXPECT_THAT(flow.body, HasSubstr("or say where it is: services.flow"));
}

TEST(Deployment, OnlyWhatAsksOrHasKeysMayBeRepeated) {
  http::Request get;
  get.method = "GET";
  EXPECT_TRUE(IsRepeatable(get));
  EXPECT_TRUE(IsRepeatable(Post("/recommend/session", "{}")));
  EXPECT_TRUE(IsRepeatable(Post("/log_interaction", R"({"idempotency_key": "a"})")));
  EXPECT_FALSE(IsRepeatable(Post("/log_interaction", R"({"user_id": 1})")));
  EXPECT_FALSE(IsRepeatable(Post("/log_interaction", "no json")));
  EXPECT_TRUE(IsRepeatable(Post("/events", R"([{"idempotency_key": "a"}])")));
  EXPECT_FALSE(IsRepeatable(Post("/events", R"([{"idempotency_key": "a"}, {"user_id": 1}])")));
  EXPECT_FALSE(IsRepeatable(Post("/items", R"({"idempotency_key": "a"})")));
  http::Request put;
  put.method = "DELETE";
  EXPECT_FALSE(IsRepeatable(put));
}

}  // namespace
}  // namespace marquee
