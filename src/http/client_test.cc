#include "http/client.h"

#include <atomic>
#include <latch>
#include <thread>

#include "base/error_matchers.h"
#include "base/text.h"
#include "http/server.h"
#include "http/test_probe.h"

namespace marquee::http {
namespace {

using testing::HasSubstr;
using Outcome = TransferResult::Outcome;

class ClientTest : public testing::Test {
 protected:
  ClientTest() {
    Router router;
    router.Add("GET", "/hello", Role::kPublic, [](const Request& request) {
      Response response = JsonText(StrCat("\"", request.FindHeader("X-Name").value_or("?"), "\""));
      response.headers.push_back({"X-Kind", "greeting"});
      return response;
    });
    router.Add("POST", "/echo", Role::kPublic,
               [](const Request& request) { return Html(request.body); });
    router.Add("DELETE", "/echo", Role::kPublic,
               [](const Request& request) { return Html(StrCat(request.method, request.body)); });
    router.Add(
        "GET", "/wait", Role::kPublic,
        [this](const Request&) {
          release_.wait();
          return JsonText("\"done\"");
        },
        Runs::kOnWorker);
    server_.emplace(ServerOptions{.io_threads = 2}, std::move(router), probe_);
    server_->Start();
  }
  ~ClientTest() override { release_.count_down(); }

  std::string Url(const std::string& path) const {
    return StrCat("http://127.0.0.1:", server_->port(), path);
  }

  CountingProbe probe_;
  std::latch release_{1};
  std::optional<Server> server_;
  Client client_{{.transfer = {.proxy_of_environment = false}, .max_answer_bytes = 1 << 20}};
};

TEST_F(ClientTest, BringsStatusHeadersAndBody) {
  const ClientResponse response =
      client_.Send({.url = Url("/hello"), .headers = {{"X-Name", "Ann"}}});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "\"Ann\"");
  EXPECT_EQ(response.FindHeader("x-kind"), "greeting");
  EXPECT_EQ(client_.Send({.url = Url("/nowhere")}).status, 404);
}

TEST_F(ClientTest, SendsBodiesOfAnyBytesWithAnyMethod) {
  const std::string body("a\0b\r\n", 5);
  EXPECT_EQ(client_.Send({.method = "POST", .url = Url("/echo"), .body = body}).body, body);
  EXPECT_EQ(client_.Send({.method = "POST", .url = Url("/echo")}).body, "");
  EXPECT_EQ(client_.Send({.method = "DELETE", .url = Url("/echo")}).body, "DELETE");
  EXPECT_EQ(client_.Send({.method = "HEAD", .url = Url("/hello")}).body, "");
  EXPECT_EQ(client_.Send({.url = Url("/hello")}).body, "\"?\"");
}

TEST_F(ClientTest, UsesAConnectionAgain) {
  for (int i = 0; i < 20; ++i) client_.Send({.url = Url("/hello")});
  EXPECT_EQ(probe_.opened, 1);
}

TEST_F(ClientTest, ARequestThatMustNotBeRepeatedGoesOverANewConnection) {
  for (int i = 0; i < 3; ++i) {
    client_.Send({.method = "POST", .url = Url("/echo"), .body = "x", .repeatable = false});
  }
  EXPECT_EQ(probe_.opened, 3);
}

TEST_F(ClientTest, ServesManyThreads) {
  std::atomic<int> good{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 50; ++i) good += client_.Send({.url = Url("/hello")}).status == 200;
      });
    }
  }
  EXPECT_EQ(good, 200);
  EXPECT_LE(probe_.opened, 4);
}

TEST_F(ClientTest, NamesAServerThatIsGone) {
  const uint16_t port = server_->port();
  EXPECT_EQ(client_.Send({.url = Url("/hello")}).status, 200);
  server_->Stop();
  EXPECT_THAT([&] { client_.Send({.url = Url("/hello?secret=1")}); },
              ThrowsError(Code::kUnavailable,
                          testing::AllOf(HasSubstr(StrCat("GET http://127.0.0.1:", port, "/hello")),
                                         testing::Not(HasSubstr("secret")))));
  EXPECT_EQ(client_.Try({.url = Url("/hello")}).outcome, Outcome::kNotConnected);
}

TEST_F(ClientTest, GivesUpAfterItsTime) {
  EXPECT_THAT([&] { client_.Send({.url = Url("/wait"), .timeout_ms = 50}); },
              ThrowsError(Code::kDeadlineExceeded, HasSubstr("/wait")));
}

TEST_F(ClientTest, BoundsTheAnswer) {
  const std::string body(1 << 20, 'b');
  EXPECT_EQ(client_.Send({.method = "POST", .url = Url("/echo"), .body = body}).body, body);
  const Client small({.transfer = {.proxy_of_environment = false}, .max_answer_bytes = 1000});
  EXPECT_THAT([&] { small.Send({.method = "POST", .url = Url("/echo"), .body = body}); },
              ThrowsError(Code::kResourceExhausted, HasSubstr("larger than 1000 bytes")));
  EXPECT_EQ(small.Send({.url = Url("/hello")}).status, 200);
}

TEST_F(ClientTest, RefusesWhatIsNoUrlAndHeadersThatBreak) {
  EXPECT_THAT([&] { client_.Send({.url = "file:///etc/passwd"}); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("file:///etc/passwd")));
  EXPECT_THAT(
      [&] {
        client_.Send({.url = Url("/hello"), .headers = {{"X", "a\r\nY: b"}}});
      },
      ThrowsError(Code::kInvalidArgument, "header 'X' holds a line break"));
  EXPECT_EQ(probe_.requests, 0);
}

}  // namespace
}  // namespace marquee::http
