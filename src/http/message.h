// What a handler gets and gives: plain values, no socket and no parser in them.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "http/role.h"

namespace marquee::http {

struct Header {
  std::string name;
  std::string value;
};

struct Param {
  std::string name;
  std::string value;
};

struct Route;

// Who sent a request, as far as it is known.
struct Caller {
  std::string name;  // "key:3f9a2c81d0", "user:ada", "token:<subject>", "local"; "" when unknown
  Role role = Role::kPublic;
};

// A body that is not held in memory. Not thread-safe.
class BodyReader {
 public:
  virtual ~BodyReader() = default;
  // The next bytes, valid until the next call; none at the end. Waits for the client. Throws
  // StatusError for what is no body and for a client that sends too slowly, cancelled for one that
  // is gone.
  virtual std::string_view Next() = 0;
};

struct Request {
  std::string method;              // "GET"
  std::string target;              // as sent: "/items/4%202?k=10"
  std::string path;                // before the '?', still encoded: "/items/4%202"
  std::string route;               // the pattern that matched: "/items/{id}"; "" when none did
  const Route* matched = nullptr;  // the same in full; null when none did, and for OPTIONS
  std::vector<Param> path_params;  // decoded
  std::vector<Param> query;        // decoded, in order, repeated ones kept
  std::vector<Header> headers;     // in order, repeated ones kept
  std::string body;                // decoded when it came in chunks
  BodyReader* reader = nullptr;    // has the body in place of `body`, where the route streams
  std::string remote_address;      // "127.0.0.1"
  Caller caller;
  std::string id;  // names the request in logs, problems and X-Request-Id
  // When the answer is no longer waited for.
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();

  // The first header of that name, whatever its case.
  std::optional<std::string_view> FindHeader(std::string_view name) const;
  // REQUIRES: the route's pattern has {name}.
  const std::string& PathParam(std::string_view name) const;
  // Throws invalid_argument that names the parameter when it is given more than once.
  std::optional<std::string_view> FindQuery(std::string_view name) const;
  std::vector<std::string_view> AllQuery(std::string_view name) const;
};

// An answer that is made while it is sent. Not thread-safe.
class BodySource {
 public:
  virtual ~BodySource() = default;
  virtual uint64_t size_bytes() const = 0;
  // The next bytes, at most `max_bytes` and at least one until all were given. May wait for a disk
  // or a network. What it throws ends the connection.
  virtual std::string Next(size_t max_bytes) = 0;
};

struct Response {
  int status = 200;
  std::string content_type;     // "" when there is no body
  std::vector<Header> headers;  // beside Content-Type, Content-Length, Date and Connection
  std::string body;
  std::shared_ptr<BodySource> source;  // null: `body` has all
  bool body_left_out = false;  // the answer to HEAD: the length of the body is told, not the body

  uint64_t body_bytes() const { return source ? source->size_bytes() : body.size(); }
};

// An Error whose HTTP status is not that of its code (405, 413, 431, ...), or that needs headers.
class StatusError : public Error {
 public:
  StatusError(int status, Code code, std::string message, std::string hint = {},
              std::vector<Header> headers = {})
      : Error(code, std::move(message), std::move(hint)),
        status_(status),
        headers_(std::move(headers)) {}

  int status() const { return status_; }
  const std::vector<Header>& headers() const { return headers_; }

 private:
  int status_;
  std::vector<Header> headers_;
};

Response Json(const marquee::Json& body, int status = 200);
// `text` is JSON already.
Response JsonText(std::string text, int status = 200);
Response Html(std::string text);
// RFC 9457 with what Marquee adds: {"type", "title", "status", "detail", "code", "message", "hint",
// "request_id"}. An internal error's message stays in the log: it may tell of the inside.
Response Problem(const Error& error, int status, std::string_view request_id);

// "Not Found"; "" for a status that is not in use.
std::string_view ReasonPhrase(int status);

}  // namespace marquee::http
