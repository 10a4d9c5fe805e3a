// HTTP/1.1 as bytes: no socket and no clock, so tests and the fuzzer drive it as the server does.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"
#include "http/options.h"

namespace marquee::http {

// Reads one request. Not thread-safe.
class RequestParser {
 public:
  enum class State {
    kHead,     // the header is not complete
    kBody,     // the body is not complete
    kDone,     // Take() it
    kRefused,  // refusal() says why; the connection cannot be used any further
  };

  // `options`: the limits on header and body. Must outlive the parser.
  explicit RequestParser(const ServerOptions& options);
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  // Reads from `bytes` and returns how many it used. What is left is to be given again with more
  // behind it, or is the next request's when state() is kDone. REQUIRES: kHead or kBody.
  size_t Feed(std::string_view bytes);

  State state() const { return state_; }
  const std::optional<StatusError>& refusal() const { return refusal_; }
  // The client holds back its body until told to go on.
  bool wants_continue() const;
  // Whether the client would use the connection again; never with HTTP/1.0. REQUIRES: kDone, before
  // Take().
  bool keep_alive() const;

  // method, target, headers and body. REQUIRES: kDone; call once.
  Request Take();
  // What is known of a refused request.
  Request TakeRefused();

 private:
  struct Impl;
  void Refuse(StatusError why);
  void CheckHead();

  const ServerOptions& options_;
  std::unique_ptr<Impl> impl_;
  State state_ = State::kHead;
  std::optional<StatusError> refusal_;
};

// Status line and headers up to the empty line. `date` as in the Date header.
std::string ResponseHead(const Response& response, bool keep_alive, std::string_view date);

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string HttpDate(int64_t seconds_since_1970);

}  // namespace marquee::http
