#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace marquee::http {

// Each limit says what a client meets beyond it.
struct ServerOptions {
  std::string host = "127.0.0.1";  // "0.0.0.0" or "::" to be reached from other machines
  uint16_t port = 0;               // 0: one that is free, told by Server::port()
  int io_threads = 0;              // 0: one a core; handlers run on them
  int worker_threads = 64;         // for handlers that wait: so many of them at once
  int transfer_threads = 64;       // for routes that stream: so many uploads at once
  // A further one makes the one of its thread close that has been idle the longest, or else the one
  // that has been slow the longest. 0: as many as this process may open files, less some for other
  // use.
  int max_connections = 0;
  // Of one address; a further one is closed at once. 0: no bound; loopback has none.
  int max_connections_per_address = 0;
  // PEM files, both or none: with them, every connection is TLS 1.2 or 1.3. Read again when they
  // change.
  std::string tls_certificate = {};
  std::string tls_key = {};
  // Browsers that came by TLS come back by nothing else for so long (RFC 6797). 0: they are not
  // told.
  int64_t hsts_seconds = 0;

  size_t max_header_bytes = 16 << 10;  // 431
  int max_headers = 100;               // 431
  size_t max_body_bytes = 1 << 20;     // 413

  int header_timeout_ms = 10'000;  // from the first byte of a request to the end of its header: 408
  int request_timeout_ms = 30'000;  // from there to the last byte of the body: 408; the deadline
                                    // that handlers see. A body that is streamed has as long
                                    // for each 64 KiB.
  int idle_timeout_ms = 60'000;     // between two requests of a connection: closed
  int write_timeout_ms = 30'000;    // for a client to take its answer, or the next 256 KiB of one
                                    // that is streamed: closed
  int drain_timeout_ms = 3'000;     // what Stop gives the requests under way before it cuts them

  // See CrossSite: host names, and origins such as "https://shop.example".
  std::vector<std::string> allowed_hosts = {};
  std::vector<std::string> cors_origins = {};
  // Addresses whose X-Forwarded-For is believed.
  std::vector<std::string> trusted_proxies = {};
};

}  // namespace marquee::http
