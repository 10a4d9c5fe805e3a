// HTTP/1.1 as bytes: no socket and no clock, so tests and the fuzzer drive it as the server does.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"
#include "http/options.h"

namespace marquee::http {

// What may come as a body, as the header of its request tells.
struct BodyRule {
  std::optional<uint64_t> max_bytes = {};  // none: ServerOptions::max_body_bytes
  bool streams = false;                    // of any size, and taken in pieces
};

// Reads one request. Not thread-safe.
class RequestParser {
 public:
  enum class State {
    kHead,     // the header is not complete
    kBody,     // the body is not complete
    kDone,     // Take() it
    kRefused,  // refusal() says why; the connection cannot be used any further
  };

  // `options`: the limits on header and body. Must outlive the parser. `rule_of` is asked for a
  // request with a body, once: method, target and headers are known then. None: as options say.
  using RuleOf = std::function<BodyRule(Request head)>;
  explicit RequestParser(const ServerOptions& options, RuleOf rule_of = {});
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  // Reads from `bytes` and returns how many it used. What is left is to be given again with more
  // behind it, or is the next request's when state() is kDone. REQUIRES: kHead or kBody.
  size_t Feed(std::string_view bytes);

  State state() const { return state_; }
  const std::optional<StatusError>& refusal() const { return refusal_; }
  // The header is complete, and the body is to be taken in pieces: TakeHead(), and then Feed() and
  // TakePiece() by turns.
  bool streams() const { return streams_; }
  // What has come of the body since the last call.
  std::string TakePiece();

  // The client holds back its body until told to go on.
  bool wants_continue() const;
  // Whether the client would use the connection again; never with HTTP/1.0. REQUIRES: the header is
  // complete, before Take().
  bool keep_alive() const;

  // method, target, headers and body. REQUIRES: kDone; call once.
  Request Take();
  // method, target and headers. REQUIRES: the header is complete.
  Request TakeHead() const;
  // What is known of a refused request.
  Request TakeRefused();

 private:
  struct Impl;
  void Refuse(StatusError why);
  void CheckHead();
  size_t Put(std::string_view bytes);
  void ApplyRule();

  const ServerOptions& options_;
  const RuleOf rule_of_;
  std::unique_ptr<Impl> impl_;
  State state_ = State::kHead;
  bool streams_ = false;
  std::optional<StatusError> refusal_;
};

// Status line and headers up to the empty line. `date` as in the Date header.
std::string ResponseHead(const Response& response, bool keep_alive, std::string_view date);

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string HttpDate(int64_t seconds_since_1970);
// Seconds since 1970 of such a date; nothing for other text.
std::optional<int64_t> ParseHttpDate(std::string_view text);

}  // namespace marquee::http
