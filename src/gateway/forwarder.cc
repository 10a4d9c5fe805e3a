#include "gateway/forwarder.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <set>
#include <thread>
#include <utility>

#include "base/random.h"
#include "base/text.h"

namespace marquee {
namespace {

using Outcome = http::TransferResult::Outcome;
using std::chrono::steady_clock;

// Of one connection (RFC 9110, 7.6.1), or said anew here. Origin was judged by the gateway, which
// knows its own name; the service does not.
constexpr std::array kNotPassedOn = std::to_array<std::string_view>(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection",
     "te", "trailer", "transfer-encoding", "upgrade", "host", "content-length", "expect",
     "x-request-id", "forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host",
     "origin"});
// Said by the gateway itself.
constexpr std::array kNotPassedBack = std::to_array<std::string_view>(
    {"connection", "keep-alive", "proxy-authenticate", "te", "trailer", "transfer-encoding",
     "upgrade", "content-length", "content-type", "date", "x-request-id",
     "x-content-type-options"});

template <size_t n>
bool IsIn(const std::array<std::string_view, n>& names, const std::string& lower) {
  return std::ranges::find(names, lower) != names.end();
}

// What the Connection header names is of one connection too.
std::set<std::string> NamedByConnection(const std::vector<http::Header>& headers) {
  std::set<std::string> names;
  for (const http::Header& header : headers) {
    if (AsciiLower(header.name) != "connection") continue;
    for (const std::string_view name : Split(header.value, ","))
      names.insert(AsciiLower(Trim(name)));
  }
  return names;
}

std::string Joined(const http::Request& request, std::string_view name, std::string last) {
  const auto before = request.FindHeader(name);
  return before ? StrCat(*before, ", ", last) : std::move(last);
}

// An IPv6 address is quoted and in brackets (RFC 7239, 6).
std::string NodeName(const std::string& address) {
  return address.find(':') == std::string::npos ? address : StrCat("\"[", address, "]\"");
}

bool IsGatewayError(int status) { return status == 502 || status == 503 || status == 504; }

int64_t LeftMs(const http::Request& request) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(request.deadline -
                                                               steady_clock::now())
      .count();
}

http::Response PassBack(http::ClientResponse&& answer) {
  http::Response response;
  response.status = answer.status;
  response.content_type = answer.FindHeader("Content-Type").value_or("");
  const std::set<std::string> named = NamedByConnection(answer.headers);
  for (http::Header& header : answer.headers) {
    const std::string lower = AsciiLower(header.name);
    if (!IsIn(kNotPassedBack, lower) && !named.contains(lower)) {
      response.headers.push_back(std::move(header));
    }
  }
  response.body = std::move(answer.body);
  return response;
}

}  // namespace

struct Forwarder::Tried {
  std::vector<const Replica*> replicas;
  Outcome outcome = Outcome::kNotConnected;  // of the last attempt
  std::string reason;
  std::optional<http::Response> answer;  // of the last attempt that had one
};

Forwarder::Forwarder(ForwarderOptions options, const Clock& clock)
    : options_(std::move(options)),
      client_({.transfer = {.connect_timeout_ms = options_.connect_timeout_ms,
                            .proxy_of_environment = false},
               .max_answer_bytes = 64 << 20}) {
  for (const std::string& url : options_.urls) {
    if (!url.starts_with("http://") && !url.starts_with("https://")) {
      throw Error(Code::kInvalidArgument,
                  StrCat("services.", options_.service, ": '", url, "' is no URL"),
                  "write http://host:port; several, with commas between, are replicas");
    }
    replicas_.push_back(std::make_unique<Replica>(
        url.ends_with('/') ? url.substr(0, url.size() - 1) : url, options_.breaker, clock));
  }
  if (replicas_.empty()) {
    throw Error(Code::kInvalidArgument, StrCat("services.", options_.service, " names no URL"),
                "write http://host:port");
  }
}

bool Forwarder::available() const {
  return std::ranges::any_of(replicas_, [](const auto& replica) {
    return replica->breaker.state() != CircuitBreaker::State::kOpen;
  });
}

http::Response Forwarder::Forward(const http::Request& request, bool repeatable) const {
  const http::OutgoingRequest outgoing = Translate(request, repeatable);
  Tried tried;
  for (int attempt = 0; attempt < options_.attempts; ++attempt) {
    const int round = attempt / static_cast<int>(replicas_.size());
    if (round > 0) Wait(request, round);
    if (attempt > 0 && LeftMs(request) <= 0) break;
    Replica* replica = Choose(tried);
    if (replica == nullptr) break;
    if (!Attempt(outgoing, request, *replica, &tried)) break;
  }
  if (tried.answer) return std::move(*tried.answer);
  ThrowFailure(tried);
}

