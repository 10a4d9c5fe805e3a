// An HTTP/1.1 server, on plain TCP or with TLS.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "http/middleware.h"
#include "http/options.h"
#include "http/probe.h"
#include "http/router.h"

namespace marquee::http {

// One thread and event loop a core; a connection stays on one. Requests of a connection, pipelined
// ones too, are answered in order. Handlers run on the loops' threads.
class Server {
 public:
  // `guards`: the innermost middleware. `probe` must outlive the server. Throws what
  // MakeTlsIdentity throws (http/tls.h).
  Server(ServerOptions options, Router router, Probe& probe, std::vector<Middleware> guards = {});
  // Stops.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Listens, and answers from then on. Throws unavailable, naming host and port, when it cannot;
  // invalid_argument for a host that is none. Call once.
  void Start();
  // The port listened on. REQUIRES: Start() has returned.
  uint16_t port() const { return port_; }

  // Takes no more connections, closes idle ones, finishes requests under way, and cuts what is not
  // finished after drain_timeout_ms. Returns when all threads have ended; a second call does
  // nothing. Not from a handler.
  void Stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
  uint16_t port_ = 0;
};

// Lets this process open as many files, sockets too, as it may at most; gives how many. Called
// before a server is made, it makes room for as many connections.
int64_t RaiseOpenFileLimit();

// Throws what Start would throw now: asked before long work that ends in serving.
void RequireCanListen(const ServerOptions& options);

}  // namespace marquee::http
