#include "gateway/forwarder.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <optional>

#include "base/error_matchers.h"
#include "base/text.h"
#include "http/server.h"
#include "http/test_client.h"

namespace marquee {
namespace {

using http::Header;
using http::Role;
using testing::ElementsAre;
using testing::HasSubstr;

MATCHER_P(ThrowsStatus, status, "") {
  try {
    arg();
  } catch (const http::StatusError& error) {
    *result_listener << "which throws " << error.status() << ": " << error.what();
    return error.status() == status;
  }
  *result_listener << "which throws nothing";
  return false;
}

// A service whose every answer says which replica gave it, with a status that can be set.
class Upstream {
 public:
  explicit Upstream(std::string name, uint16_t port = 0) : name_(std::move(name)) {
    http::Router router;
    for (const char* method : {"GET", "POST"}) {
      router.Add(method, "/items/{id}", Role::kPublic, [this](const http::Request& request) {
        ++asked;
        seen = request;
        http::Response response = http::JsonText(StrCat("\"", name_, request.body, "\""), status);
        response.headers = {{"X-Kind", "item"}, {"Connection", "X-Secret"}, {"X-Secret", "1"}};
        return response;
      });
    }
    server_.emplace(http::ServerOptions{.port = port, .io_threads = 1}, std::move(router), probe_);
    server_->Start();
    port_ = server_->port();
  }
  std::string url() const { return StrCat("http://127.0.0.1:", port_); }
  uint16_t port() const { return port_; }
  void Stop() { server_->Stop(); }

  std::atomic<int> asked{0};
  std::atomic<int> status{200};
  http::Request seen;

 private:
  const std::string name_;
  http::NoProbe probe_;
  uint16_t port_ = 0;
  std::optional<http::Server> server_;
};

class ForwarderTest : public testing::Test {
 protected:
  Forwarder Make(std::vector<std::string> urls) {
    return Forwarder({.service = "films",
                      .urls = std::move(urls),
                      .timeout_ms = 2000,
                      .breaker = {.failures = 3, .open_ms = 100},
                      .sleep = [this](int ms) { waits_.push_back(ms); }},
                     clock_);
  }
  static http::Request Ask(std::string method = "GET", std::vector<Header> headers = {}) {
    http::Request request;
    request.method = std::move(method);
    request.target = "/items/a%2Fb?k=1";
    request.path = "/items/a%2Fb";
    request.headers = std::move(headers);
    request.remote_address = "192.0.2.7";
    request.id = "id-1";
    request.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    return request;
  }
  static std::vector<std::string> All(const http::Request& request, const std::string& name) {
    std::vector<std::string> values;
    for (const Header& header : request.headers) {
      if (AsciiLower(header.name) == AsciiLower(name)) values.push_back(header.value);
    }
    return values;
  }
  // A port that nobody listens on.
  static std::string Nobody() {
    Upstream gone("gone");
    gone.Stop();
    return gone.url();
  }

  ManualClock clock_{1'000'000};
  std::vector<int> waits_;
};

TEST_F(ForwarderTest, BringsTheAnswerAsItWasGiven) {
  Upstream one("one");
  one.status = 201;
  http::Request request = Ask("POST", {{"Content-Type", "text/x"}});
  request.body = "!";
  const http::Response response = Make({one.url()}).Forward(request, false);
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.body, "\"one!\"");
  EXPECT_EQ(response.content_type, "application/json");
  ASSERT_EQ(response.headers.size(), 1);
  EXPECT_EQ(response.headers[0].name, "X-Kind");
  EXPECT_EQ(one.seen.target, "/items/a%2Fb?k=1");
  EXPECT_THAT(All(one.seen, "Content-Type"), ElementsAre("text/x"));
}

TEST_F(ForwarderTest, SaysForWhomItAsks) {
  Upstream one("one");
  Make({one.url()})
      .Forward(Ask("GET", {{"Host", "films.example"},
                           {"X-Forwarded-For", "198.51.100.1"},
                           {"X-Request-Id", "theirs"},
                           {"Authorization", "Bearer t"},
                           {"Origin", "https://films.example"},
                           {"Connection", "keep-alive, X-Hop"},
                           {"X-Hop", "1"},
                           {"TE", "trailers"}}),
               true);
  EXPECT_THAT(All(one.seen, "X-Forwarded-For"), ElementsAre("198.51.100.1, 192.0.2.7"));
  EXPECT_THAT(All(one.seen, "Forwarded"), ElementsAre("for=192.0.2.7;proto=http"));
  EXPECT_THAT(All(one.seen, "X-Forwarded-Host"), ElementsAre("films.example"));
  EXPECT_THAT(All(one.seen, "X-Request-Id"), ElementsAre("id-1"));
  EXPECT_THAT(All(one.seen, "Authorization"), ElementsAre("Bearer t"));
  for (const char* name : {"Origin", "X-Hop", "TE"})
    EXPECT_THAT(All(one.seen, name), ElementsAre());
}

TEST_F(ForwarderTest, AsksReplicasInTurn) {
  Upstream one("one");
  Upstream two("two");
  const Forwarder forwarder = Make({one.url(), two.url()});
  for (int i = 0; i < 10; ++i) forwarder.Forward(Ask(), true);
  EXPECT_EQ(one.asked, 5);
  EXPECT_EQ(two.asked, 5);
}

TEST_F(ForwarderTest, AReplicaThatIsGoneIsFollowedByTheNextAtOnce) {
  Upstream two("two");
  const Forwarder forwarder = Make({Nobody(), two.url()});
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(forwarder.Forward(Ask("POST"), false).body, "\"two\"");
  }
  EXPECT_THAT(waits_, ElementsAre());
}