// In turn, those not tried yet first; null when every breaker is open.
Forwarder::Replica* Forwarder::Choose(const Tried& tried) const {
  const uint64_t first = turn_++;
  for (const bool again : {false, true}) {
    for (size_t i = 0; i < replicas_.size(); ++i) {
      Replica& replica = *replicas_[(first + i) % replicas_.size()];
      const bool was_tried = std::ranges::find(tried.replicas, &replica) != tried.replicas.end();
      if (was_tried == again && replica.breaker.Allow()) return &replica;
    }
  }
  return nullptr;
}

http::OutgoingRequest Forwarder::Translate(const http::Request& request, bool repeatable) const {
  http::OutgoingRequest outgoing;
  outgoing.method = request.method == "HEAD" ? "GET" : request.method;
  outgoing.url = request.target.substr(0, request.target.find('#'));
  outgoing.body = request.body;
  outgoing.repeatable = repeatable;
  const std::set<std::string> named = NamedByConnection(request.headers);
  for (const http::Header& header : request.headers) {
    const std::string lower = AsciiLower(header.name);
    if (!IsIn(kNotPassedOn, lower) && !named.contains(lower)) outgoing.headers.push_back(header);
  }
  const std::string host(request.FindHeader("Host").value_or(""));
  outgoing.headers.push_back({"X-Request-Id", request.id});
  outgoing.headers.push_back(
      {"X-Forwarded-For", Joined(request, "X-Forwarded-For", request.remote_address)});
  outgoing.headers.push_back({"X-Forwarded-Proto", options_.scheme});
  if (!host.empty()) outgoing.headers.push_back({"X-Forwarded-Host", host});
  outgoing.headers.push_back({"Forwarded", Joined(request, "Forwarded",
                                                  StrCat("for=", NodeName(request.remote_address),
                                                         ";proto=", options_.scheme))});
  return outgoing;
}

// Whether another attempt may follow.
bool Forwarder::Attempt(http::OutgoingRequest outgoing, const http::Request& request,
                        Replica& replica, Tried* tried) const {
  const bool absolute = outgoing.url.starts_with("http");
  outgoing.url = replica.url + (absolute ? request.path : outgoing.url);
  outgoing.timeout_ms =
      static_cast<int>(std::clamp<int64_t>(LeftMs(request), 1, options_.timeout_ms));
  http::Client::Attempt attempt;
  try {
    attempt = client_.Try(outgoing);
  } catch (...) {
    replica.breaker.Failed();
    throw;
  }
  const bool answered = attempt.outcome == Outcome::kAnswered;
  const bool good = answered && !IsGatewayError(attempt.response.status);
  // A URL that cannot be is the client's fault.
  good || attempt.outcome == Outcome::kBadUrl ? replica.breaker.Succeeded()
                                              : replica.breaker.Failed();
  tried->replicas.push_back(&replica);
  tried->outcome = attempt.outcome;
  tried->reason = StrCat(replica.url, ": ", attempt.reason);
  if (answered) tried->answer = PassBack(std::move(attempt.response));
  if (good || attempt.outcome == Outcome::kBadUrl) return false;
  return outgoing.repeatable || attempt.outcome == Outcome::kNotConnected;
}

void Forwarder::Wait(const http::Request& request, int round) const {
  const int64_t most_ms =
      std::min<int64_t>({int64_t{options_.backoff_ms} << std::min(round - 1, 16),
                         options_.max_backoff_ms, std::max<int64_t>(LeftMs(request), 0)});
  const auto wait_ms =
      static_cast<int>(Rng(options_.seed).Fork(waits_++).Uniform() * static_cast<double>(most_ms));
  if (options_.sleep) return options_.sleep(wait_ms);
  std::this_thread::sleep_for(std::chrono::milliseconds(wait_ms));
}

void Forwarder::ThrowFailure(const Tried& tried) const {
  if (tried.replicas.empty()) {
    throw http::StatusError(
        503, Code::kUnavailable,
        StrCat("service ", options_.service, " keeps failing and is left alone for now"),
        "try again later; GET /health/ready tells when it is back", {{"Retry-After", "1"}});
  }
  switch (tried.outcome) {
    case Outcome::kBadUrl:
      throw Error(Code::kInvalidArgument, "the request target is no URL",
                  "percent-encode what is not allowed in one");
    case Outcome::kTimedOut:
      throw http::StatusError(504, Code::kDeadlineExceeded,
                              StrCat("service ", options_.service, " did not answer in time"),
                              "try again later");
    case Outcome::kNotConnected:
      throw http::StatusError(
          503, Code::kUnavailable, StrCat("service ", options_.service, " cannot be reached"),
          "try again later; whoever runs the gateway checks that it runs", {{"Retry-After", "1"}});
    default:
      throw http::StatusError(502, Code::kUnavailable,
                              StrCat("service ", options_.service, " broke off its answer"),
                              "it may or may not have done what was asked");
  }
}

}  // namespace marquee
