// One service that runs elsewhere, as one or more replicas.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "gateway/circuit_breaker.h"
#include "http/client.h"
#include "http/message.h"

namespace marquee {

struct ForwarderOptions {
  std::string service;            // "recommend": names it in what clients are told
  std::vector<std::string> urls;  // of the replicas: "http://127.0.0.1:8001"
  int connect_timeout_ms = 1'000;
  int timeout_ms = 10'000;  // of one attempt; never beyond the request's deadline
  int attempts = 3;         // in all; 1 never tries again
  int backoff_ms = 50;      // before a replica is asked again; doubles with each further time
  int max_backoff_ms = 1'000;
  CircuitBreaker::Options breaker = {};
  std::string scheme = "http";             // by which clients reach the gateway
  uint64_t seed = 1;                       // of the waits
  std::function<void(int ms)> sleep = {};  // for tests; else it sleeps
};

// Passes requests on, to the replicas in turn. Thread-safe; blocks, so not for an io thread.
//
// A replica that fails (no connection, no whole answer, too late, 502, 503 or 504) is followed by
// the next. A request that may not be repeated is tried again only when nothing of it was sent.
// When every replica has failed there is a wait between 0 and the backoff before the next attempt
// (full jitter; M. Brooker, Exponential Backoff And Jitter, 2015). A circuit breaker for each
// replica leaves alone what keeps failing.
class Forwarder {
 public:
  // `clock` must outlive it. Throws invalid_argument without a URL, and for one that is none.
  Forwarder(ForwarderOptions options, const Clock& clock);

  // The service's answer. Passed on: method, target, headers but those of one connection and
  // Origin, body; X-Request-Id, and the client's address in Forwarded and X-Forwarded-For. HEAD is
  // asked as GET. Throws StatusError that names the service: 502 when an answer breaks off, 503
  // when no replica can be reached, 504 when it does not come in time.
  http::Response Forward(const http::Request& request, bool repeatable) const;

  // Whether a replica would be asked.
  bool available() const;
  const std::string& service() const { return options_.service; }

 private:
  struct Replica {
    Replica(std::string its_url, const CircuitBreaker::Options& options, const Clock& clock)
        : url(std::move(its_url)), breaker(options, clock) {}

    std::string url;
    CircuitBreaker breaker;
  };
  struct Tried;

  Replica* Choose(const Tried& tried) const;
  http::OutgoingRequest Translate(const http::Request& request, bool repeatable) const;
  bool Attempt(http::OutgoingRequest outgoing, const http::Request& request, Replica& replica,
               Tried* tried) const;
  void Wait(const http::Request& request, int round) const;
  [[noreturn]] void ThrowFailure(const Tried& tried) const;

  const ForwarderOptions options_;
  const http::Client client_;
  std::vector<std::unique_ptr<Replica>> replicas_;
  mutable std::atomic<uint64_t> turn_{0};
  mutable std::atomic<uint64_t> waits_{0};
};

}  // namespace marquee
