// What a page of another site may not do through a person's browser.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "http/options.h"

namespace marquee::http {

// Immutable, thread-safe. Clients that are no browsers send no Origin, and are not concerned.
class CrossSite {
 public:
  explicit CrossSite(const ServerOptions& options);

  // Throws permission_denied for
  // - a Host header with a domain name that is not allowed, where the server listens on this
  //   machine only or names are listed: a name made to point here lets its page read what is here
  //   (DNS rebinding). Addresses, names without a dot and localhost cannot be such names.
  // - an unsafe method whose Origin is neither this server nor listed (forged requests).
  void Check(const Request& request) const;
  // The answer to what a browser asks before a request from a listed origin.
  std::optional<Response> Preflight(const Request& request) const;
  // Lets a page of a listed origin read the answer.
  void AddHeaders(const Request& request, Response* response) const;

 private:
  bool Listed(std::string_view origin) const;

  const bool checks_host_;
  const std::vector<std::string> allowed_hosts_;
  const std::vector<std::string> origins_;
};

// Whether the method can change something: all but GET, HEAD and OPTIONS.
bool IsUnsafe(std::string_view method);

}  // namespace marquee::http
