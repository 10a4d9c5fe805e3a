// Bodies that no side holds in memory, over a real socket.
#include <gmock/gmock.h>

#include <latch>

#include "base/text.h"
#include "http/body.h"
#include "http/server.h"
#include "http/test_client.h"
#include "http/test_probe.h"

namespace marquee::http {
namespace {

constexpr size_t kLarge = 8 << 20;

// `size_bytes` times 'x', and then, when it lies about its size, an error.
class Letters : public BodySource {
 public:
  Letters(uint64_t size_bytes, uint64_t has) : size_bytes_(size_bytes), has_(has) {}
  uint64_t size_bytes() const override { return size_bytes_; }
  std::string Next(size_t max_bytes) override {
    const uint64_t n = std::min<uint64_t>(max_bytes, has_ - given_);
    if (n == 0) throw Error(Code::kUnavailable, "the disk is gone");
    given_ += n;
    return std::string(n, 'x');
  }

 private:
  const uint64_t size_bytes_;
  const uint64_t has_;
  uint64_t given_ = 0;
};

Response LettersOf(uint64_t size_bytes, uint64_t has) {
  Response response;
  response.content_type = "application/octet-stream";
  response.source = std::make_shared<Letters>(size_bytes, has);
  return response;
}

std::string Head(std::string_view method, std::string_view path, std::string_view headers) {
  return StrCat(method, " ", path, " HTTP/1.1\r\nHost: h\r\n", headers, "\r\n");
}

std::string Put(std::string_view path, std::string_view body) {
  return Head("PUT", path, StrCat("Content-Length: ", body.size(), "\r\n")) + std::string(body);
}

class StreamingTest : public testing::Test {
 protected:
  void Start(ServerOptions options = {}) {
    options.io_threads = 1;
    options.max_body_bytes = 1000;
    server_.emplace(options, MakeRouter(), probe_);
    server_->Start();
  }

  Router MakeRouter() {
    Router router;
    const auto count = [](const Request& request) {
      uint64_t bytes = 0;
      ForEachPiece(request, [&](std::string_view piece) { bytes += piece.size(); });
      return Json(StrCat(bytes));
    };
    router.Add("PUT", "/count", Role::kPublic, count, Runs::kStreaming);
    router.Add(
        "PUT", "/slow", Role::kPublic,
        [this](const Request& request) {
          uint64_t bytes = request.reader->Next().size();
          release_.wait();
          ForEachPiece(request, [&](std::string_view piece) { bytes += piece.size(); });
          return Json(StrCat(bytes));
        },
        Runs::kStreaming);
    router.Add(
        "PUT", "/refuse", Role::kPublic,
        [](const Request&) -> Response { throw Error(Code::kPermissionDenied, "not you"); },
        Runs::kStreaming);
    router.Add("PUT", "/held", Role::kPublic, count).max_body_bytes = 5000;
    router.Add("GET", "/letters", Role::kPublic,
               [](const Request&) { return LettersOf(kLarge, kLarge); });
    router.Add("GET", "/broken", Role::kPublic,
               [](const Request&) { return LettersOf(kLarge, kLarge / 2); });
    return router;
  }

  uint16_t port() const { return server_->port(); }

