#include "http/dispatcher.h"

#include <gmock/gmock.h>

#include <stdexcept>

namespace marquee::http {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::FieldsAre;
using testing::HasSubstr;
using testing::Not;

// Remembers "method route status" of each request.
class RecordingProbe : public Probe {
 public:
  void OnRequest(const RequestFacts& facts) override {
    seen.push_back(std::string(facts.method) + " " + std::string(facts.route) + " " +
                   std::to_string(facts.status));
  }
  void OnConnectionOpened() override {}
  void OnConnectionClosed() override {}

  std::vector<std::string> seen;
};

class DispatcherTest : public testing::Test {
 protected:
  static Router MakeRouter() {
    Router router;
    router.Add("GET", "/hello/{name}", Role::kPublic, [](const Request& request) {
      return Json(marquee::Json::MakeObject({{"hello", request.PathParam("name")}}));
    });
    router.Add("GET", "/taken", Role::kPublic, [](const Request&) -> Response {
      throw Error(Code::kAlreadyExists, "name 'x' is taken", "choose another");
    });
    router.Add("GET", "/broken", Role::kPublic,
               [](const Request&) -> Response { throw std::runtime_error("password is 1234"); });
    router.Add("GET", "/odd", Role::kPublic, [](const Request&) -> Response { throw 42; });
    router.Add("GET", "/internal", Role::kPublic, [](const Request&) -> Response {
      throw Error(Code::kInternal, "pointer 0x1234 is null");
    });
    return router;
  }

  Response Ask(std::string method, std::string target, std::vector<Header> headers = {}) {
    Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.headers = std::move(headers);
    return dispatcher_.Handle(request);
  }

  RecordingProbe probe_;
  Dispatcher dispatcher_{MakeRouter(), StandardMiddleware(probe_)};
};

TEST_F(DispatcherTest, CallsTheHandlerOfTheRoute) {
  EXPECT_EQ(Ask("GET", "/hello/Ada%20L").body, R"({"hello":"Ada L"})");
}

TEST_F(DispatcherTest, AnErrorBecomesAProblem) {
  const Response response = Ask("GET", "/taken", {{"x-request-id", "my-1"}});
  EXPECT_EQ(response.status, 409);
  EXPECT_EQ(response.content_type, "application/problem+json");
  EXPECT_EQ(marquee::Json::Parse(response.body),
            marquee::Json::MakeObject({{"type", "about:blank"},
                                       {"title", "Conflict"},
                                       {"status", 409},
                                       {"detail", "name 'x' is taken"},
                                       {"code", "already_exists"},
                                       {"message", "name 'x' is taken"},
                                       {"hint", "choose another"},
                                       {"request_id", "my-1"}}));
}

TEST_F(DispatcherTest, UnknownExceptionsTellNothingOfTheInside) {
  for (const char* target : {"/broken", "/odd", "/internal"}) {
    const Response response = Ask("GET", target);
    EXPECT_EQ(response.status, 500) << target;
    EXPECT_THAT(response.body, Not(HasSubstr("1234"))) << target;
    EXPECT_THAT(response.body, HasSubstr("something went wrong inside")) << target;
  }
}

TEST_F(DispatcherTest, EveryAnswerHasARequestId) {
  const Response a = Ask("GET", "/hello/x");
  const Response b = Ask("GET", "/none");
  const auto id = [](const Response& response) {
    return std::ranges::find(response.headers, "X-Request-Id", &Header::name)->value;
  };
  ASSERT_THAT(a.headers, Contains(FieldsAre("X-Request-Id", Not(""))));
  ASSERT_THAT(b.headers, Contains(FieldsAre("X-Request-Id", Not(""))));
  EXPECT_NE(id(a), id(b));
}

TEST_F(DispatcherTest, ReplacesAHarmfulRequestId) {
  for (const std::string& id : {std::string("a b"), std::string(65, 'x'), std::string("a\"")}) {
    EXPECT_THAT(Ask("GET", "/hello/x", {{"X-Request-Id", id}}).headers,
                Not(Contains(FieldsAre("X-Request-Id", id))))
        << id;
  }
}

TEST_F(DispatcherTest, HeadIsGetWithoutABody) {
  const Response response = Ask("HEAD", "/hello/x");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"hello":"x"})");
  EXPECT_TRUE(response.body_left_out);
  EXPECT_TRUE(Ask("HEAD", "/none").body_left_out);
}

TEST_F(DispatcherTest, OptionsTellsTheMethods) {
  const Response response = Ask("OPTIONS", "/taken");
  EXPECT_EQ(response.status, 204);
  EXPECT_THAT(response.headers, Contains(FieldsAre("Allow", "GET, HEAD, OPTIONS")));
  EXPECT_EQ(Ask("OPTIONS", "*").status, 204);
}

TEST_F(DispatcherTest, AnotherMethodIsToldWhatIsTaken) {
  const Response response = Ask("POST", "/taken");
  EXPECT_EQ(response.status, 405);
  EXPECT_THAT(response.headers, Contains(FieldsAre("Allow", "GET, HEAD, OPTIONS")));
}

TEST_F(DispatcherTest, BadEscapesAre400) {
  EXPECT_EQ(Ask("GET", "/hello/%").status, 400);
  EXPECT_EQ(Ask("GET", "/hello/x?a=%zz").status, 400);
}

TEST_F(DispatcherTest, MetricsCountEveryAnswerByRouteAndStatus) {
  Ask("GET", "/hello/x");
  Ask("GET", "/none");
  Ask("POST", "/taken");
  Ask("GET", "/broken");
  Ask("GET", "/hello/x?a=%");
  Request unread;
  dispatcher_.Refuse(unread, StatusError(413, Code::kInvalidArgument, "too large"));
  EXPECT_THAT(probe_.seen, ElementsAre("GET /hello/{name} 200", "GET  404", "POST /taken 405",
                                       "GET /broken 500", "GET  400", "  413"));
}

TEST_F(DispatcherTest, RefusalsAreProblemsToo) {
  Request unread;
  const Response response =
      dispatcher_.Refuse(unread, StatusError(413, Code::kInvalidArgument, "too large"));
  EXPECT_EQ(response.status, 413);
  EXPECT_THAT(response.body, HasSubstr(R"("title":"Content Too Large","status":413)"));
}

TEST(StandardMiddleware, EveryEntryHasAReason) {
  NoProbe probe;
  for (const Middleware& entry : StandardMiddleware(probe)) {
    EXPECT_FALSE(entry.name.empty());
    EXPECT_FALSE(entry.reason.empty()) << entry.name;
  }
}

}  // namespace
}  // namespace marquee::http