TEST_F(ForwarderTest, WhatMustNotBeRepeatedIsSentOnce) {
  Upstream one("one");
  one.status = 503;
  const Forwarder forwarder = Make({one.url()});
  EXPECT_EQ(forwarder.Forward(Ask("POST"), false).status, 503);
  EXPECT_EQ(one.asked, 1);
}

TEST_F(ForwarderTest, WhatMayBeRepeatedIsTriedAgainAfterAWait) {
  Upstream one("one");
  one.status = 503;
  EXPECT_EQ(Make({one.url()}).Forward(Ask(), true).status, 503);
  EXPECT_EQ(one.asked, 3);
  ASSERT_EQ(waits_.size(), 2);
  EXPECT_THAT(waits_[0], testing::AllOf(testing::Ge(0), testing::Lt(50)));
  EXPECT_THAT(waits_[1], testing::AllOf(testing::Ge(0), testing::Lt(100)));
}

TEST_F(ForwarderTest, AnErrorOfTheServiceIsAnAnswer) {
  Upstream one("one");
  for (const int status : {400, 404, 429, 500}) {
    one.asked = 0;
    one.status = status;
    EXPECT_EQ(Make({one.url()}).Forward(Ask(), true).status, status);
    EXPECT_EQ(one.asked, 1) << status;
  }
}

TEST_F(ForwarderTest, NamesAServiceThatCannotBeReached) {
  const Forwarder forwarder = Make({Nobody()});
  EXPECT_THAT([&] { forwarder.Forward(Ask(), true); }, ThrowsStatus(503));
  EXPECT_THAT([&] { Make({Nobody()}).Forward(Ask(), true); },
              ThrowsError(Code::kUnavailable, "service films cannot be reached"));
}

TEST_F(ForwarderTest, NamesAServiceThatIsTooSlow) {
  // It listens, and never accepts.
  const int silent = ::socket(AF_INET, SOCK_STREAM, 0);
  ASSERT_EQ(::listen(silent, 8), 0);
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ASSERT_EQ(::getsockname(silent, reinterpret_cast<sockaddr*>(&address), &size), 0);
  const Forwarder forwarder({.service = "films",
                             .urls = {StrCat("http://127.0.0.1:", ntohs(address.sin_port))},
                             .timeout_ms = 30,
                             .attempts = 1},
                            clock_);
  EXPECT_THAT([&] { forwarder.Forward(Ask(), true); }, ThrowsStatus(504));
  ::close(silent);
}

TEST_F(ForwarderTest, LeavesAloneWhatKeepsFailingUntilItIsBack) {
  std::optional<Upstream> one(std::in_place, "one");
  const uint16_t port = one->port();
  const Forwarder forwarder = Make({one->url()});
  one->Stop();
  EXPECT_TRUE(forwarder.available());
  EXPECT_THAT([&] { forwarder.Forward(Ask(), true); }, ThrowsStatus(503));
  EXPECT_FALSE(forwarder.available());
  EXPECT_THAT([&] { forwarder.Forward(Ask(), true); },
              ThrowsError(Code::kUnavailable, HasSubstr("keeps failing and is left alone")));
  one.emplace("one", port);
  EXPECT_THAT([&] { forwarder.Forward(Ask(), true); }, ThrowsStatus(503));
  EXPECT_EQ(one->asked, 0);
  clock_.Advance(100);
  EXPECT_EQ(forwarder.Forward(Ask(), true).status, 200);
  EXPECT_TRUE(forwarder.available());
}

TEST_F(ForwarderTest, RefusesWhatIsNoUrl) {
  EXPECT_THAT([&] { Make({"127.0.0.1:80"}); },
              ThrowsError(Code::kInvalidArgument, "services.films: '127.0.0.1:80' is no URL"));
  EXPECT_THAT([&] { Make({}); },
              ThrowsError(Code::kInvalidArgument, "services.films names no URL"));
}

}  // namespace
}  // namespace marquee
