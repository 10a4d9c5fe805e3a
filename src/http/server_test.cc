#include "http/server.h"

#include <sys/resource.h>

#include <atomic>
#include <barrier>
#include <future>
#include <latch>
#include <thread>

#include "base/clock.h"
#include "base/error_matchers.h"
#include "base/text.h"
#include "http/test_client.h"
#include "http/test_probe.h"

namespace marquee::http {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const std::string kHello = "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n";

// More than there are io threads.
constexpr int kMeeting = 5;

class ServerTest : public testing::Test {
 protected:
  // Starts a server with /hello, /echo (its body), /large, /wait (until `release_`) and /meet
  // (until kMeeting requests are at it).
  void Start(ServerOptions options = {}) {
    if (options.io_threads == 0) options.io_threads = 2;
    server_.emplace(options, MakeRouter(), probe_);
    server_->Start();
  }

  Router MakeRouter() {
    Router router;
    router.Add("GET", "/hello", Role::kPublic, [](const Request& request) {
      return JsonText(StrCat("\"hello ", request.FindQuery("n").value_or(""), "\""));
    });
    router.Add("POST", "/echo", Role::kPublic,
               [](const Request& request) { return Html(request.body); });
    router.Add("GET", "/large", Role::kPublic,
               [](const Request&) { return Html(std::string(64 << 20, 'x')); });
    router.Add("GET", "/wait", Role::kPublic, [this](const Request&) {
      entered_.count_down();
      release_.wait();
      return JsonText("\"done\"");
    });
    router.Add(
        "GET", "/meet", Role::kPublic,
        [this](const Request&) {
          meeting_.arrive_and_wait();
          return JsonText("\"met\"");
        },
        Runs::kOnWorker);
    router.Add("GET", "/about", Role::kPublic, [](const Request& request) {
      const bool in_time = request.deadline > std::chrono::steady_clock::now();
      return JsonText(StrCat("\"", request.remote_address, in_time ? " in time\"" : " late\""));
    });
    return router;
  }

  uint16_t port() const { return server_->port(); }

  CountingProbe probe_;
  std::latch entered_{1};
  std::latch release_{1};
  std::barrier<> meeting_{kMeeting};
  std::optional<Server> server_;
};

TEST_F(ServerTest, AnswersOverTheNetwork) {
  Start();
  const TestResponse response = Fetch(port(), "/hello?n=1");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "\"hello 1\"");
  EXPECT_EQ(response.HeaderValue("Content-Type"), "application/json");
  EXPECT_THAT(response.HeaderValue("Date"), HasSubstr(" GMT"));
}

TEST_F(ServerTest, TellsHandlersWhoAsksAndUntilWhen) {
  Start();
  EXPECT_EQ(Fetch(port(), "/about").body, "\"127.0.0.1 in time\"");
}

TEST_F(ServerTest, KeepsAConnectionForManyRequests) {
  Start();
  TestClient client(port());
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(client.Get(StrCat("/hello?n=", i)).body, StrCat("\"hello ", i, "\""));
  }
  EXPECT_EQ(probe_.opened, 1);
}

TEST_F(ServerTest, ClosesWhenTheClientWantsIt) {
  Start();
  TestClient client(port());
  EXPECT_EQ(client.Get("/hello", {{"Connection", "close"}}).HeaderValue("Connection"), "close");
  EXPECT_TRUE(client.WaitForClose());
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  Start();
  TestClient client(port());
  std::string requests;
  for (int i = 0; i < 200; ++i) {
    requests += StrCat("GET /hello?n=", i, " HTTP/1.1\r\nHost: h\r\n\r\n");
  }
  client.Send(requests);
  for (int i = 0; i < 200; ++i) EXPECT_EQ(client.Receive().body, StrCat("\"hello ", i, "\""));
}

TEST_F(ServerTest, WaitsForTheRestOfARequest) {
  Start();
  TestClient client(port());
  client.Send(kHello.substr(0, 9));
  // Another connection is answered meanwhile.
  EXPECT_EQ(Fetch(port(), "/hello").status, 200);
  client.Send(kHello.substr(9));
  EXPECT_EQ(client.Receive().status, 200);
}

TEST_F(ServerTest, AnswersAClientThatHasFinishedSending) {
  Start();
  TestClient client(port());
  client.Send(kHello);
  client.FinishSending();
  EXPECT_EQ(client.Receive().status, 200);
  EXPECT_TRUE(client.WaitForClose());
}

