// Signed requests to one bucket of S3, repeated until they are answered.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "http/client.h"
#include "storage/s3_options.h"
#include "storage/s3_xml.h"

namespace marquee::storage {

struct S3Request {
  std::string method;
  std::string key = {};  // the whole key in the bucket; "" is the bucket itself
  std::vector<http::Param> query = {};
  std::vector<http::Header> headers = {};
  std::string body = {};
  // Tidies up: tried twice at most, and also after a cancellation.
  bool farewell = false;
};

struct S3Answer {
  int status = 0;
  std::vector<http::Header> headers;
  std::string body;

  // "" where there is none.
  std::string HeaderValue(std::string_view name) const;
};

// Connections are kept and used again. What is asked may reach the server more than once.
// Thread-safe; as many requests at once as there are callers.
class S3Client {
 public:
  // Makes no request. Throws failed_precondition without credentials, invalid_argument for an
  // endpoint that is none.
  S3Client(S3Options options, const Clock& clock);

  // The answer, when its status is below 300 or one of `expected`. What passes (500, SlowDown, a
  // conflict of two writers, a connection that breaks) is tried again. Otherwise throws, naming
  // bucket and key: permission_denied, not_found, failed_precondition (no such bucket, another
  // region), resource_exhausted, unavailable, cancelled.
  S3Answer Call(S3Request request, std::initializer_list<int> expected = {}) const;

  // As Call does for an answer that nobody expects.
  [[noreturn]] void ThrowFault(const S3Request& request, int status, const S3Fault& fault) const;

  // The whole key in the bucket of a key of the store. Throws invalid_argument when it has more
  // than the 1,024 bytes that S3 allows, and for what XML cannot write: control characters.
  std::string WholeKey(std::string_view key) const;
  const S3Options& options() const { return options_; }

 private:
  std::string PathOf(const std::string& key) const;
  // The attempt's answer, or nothing when it is to be repeated: `last` then says why.
  struct Failure;
  std::optional<S3Answer> Try(const S3Request& request, http::OutgoingRequest& outgoing,
                              std::initializer_list<int> expected, Failure* last) const;
  [[noreturn]] void Throw(const S3Request& request, const Failure& failure) const;
  void WaitBefore(int attempt) const;

  S3Options options_;
  const Clock& clock_;
  std::string origin_;  // "https://bucket.host"
  std::string host_;    // as the Host header has it
  const http::Client client_;
  mutable std::mutex mutex_;
  mutable Rng random_;  // guarded by mutex_
};

}  // namespace marquee::storage
