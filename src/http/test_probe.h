// For tests: counts requests and connections.
#pragma once

#include <atomic>

#include "http/probe.h"

namespace marquee::http {

class CountingProbe : public Probe {
 public:
  void OnRequest(const RequestFacts&) override { ++requests; }
  void OnConnectionOpened() override { ++opened; }
  void OnConnectionClosed() override { ++closed; }

  std::atomic<int> requests{0};
  std::atomic<int> opened{0};
  std::atomic<int> closed{0};
};

}  // namespace marquee::http
