#include "storage/s3_client.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "storage/sigv4.h"

namespace marquee::storage {
namespace {

using Outcome = http::TransferResult::Outcome;

constexpr size_t kMaxKeyBytes = 1024;
constexpr int64_t kFirstWaitMs = 100;
constexpr int64_t kLongestWaitMs = 5000;
constexpr int kFarewellAttempts = 2;

// What a code of S3 means here. Codes are stable, statuses are shared.
struct KnownFault {
  std::string_view code;
  Code is;
  std::string_view hint;
  bool passes = false;
};
constexpr std::string_view kKeyHint =
    "check s3.access_key_id and s3.secret_access_key, or AWS_ACCESS_KEY_ID and "
    "AWS_SECRET_ACCESS_KEY";
constexpr std::string_view kSpaceHint = "make room in the bucket, or raise its quota";
constexpr std::string_view kRegionHint = "set s3.region (or AWS_REGION) to that of the bucket";
constexpr std::string_view kOneNameHint =
    "choose another name: this server cannot have an object and a folder of one name";
constexpr std::array kKnown = std::to_array<KnownFault>({
    {"AccessDenied", Code::kPermissionDenied, "let this key list, read, write and delete there"},
    {"AuthorizationHeaderMalformed", Code::kFailedPrecondition, kRegionHint},
    {"ConditionalRequestConflict", Code::kUnavailable, "try again", true},
    {"EntityTooLarge", Code::kResourceExhausted, "S3 takes no larger object"},
    {"ExistingObjectIsDirectory", Code::kAlreadyExists, kOneNameHint},
    {"ExpiredToken", Code::kPermissionDenied, "fetch new temporary credentials"},
    {"InternalError", Code::kUnavailable, "try again", true},
    {"InvalidAccessKeyId", Code::kPermissionDenied, kKeyHint},
    {"KeyTooLongError", Code::kInvalidArgument, "choose a shorter name"},
    {"NoSuchBucket", Code::kFailedPrecondition, "create the bucket, or name one that is there"},
    {"NotImplemented", Code::kUnimplemented, "this server lacks a part of S3 that is needed"},
    {"ObjectParentIsFile", Code::kAlreadyExists, kOneNameHint},
    {"OperationAborted", Code::kUnavailable, "try again", true},
    {"PermanentRedirect", Code::kFailedPrecondition, kRegionHint},
    {"QuotaExceeded", Code::kResourceExhausted, kSpaceHint},
    {"RequestTimeTooSkewed", Code::kPermissionDenied, "set the clock of this machine"},
    {"RequestTimeout", Code::kUnavailable, "try again", true},
    {"SignatureDoesNotMatch", Code::kPermissionDenied, kKeyHint},
    {"SlowDown", Code::kUnavailable, "send less at once", true},
    {"XMinioAdminBucketQuotaExceeded", Code::kResourceExhausted, kSpaceHint},
    {"XMinioObjectExistsAsDirectory", Code::kAlreadyExists, kOneNameHint},
    {"XMinioParentIsObject", Code::kAlreadyExists, kOneNameHint},
    {"XMinioStorageFull", Code::kResourceExhausted, kSpaceHint},
});

KnownFault KnownOf(int status, std::string_view code) {
  const auto found = std::ranges::find(kKnown, code, &KnownFault::code);
  if (found != kKnown.end()) return *found;
  switch (status) {
    case 301:
    case 307:
      return {code, Code::kFailedPrecondition, kRegionHint};
    case 401:
    case 403:
      return {code, Code::kPermissionDenied, kKeyHint};
    case 404:
      return {code, Code::kNotFound, ""};
    case 429:
      return {code, Code::kUnavailable, "send less at once", true};
    case 507:
      return {code, Code::kResourceExhausted, kSpaceHint};
    default:
      break;
  }
  if (status >= 500) return {code, Code::kUnavailable, "try again", true};
  return {code, Code::kFailedPrecondition, "look into the log of the server"};
}

// Of an answer without a body, as to HEAD, the status is all there is.
S3Fault FaultOf(const http::ClientResponse& answer) {
  if (std::optional<S3Fault> fault = ParseFault(answer.body)) return *fault;
  return {.code = StrCat("status ", answer.status), .message = ""};
}

// An upload may be answered 200 while it is put together, and fail later.
bool IsGood(const S3Request& request, const http::ClientResponse& answer) {
  return answer.status < 300 && !(request.method == "POST" && ParseFault(answer.body));
}

S3Options Completed(S3Options options) {
  if (options.credentials.access_key_id.empty() || options.credentials.secret_access_key.empty()) {
    throw Error(Code::kFailedPrecondition,
                StrCat("s3://", options.bucket, ": there are no credentials"),
                std::string(kKeyHint));
  }
  if (options.region.empty()) options.region = "us-east-1";
  if (options.endpoint.empty()) {
    options.endpoint = StrCat("https://s3.", options.region, ".amazonaws.com");
  }
  if (options.endpoint.ends_with('/')) options.endpoint.pop_back();
  return options;
}

http::ClientOptions ClientOptionsOf(const S3Options& options) {
  return {.transfer = {.connect_timeout_ms = options.connect_timeout_ms,
                       .stall_timeout_ms = options.stall_timeout_ms,
                       .ca_file = options.ca_file},
          .timeout_ms = 0,
          .max_answer_bytes = std::numeric_limits<size_t>::max()};
}

}  // namespace

// Why an attempt brought nothing.
struct S3Client::Failure {
  int status = 0;      // 0: there was no answer
  S3Fault fault = {};  // of an answer
  std::string reason = {};
};

std::string S3Answer::HeaderValue(std::string_view name) const {
  for (const http::Header& header : headers) {
    if (AsciiLower(header.name) == AsciiLower(name)) return header.value;
  }
  return {};
}

S3Client::S3Client(S3Options options, const Clock& clock)
    : options_(Completed(std::move(options))),
      clock_(clock),
      client_(ClientOptionsOf(options_)),
      random_(static_cast<uint64_t>(clock.NowMs())) {
  const std::string& endpoint = options_.endpoint;
  const size_t scheme_end = endpoint.find("://");
  const std::string scheme = endpoint.substr(0, scheme_end);
  if (scheme_end == std::string::npos || (scheme != "http" && scheme != "https") ||
      endpoint.find_first_of("/?#@", scheme_end + 3) != std::string::npos) {
    throw Error(Code::kInvalidArgument, StrCat("'", endpoint, "' is no endpoint of S3"),
                "write s3.endpoint as https://host:port");
  }
  const std::string authority = endpoint.substr(scheme_end + 3);
  host_ = options_.path_style ? authority : StrCat(options_.bucket, ".", authority);
  origin_ = StrCat(scheme, "://", host_);
}

std::string S3Client::WholeKey(std::string_view key) const {
  if (!IsValidUtf8(key) || std::ranges::any_of(key, [](char c) { return c >= 0 && c < ' '; })) {
    throw Error(
        Code::kInvalidArgument,
        StrCat("'", ToValidUtf8(key), "' has control characters, or is no UTF-8: S3 lists in XML"),
        "choose another name");
  }
  std::string whole =
      options_.prefix.empty() ? std::string(key) : StrCat(options_.prefix, "/", key);
  if (whole.size() > kMaxKeyBytes) {
    throw Error(
        Code::kInvalidArgument,
        StrCat("'", key, "' has ", whole.size(), " bytes in its bucket: S3 allows ", kMaxKeyBytes),
        "choose a shorter name");
  }
  return whole;
}

std::string S3Client::PathOf(const std::string& key) const {
  std::string path = options_.path_style ? StrCat("/", options_.bucket) : std::string();
  if (!key.empty() || path.empty()) StrAppend(&path, "/", EncodedPath(key));
  return path;
}

S3Answer S3Client::Call(S3Request request, std::initializer_list<int> expected) const {
  http::OutgoingRequest outgoing{.method = request.method,
                                 .url = StrCat(origin_, PathOf(request.key)),
                                 .body = std::move(request.body),
                                 .cancel = request.farewell ? nullptr : options_.cancel};
  if (!request.query.empty()) StrAppend(&outgoing.url, "?", CanonicalQuery(request.query));
  const int attempts =
      request.farewell ? std::min(kFarewellAttempts, options_.attempts) : options_.attempts;
  Failure last;
  for (int attempt = 1;; ++attempt) {
    if (std::optional<S3Answer> answer = Try(request, outgoing, expected, &last)) {
      return std::move(*answer);
    }
    if (attempt >= attempts) Throw(request, last);
    if (outgoing.cancel != nullptr) outgoing.cancel->ThrowIfRequested("a call of S3");
    WaitBefore(attempt);
  }
}

std::optional<S3Answer> S3Client::Try(const S3Request& request, http::OutgoingRequest& outgoing,
                                      std::initializer_list<int> expected, Failure* last) const {
  SigV4Request to_sign{.method = request.method,
                       .path = PathOf(request.key),
                       .query = request.query,
                       .headers = request.headers,
                       .body_sha256 = HashHex(HashKind::kSha256, outgoing.body)};
  to_sign.headers.push_back({"Host", host_});
  outgoing.headers =
      Signed(std::move(to_sign), options_.credentials, options_.region, clock_.NowMs());
  http::Client::Attempt attempt = client_.Try(outgoing);
  if (attempt.outcome != Outcome::kAnswered) {
    if (attempt.outcome == Outcome::kBadUrl) {
      throw Error(Code::kInvalidArgument, StrCat(origin_, ": ", attempt.reason),
                  "write s3.endpoint as https://host:port");
    }
    last->status = 0;
    last->reason = std::move(attempt.reason);
    return std::nullopt;
  }
  http::ClientResponse& answer = attempt.response;
  if (IsGood(request, answer) || std::ranges::find(expected, answer.status) != expected.end()) {
    return S3Answer{.status = answer.status,
                    .headers = std::move(answer.headers),
                    .body = std::move(answer.body)};
  }
  last->status = answer.status;
  last->fault = FaultOf(answer);
  if (!KnownOf(last->status, last->fault.code).passes) Throw(request, *last);
  return std::nullopt;
}

void S3Client::Throw(const S3Request& request, const Failure& failure) const {
  if (failure.status != 0) ThrowFault(request, failure.status, failure.fault);
  throw Error(Code::kUnavailable,
              StrCat("s3://", options_.bucket, "/", request.key, ": ", request.method, " at ",
                     options_.endpoint, ": ", failure.reason),
              "check that the server runs, and s3.endpoint (or AWS_ENDPOINT_URL)");
}

void S3Client::ThrowFault(const S3Request& request, int status, const S3Fault& fault) const {
  const KnownFault known = KnownOf(status, fault.code);
  std::string message = StrCat("s3://", options_.bucket, "/", request.key, ": ", request.method,
                               " was answered ", fault.code);
  if (!fault.message.empty()) StrAppend(&message, ": ", fault.message);
  if (!fault.region.empty()) StrAppend(&message, " (region ", fault.region, ")");
  throw Error(known.is, std::move(message), std::string(known.hint));
}

// Half of it by chance, lest all who were told to slow down come back at once.
void S3Client::WaitBefore(int attempt) const {
  const int64_t longest = std::min(kLongestWaitMs, kFirstWaitMs << std::min(attempt - 1, 10));
  int64_t left = longest / 2;
  {
    const std::lock_guard lock(mutex_);
    left += static_cast<int64_t>(random_.Below(static_cast<uint64_t>(longest / 2 + 1)));
  }
  if (options_.wait) return options_.wait(left);
  constexpr int64_t kSliceMs = 50;
  for (; left > 0; left -= kSliceMs) {
    if (options_.cancel != nullptr && options_.cancel->requested()) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(std::min(left, kSliceMs)));
  }
}

}  // namespace marquee::storage
