// What the server tells whoever measures it.
#pragma once

#include <cstddef>
#include <string_view>

namespace marquee::http {

struct RequestFacts {
  std::string_view method;
  std::string_view route;  // the pattern; "" when none matched
  int status;
  double seconds;  // in middleware and handler
  size_t response_bytes;
};

// Called from io threads, often: thread-safe and quick.
class Probe {
 public:
  virtual ~Probe() = default;
  // Every request, refused and broken ones too.
  virtual void OnRequest(const RequestFacts& facts) = 0;
  virtual void OnConnectionOpened() = 0;
  virtual void OnConnectionClosed() = 0;
};

class NoProbe : public Probe {
 public:
  void OnRequest(const RequestFacts&) override {}
  void OnConnectionOpened() override {}
  void OnConnectionClosed() override {}
};

}  // namespace marquee::http
