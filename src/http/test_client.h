// For tests: a blocking HTTP client that can also misbehave.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace marquee::http {

struct TestResponse {
  int status = 0;
  std::vector<Header> headers;
  std::string body;

  // "" when there is none.
  std::string HeaderValue(std::string_view name) const;
  marquee::Json ParsedBody() const { return marquee::Json::Parse(body); }
};

// One connection to 127.0.0.1. Everything throws unavailable when the server does not answer within
// 10 s. Not thread-safe.
class TestClient {
 public:
  explicit TestClient(uint16_t port);
  ~TestClient();
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  // Raw bytes. False when the server has closed.
  bool Send(std::string_view bytes);
  // No more comes from us; answers still arrive.
  void FinishSending();
  // The next response, 100 Continue among them; `head`: it answers HEAD, so it has no body. Throws
  // unavailable when the connection ends before it does.
  TestResponse Receive(bool head = false);
  // Whether something comes from the server within `wait_ms`.
  bool HasAnswer(int wait_ms);
  // Waits until the server closes; true when no byte came before.
  bool WaitForClose();

  TestResponse Get(std::string_view target, const std::vector<Header>& headers = {});
  TestResponse Post(std::string_view target, std::string_view body);

 private:
  bool Fill();

  int socket_ = -1;
  std::string unread_;
};

// One request on a connection of its own.
TestResponse Fetch(uint16_t port, std::string_view target, const std::vector<Header>& headers = {});

}  // namespace marquee::http