  std::latch release_{1};
  CountingProbe probe_;
  std::optional<Server> server_;
};

TEST_F(StreamingTest, ABodyOfAnySizeReachesTheHandlerInPieces) {
  Start();
  TestClient client(port());
  client.Send(Put("/count", std::string(kLarge, 'b')));
  EXPECT_EQ(client.Receive().body, StrCat("\"", kLarge, "\""));
  client.Send(Put("/count", "and again"));
  EXPECT_EQ(client.Receive().body, "\"9\"");
}

TEST_F(StreamingTest, ABodyMayComeInChunksOrBeEmpty) {
  Start();
  TestClient client(port());
  client.Send(Head("PUT", "/count", "Transfer-Encoding: chunked\r\n"));
  client.Send("5\r\nhello\r\n");
  client.Send("6\r\n world\r\n0\r\n\r\n");
  EXPECT_EQ(client.Receive().body, "\"11\"");
  client.Send(Head("PUT", "/count", "Transfer-Encoding: chunked\r\n") + "0\r\n\r\n");
  EXPECT_EQ(client.Receive().body, "\"0\"");
  client.Send(Put("/count", ""));
  EXPECT_EQ(client.Receive().body, "\"0\"");
}

TEST_F(StreamingTest, TheClientIsToldToContinueOnceItsBodyIsWanted) {
  Start();
  TestClient client(port());
  client.Send(Head("PUT", "/count", "Content-Length: 2\r\nExpect: 100-continue\r\n"));
  EXPECT_EQ(client.Receive().status, 100);
  client.Send("ok");
  EXPECT_EQ(client.Receive().body, "\"2\"");
}

TEST_F(StreamingTest, WhoeverIsRefusedGetsTheAnswerAndAnEnd) {
  Start();
  TestClient client(port());
  client.Send(Put("/refuse", std::string(kLarge, 'b')));
  const TestResponse response = client.Receive();
  EXPECT_EQ(response.status, 403);
  EXPECT_EQ(response.HeaderValue("Connection"), "close");
  EXPECT_TRUE(client.WaitForClose());
}

TEST_F(StreamingTest, ABodyThatDripsIs408) {
  Start({.request_timeout_ms = 100});
  TestClient client(port());
  client.Send(Head("PUT", "/count", "Content-Length: 100\r\n") + "drop");
  const TestResponse response = client.Receive();
  EXPECT_EQ(response.status, 408);
  EXPECT_EQ(response.ParsedBody().GetString("message"), "of the body, 0 bytes came within 100 ms");
}

TEST_F(StreamingTest, WhatAHandlerDoesWithAPieceIsNotTheTimeOfTheClient) {
  Start({.request_timeout_ms = 300});
  TestClient client(port());
  client.Send(Head("PUT", "/slow", "Content-Length: 9\r\n") + "half");
  EXPECT_FALSE(client.HasAnswer(400));
  release_.count_down();
  EXPECT_FALSE(client.HasAnswer(50)) << "it waits for the client again";
  client.Send("other");
  EXPECT_EQ(client.Receive().body, "\"9\"");
}

TEST_F(StreamingTest, ABodyThatIsNoneIs400) {
  Start();
  TestClient client(port());
  client.Send(Head("PUT", "/count", "Transfer-Encoding: chunked\r\n") + "xyz\r\n");
  EXPECT_EQ(client.Receive().status, 400);
}

TEST_F(StreamingTest, OutlivesAClientThatGoesAwayInTheMiddle) {
  Start();
  { TestClient(port()).Send(Head("PUT", "/count", "Content-Length: 100\r\n") + "half"); }
  TestClient client(port());
  client.Send(Put("/count", "four"));
  EXPECT_EQ(client.Receive().body, "\"4\"");
}

TEST_F(StreamingTest, StopEndsAHandlerWhoseClientSendsNothing) {
  Start({.drain_timeout_ms = 50});
  TestClient client(port());
  client.Send(Head("PUT", "/count", "Content-Length: 100\r\n") + "half");
  EXPECT_FALSE(client.HasAnswer(50));
  server_->Stop();
  EXPECT_TRUE(client.WaitForClose());
}

TEST_F(StreamingTest, ARouteMayTakeMoreThanTheServer) {
  Start();
  TestClient client(port());
  client.Send(Put("/held", std::string(5000, 'b')));
  EXPECT_EQ(client.Receive().body, "\"5000\"");
  client.Send(Put("/held", std::string(5001, 'b')));
  const TestResponse response = client.Receive();
  EXPECT_EQ(response.status, 413);
  EXPECT_EQ(response.ParsedBody().GetString("message"), "the body is larger than 4.9 KiB");
}

TEST_F(StreamingTest, AnAnswerIsSentAsItIsMade) {
  Start();
  TestClient client(port());
  EXPECT_EQ(client.Get("/letters").body, std::string(kLarge, 'x'));
  client.Send(Head("HEAD", "/letters", ""));
  EXPECT_EQ(client.Receive(true).HeaderValue("Content-Length"), StrCat(kLarge));
  EXPECT_EQ(client.Get("/letters").body.size(), kLarge);
}

TEST_F(StreamingTest, AnAnswerThatCannotBeMadeToTheEndIsCutShort) {
  Start();
  TestClient client(port());
  client.Send(Head("GET", "/broken", ""));
  EXPECT_THROW(client.Receive(), Error);
}

}  // namespace
}  // namespace marquee::http