TEST_F(ServerTest, StaysInStepAfterHead) {
  Start();
  TestClient client(port());
  client.Send("HEAD /hello?n=1 HTTP/1.1\r\nHost: h\r\n\r\n" + kHello);
  EXPECT_EQ(client.Receive(/*head=*/true).HeaderValue("Content-Length"), "9");
  EXPECT_EQ(client.Receive().body, "\"hello \"");
}

TEST_F(ServerTest, DecodesChunkedBodies) {
  Start();
  TestClient client(port());
  client.Send("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n");
  client.Send("2\r\nlo\r\n0\r\n\r\n");
  EXPECT_EQ(client.Receive().body, "hello");
}

TEST_F(ServerTest, TellsAWaitingClientToContinue) {
  Start();
  TestClient client(port());
  client.Send(
      "POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(client.Receive().status, 100);
  client.Send("hello");
  EXPECT_EQ(client.Receive().body, "hello");
}

TEST_F(ServerTest, RefusesALargeBodyInsteadOfContinuing) {
  Start();
  TestClient client(port());
  client.Send(
      "POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 9999999\r\n\r\n");
  EXPECT_EQ(client.Receive().status, 413);
}

TEST_F(ServerTest, TakesABodyUpToTheLimit) {
  Start();
  const std::string body(1 << 20, 'b');
  EXPECT_EQ(TestClient(port()).Post("/echo", body).body, body);
}

TEST_F(ServerTest, AClientThatSendsTooMuchStillGetsIts413) {
  Start();
  TestClient client(port());
  const TestResponse response = client.Post("/echo", std::string(4 << 20, 'b'));
  EXPECT_EQ(response.status, 413);
  EXPECT_EQ(response.HeaderValue("Connection"), "close");
  EXPECT_EQ(response.ParsedBody().GetString("message"), "the body is larger than 1.0 MiB");
}

TEST_F(ServerTest, RefusesLargeHeaders) {
  Start();
  EXPECT_EQ(Fetch(port(), "/hello", {{"X", std::string(20'000, 'x')}}).status, 431);
}

TEST_F(ServerTest, AnswersGarbageAndCloses) {
  Start();
  for (const std::string_view garbage :
       {std::string_view("\x16\x03\x01\x02\x00\x01", 6), std::string_view("no http\r\n\r\n"),
        std::string_view("GET\r\n\r\n")}) {
    TestClient client(port());
    client.Send(garbage);
    const TestResponse response = client.Receive();
    EXPECT_EQ(response.status, 400) << garbage;
    EXPECT_EQ(response.ParsedBody().GetString("code"), "invalid_argument");
    client.FinishSending();
    EXPECT_TRUE(client.WaitForClose());
  }
  EXPECT_EQ(Fetch(port(), "/hello").status, 200);
}

TEST_F(ServerTest, CutsAHeaderThatDrips) {
  Start({.header_timeout_ms = 100});
  TestClient client(port());
  client.Send("GET /hello HTTP/1.1\r\nX: ");
  while (!client.HasAnswer(5)) client.Send("x");
  const TestResponse response = client.Receive();
  EXPECT_EQ(response.status, 408);
  EXPECT_EQ(response.ParsedBody().GetString("message"), "the header did not come within 100 ms");
}

TEST_F(ServerTest, CutsABodyThatDoesNotCome) {
  Start({.request_timeout_ms = 100});
  TestClient client(port());
  client.Send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhe");
  const TestResponse response = client.Receive();
  EXPECT_EQ(response.status, 408);
  EXPECT_EQ(response.ParsedBody().GetString("message"), "the body did not come within 100 ms");
}

TEST_F(ServerTest, ClosesAConnectionThatSaysNothing) {
  Start({.header_timeout_ms = 50});
  TestClient client(port());
  EXPECT_TRUE(client.WaitForClose());
  EXPECT_EQ(probe_.requests, 0);
}

TEST_F(ServerTest, ClosesAnIdleConnection) {
  Start({.idle_timeout_ms = 50});
  TestClient client(port());
  EXPECT_EQ(client.Get("/hello").status, 200);
  EXPECT_TRUE(client.WaitForClose());
}

TEST_F(ServerTest, GivesUpOnAClientThatDoesNotRead) {
  Start({.write_timeout_ms = 100});
  TestClient client(port());
  client.Send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n");
  while (probe_.closed == 0) std::this_thread::yield();
  EXPECT_FALSE(client.WaitForClose());
  EXPECT_EQ(Fetch(port(), "/hello").status, 200);
}

TEST_F(ServerTest, OutlivesAClientThatGoesAway) {
  Start();
  TestClient(port()).Send("GET /large HTTP/1.1\r\nHost: h\r\n\r\n");
  TestClient(port()).Send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhe");
  EXPECT_EQ(Fetch(port(), "/hello").status, 200);
  server_->Stop();
  EXPECT_EQ(probe_.opened, probe_.closed);
}

TEST_F(ServerTest, ServesManyConnectionsAtOnce) {
  Start();
  constexpr int kThreads = 4;
  constexpr int kClients = 50;
  std::atomic<int> good{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&] {
        std::vector<std::unique_ptr<TestClient>> clients;
        for (int i = 0; i < kClients; ++i) clients.push_back(std::make_unique<TestClient>(port()));
        for (int round = 0; round < 5; ++round) {
          for (const auto& client : clients) client->Send(kHello);
          for (const auto& client : clients) good += client->Receive().status == 200;
        }
      });
    }
  }
  EXPECT_EQ(good, kThreads * kClients * 5);
}

TEST_F(ServerTest, HandlersThatWaitHoldUpNobody) {
  Start();
  std::vector<std::future<TestResponse>> answers;
  for (int i = 1; i < kMeeting; ++i) {
    answers.push_back(std::async(std::launch::async, [this] { return Fetch(port(), "/meet"); }));
  }
  EXPECT_EQ(Fetch(port(), "/hello").status, 200);
  EXPECT_EQ(Fetch(port(), "/meet").body, "\"met\"");
  for (auto& answer : answers) EXPECT_EQ(answer.get().body, "\"met\"");
}

TEST_F(ServerTest, BeyondTheLimitTheOneIdleLongestGivesWay) {
  Start({.io_threads = 1, .max_connections = 2});
  TestClient first(port());
  TestClient second(port());
  EXPECT_EQ(first.Get("/hello").status, 200);
  EXPECT_EQ(second.Get("/hello").status, 200);
  EXPECT_EQ(first.Get("/hello").status, 200);
  TestClient third(port());
  EXPECT_EQ(third.Get("/hello").status, 200);
  EXPECT_TRUE(second.WaitForClose());
  EXPECT_EQ(first.Get("/hello").status, 200);
}

TEST_F(ServerTest, BeyondTheLimitTheOneSlowLongestGivesWay) {
  Start({.io_threads = 1, .max_connections = 2});
  TestClient first(port());
  first.Send(kHello.substr(0, 3));
  while (probe_.opened < 1) std::this_thread::yield();
  TestClient second(port());
  second.Send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhe");
  while (probe_.opened < 2) std::this_thread::yield();
  EXPECT_EQ(Fetch(port(), "/hello").status, 200);
  EXPECT_EQ(Fetch(port(), "/hello").status, 200);
  EXPECT_LE(2, probe_.closed);
}

TEST_F(ServerTest, ManyThatSaySlowlyOrNothingHoldUpNobody) {
  Start({.max_connections = 50});
  std::vector<std::unique_ptr<TestClient>> others;
  for (int i = 0; i < 300; ++i) {
    others.push_back(std::make_unique<TestClient>(port()));
    if (i % 3 == 1) others.back()->Send("GET /hello HTTP/1.1\r\nX: ");
    if (i % 3 == 2)
      others.back()->Send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n1");
    if (i % 30 == 0) {
      EXPECT_EQ(Fetch(port(), "/hello").status, 200);
    }
  }
  EXPECT_LE(probe_.opened - probe_.closed, 50 + 16);
}

TEST_F(ServerTest, ARequestWhoseHandlerRunsIsNeverTheOneToGiveWay) {
  Start({.max_connections = 1});
  TestClient client(port());
  client.Send("GET /meet HTTP/1.1\r\nHost: h\r\n\r\n");
  // One that has not sent its request yet may have to give way to the next: it tries again.
  const auto fetch = [this] {
    while (true) {
      try {
        return Fetch(port(), "/meet");
      } catch (const Error&) {
      }
    }
  };
  std::vector<std::future<TestResponse>> answers;
  for (int i = 1; i < kMeeting; ++i) answers.push_back(std::async(std::launch::async, fetch));
  EXPECT_EQ(client.Receive().body, "\"met\"");
  for (auto& answer : answers) EXPECT_EQ(answer.get().body, "\"met\"");
}

TEST_F(ServerTest, ServesMoreConnectionsThanFilesWereAllowedAtFirst) {
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const rlimit few{.rlim_cur = 64, .rlim_max = before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &few);
  EXPECT_EQ(RaiseOpenFileLimit(), static_cast<int64_t>(before.rlim_max));
  setrlimit(RLIMIT_NOFILE, &before);
}

TEST_F(ServerTest, StopClosesIdleConnectionsAtOnce) {
  Start({.drain_timeout_ms = 60'000});
  TestClient client(port());
  EXPECT_EQ(client.Get("/hello").status, 200);
  const double start_s = SteadySeconds();
  server_->Stop();
  EXPECT_LT(SteadySeconds() - start_s, 5);
  EXPECT_TRUE(client.WaitForClose());
}

TEST_F(ServerTest, StopFinishesTheRequestUnderWay) {
  Start();
  TestClient client(port());
  client.Send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
  entered_.wait();
  std::future<void> stopped = std::async(std::launch::async, [this] { server_->Stop(); });
  // The port is free for others as soon as the server takes no more connections.
  while (true) {
    try {
      TestClient probe(port());
    } catch (const Error&) {
      break;
    }
  }
  release_.count_down();
  const TestResponse response = client.Receive();
  EXPECT_EQ(response.body, "\"done\"");
  EXPECT_EQ(response.HeaderValue("Connection"), "close");
  client.FinishSending();
  stopped.get();
}

TEST_F(ServerTest, StopCutsARequestThatDoesNotFinish) {
  Start({.drain_timeout_ms = 100});
  TestClient client(port());
  client.Send(kHello.substr(0, 9));
  EXPECT_EQ(Fetch(port(), "/hello").status, 200);
  server_->Stop();
  EXPECT_TRUE(client.WaitForClose());
  EXPECT_EQ(probe_.opened, probe_.closed);
}

TEST_F(ServerTest, StopUnderLoadLosesNoAnswer) {
  Start();
  std::atomic<int> good{0};
  std::atomic<int> bad{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        // Until the server is gone: refused, or closed before the first byte of an answer.
        try {
          TestClient client(port());
          while (true) {
            const TestResponse response = client.Get("/hello?n=1");
            (response.body == "\"hello 1\"" ? good : bad) += 1;
            if (response.HeaderValue("Connection") == "close") break;
          }
        } catch (const Error& error) {
          if (error.message().find("closed after ''") == std::string::npos) ++bad;
        }
      });
    }
    while (good < 200) std::this_thread::yield();
    const double start_s = SteadySeconds();
    server_->Stop();
    EXPECT_LT(SteadySeconds() - start_s, 5);
  }
  EXPECT_EQ(bad, 0);
  EXPECT_EQ(probe_.opened, probe_.closed);
}

TEST_F(ServerTest, StopsTwiceAndWithoutAStart) {
  Start();
  server_->Stop();
  server_->Stop();
  Server never_started({}, MakeRouter(), probe_);
  never_started.Stop();
}

TEST_F(ServerTest, StartsAgainOnThePortOfAServerJustStopped) {
  Start();
  const uint16_t same = port();
  EXPECT_EQ(Fetch(same, "/hello").status, 200);
  server_->Stop();
  Start({.port = same});
  EXPECT_EQ(Fetch(same, "/hello").status, 200);
}

TEST_F(ServerTest, NamesAPortThatIsTaken) {
  Start();
  Server second({.port = port()}, MakeRouter(), probe_);
  try {
    second.Start();
    FAIL() << "both listen";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kUnavailable);
    EXPECT_EQ(error.message(),
              StrCat("http: cannot listen on 127.0.0.1:", port(), ": Address already in use"));
    EXPECT_THAT(error.hint(), HasSubstr(StrCat("another program uses port ", port())));
  }
}

TEST_F(ServerTest, SaysBeforehandThatAPortIsTaken) {
  Start();
  EXPECT_THAT([&] { RequireCanListen({.host = "127.0.0.1", .port = port()}); },
              ThrowsError(Code::kUnavailable, HasSubstr("Address already in use")));
  EXPECT_NO_THROW(RequireCanListen({.host = "127.0.0.1", .port = 0}));
}

TEST_F(ServerTest, RefusesAHostThatIsNone) {
  Server server({.host = "no host"}, MakeRouter(), probe_);
  EXPECT_THAT([&] { server.Start(); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("host 'no host' is unknown")));
}

}  // namespace
}  // namespace marquee::http
