// Requests to other servers.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/transfer.h"

namespace marquee::http {

struct ClientOptions {
  TransferOptions transfer = {};
  int timeout_ms = 10'000;  // of a request that states none; 0: any
  size_t max_answer_bytes = 8 << 20;
  size_t max_kept = 64;  // connections kept open between requests, for each host
};

struct ClientResponse {
  int status = 0;
  std::vector<Header> headers;
  std::string body;

  // The first header of that name, whatever its case.
  std::optional<std::string_view> FindHeader(std::string_view name) const;
};

// Blocks while it waits, so not for a handler that runs on an io thread. Connections are kept and
// used again, for each host its own. https verifies the server's certificate and name.
// Thread-safe; as many requests at once as there are callers.
class Client {
 public:
  explicit Client(ClientOptions options = {});
  ~Client();

  // The answer, whatever its status. Throws, naming the URL without its query: unavailable when
  // there is no connection, or no whole answer comes; deadline_exceeded; resource_exhausted for an
  // answer larger than the bound; invalid_argument for a bad URL or header.
  ClientResponse Send(const OutgoingRequest& request) const;

  // The same, for callers that go on after a failure: what happened, as a value.
  struct Attempt {
    TransferResult::Outcome outcome;
    std::string reason;
    ClientResponse response;  // with kAnswered
  };
  // Throws resource_exhausted and invalid_argument as Send does.
  Attempt Try(const OutgoingRequest& request) const;

 private:
  std::unique_ptr<Transfer> Take(const std::string& host) const;
  void Keep(const std::string& host, std::unique_ptr<Transfer> transfer) const;

  const ClientOptions options_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, std::vector<std::unique_ptr<Transfer>>> kept_;
};

}  // namespace marquee::http
