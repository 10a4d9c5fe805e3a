// HTTP requests of ours, one at a time over a connection that is kept: what clients and downloads
// are made of.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancel.h"
#include "http/message.h"

namespace marquee::http {

struct TransferOptions {
  int connect_timeout_ms = 2'000;       // with the TLS handshake
  int stall_timeout_ms = 0;             // without a byte; whole seconds; 0: any
  int timeout_ms = 0;                   // of a request that states none; 0: any
  int max_redirects = 0;                // a further one is the answer itself
  std::string ca_file = {};             // PEM: whom https trusts; "": whom the system trusts
  bool proxy_of_environment = true;     // http_proxy and the like
  bool leave_out_error_bodies = false;  // of a status from 400 on
};

struct OutgoingRequest {
  std::string method = "GET";
  std::string url;  // http or https
  std::vector<Header> headers = {};
  std::string body = {};
  int64_t from = 0;    // leaves out so many bytes at the start of the answer
  int timeout_ms = 0;  // of the whole; 0: as the options say
  // Whether the server may get it twice. If not, it goes over a new connection, because one that
  // was kept may turn out closed only after the request was sent.
  bool repeatable = true;
  const CancelToken* cancel = nullptr;  // looked at several times a second; cancelled is thrown
};

// What may happen on a network; the reason is for people.
struct TransferResult {
  enum class Outcome {
    kAnswered,      // with any status
    kNotConnected,  // nothing was sent
    kTimedOut,      // nobody knows whether it was done
    kBroken,        // no whole answer came, and nobody knows whether it was done
    kCannotResume,  // the server begins at the first byte only
    kBadUrl,        // malformed, or neither http nor https
  };
  Outcome outcome = Outcome::kBroken;
  std::string reason;
  int status = 0;
  std::vector<Header> headers;
};

// Not thread-safe.
class Transfer {
 public:
  // They may throw: the exception comes out of Run.
  using OnBytes = std::function<void(std::string_view)>;
  using OnProgress = std::function<void(int64_t done, int64_t total)>;  // total 0: unknown

  explicit Transfer(const TransferOptions& options);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // `on_progress` is called several times a second, whether bytes come or not. Throws
  // invalid_argument for a header that holds a line break.
  TransferResult Run(const OutgoingRequest& request, const OnBytes& on_bytes,
                     const OnProgress& on_progress = {});
  // What Content-Length says of the answer that is under way, 0 when it does not.
  size_t announced_bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace marquee::http
