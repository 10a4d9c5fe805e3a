#include "http/client.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace marquee::http {
namespace {

using Outcome = TransferResult::Outcome;

constexpr size_t kMostReserved = 16 << 20;

// "http://host:port" of a URL.
std::string HostOf(const std::string& url) {
  const size_t scheme = url.find("://");
  if (scheme == std::string::npos) return url;
  return url.substr(0, url.find_first_of("/?#", scheme + 3));
}

// A query may hold what must not reach a log.
std::string WithoutQuery(const std::string& url) { return url.substr(0, url.find('?')); }

[[noreturn]] void ThrowFailure(const OutgoingRequest& request, const Client::Attempt& attempt) {
  const std::string what =
      StrCat(request.method, " ", WithoutQuery(request.url), ": ", attempt.reason);
  switch (attempt.outcome) {
    case Outcome::kTimedOut:
      throw Error(Code::kDeadlineExceeded, what, "the server is slow, or the time too short");
    case Outcome::kBadUrl:
      throw Error(Code::kInvalidArgument, what, "a URL is http://host:port/path, or https");
    case Outcome::kNotConnected:
      throw Error(Code::kUnavailable, what, "check that the server runs and the URL is right");
    default:
      throw Error(Code::kUnavailable, what, "the server went away: try again");
  }
}

}  // namespace

std::optional<std::string_view> ClientResponse::FindHeader(std::string_view name) const {
  for (const Header& header : headers) {
    if (AsciiLower(header.name) == AsciiLower(name)) return header.value;
  }
  return std::nullopt;
}

Client::Client(ClientOptions options) : options_(std::move(options)) {}
Client::~Client() = default;

ClientResponse Client::Send(const OutgoingRequest& request) const {
  Attempt attempt = Try(request);
  if (attempt.outcome != Outcome::kAnswered) ThrowFailure(request, attempt);
  return std::move(attempt.response);
}

Client::Attempt Client::Try(const OutgoingRequest& request) const {
  const std::string host = HostOf(request.url);
  std::unique_ptr<Transfer> transfer = Take(host);
  std::string body;
  TransferResult result = transfer->Run(request, [&](std::string_view bytes) {
    if (body.size() + bytes.size() > options_.max_answer_bytes) {
      throw Error(Code::kResourceExhausted,
                  StrCat(request.method, " ", WithoutQuery(request.url),
                         ": the answer is larger than ", options_.max_answer_bytes, " bytes"),
                  "ask for less");
    }
    // Else doubling would take up to twice the answer.
    if (body.empty()) body.reserve(std::min(transfer->announced_bytes(), kMostReserved));
    body += bytes;
  });
  Keep(host, std::move(transfer));
  return {
      .outcome = result.outcome,
      .reason = std::move(result.reason),
      .response = {
          .status = result.status, .headers = std::move(result.headers), .body = std::move(body)}};
}

// The one used last: its connection is the least likely to have been closed.
std::unique_ptr<Transfer> Client::Take(const std::string& host) const {
  {
    const std::lock_guard lock(mutex_);
    std::vector<std::unique_ptr<Transfer>>& kept = kept_[host];
    if (!kept.empty()) {
      std::unique_ptr<Transfer> transfer = std::move(kept.back());
      kept.pop_back();
      return transfer;
    }
  }
  TransferOptions options = options_.transfer;
  options.timeout_ms = options_.timeout_ms;
  return std::make_unique<Transfer>(options);
}

void Client::Keep(const std::string& host, std::unique_ptr<Transfer> transfer) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::unique_ptr<Transfer>>& kept = kept_[host];
  if (kept.size() < options_.max_kept) kept.push_back(std::move(transfer));
}

}  // namespace marquee::http
