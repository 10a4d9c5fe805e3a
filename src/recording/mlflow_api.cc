#include "recording/mlflow_api.h"

#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"
#include "http/url.h"

namespace marquee {
namespace {

constexpr int kTries = 3;
constexpr std::chrono::milliseconds kFirstPause{200};
constexpr int kCallTimeoutMs = 10'000;
constexpr int kUploadTimeoutMs = 600'000;
constexpr size_t kShownBytes = 300;

std::vector<http::Header> LoginOf(const MlflowServer& server) {
  if (!server.token.empty()) return {{"Authorization", "Bearer " + server.token}};
  if (server.username.empty()) return {};
  return {{"Authorization", "Basic " + ToBase64(StrCat(server.username, ":", server.password))}};
}

Code CodeOf(int status, const std::string& name) {
  if (name == "RESOURCE_ALREADY_EXISTS") return Code::kAlreadyExists;
  switch (status) {
    case 401:
      return Code::kUnauthenticated;
    case 403:
      return Code::kPermissionDenied;
    case 404:
      return Code::kNotFound;
    case 409:
      return Code::kAlreadyExists;
    default:
      return status < 500 && status != 429 ? Code::kInvalidArgument : Code::kUnavailable;
  }
}

std::string HintOf(Code code) {
  if (code == Code::kUnauthenticated || code == Code::kPermissionDenied)
    return "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN";
  return code == Code::kUnavailable ? "look at the log of that server" : "";
}

// The protocol's {"error_code", "message"}, or what else came.
[[noreturn]] void ThrowAnswer(const std::string& url, const http::ClientResponse& answer) {
  std::string name;
  std::string message = answer.body.substr(0, kShownBytes);
  try {
    const Json json = Json::Parse(answer.body);
    name = json.GetString("error_code");
    message = json.GetString("message", message);
  } catch (const Error&) {  // a proxy's page, for example
  }
  const Code code = CodeOf(answer.status, name);
  throw Error(code, StrCat(url, " answered ", answer.status, ": ", message), HintOf(code));
}

Json ParseAnswer(const std::string& url, const std::string& body) {
  try {
    return Json::Parse(body);
  } catch (const Error&) {
    throw Error(Code::kUnavailable,
                StrCat(url, " answered what is no JSON: ", body.substr(0, kShownBytes)),
                "is that an MLflow server?");
  }
}

// Nothing was done, and it may go well a moment later.
bool MayRepeat(const http::Client::Attempt& attempt) {
  using Outcome = http::TransferResult::Outcome;
  if (attempt.outcome == Outcome::kNotConnected) return true;
  const int status = attempt.response.status;
  return attempt.outcome == Outcome::kAnswered && (status == 429 || status == 503);
}

}  // namespace

MlflowServer ParseMlflowUrl(std::string_view url) {
  const size_t scheme = url.find("://");
  const std::string_view name = url.substr(0, scheme == std::string_view::npos ? 0 : scheme);
  if (name != "http" && name != "https") {
    throw Error(Code::kInvalidArgument, "tracking.uri is no http or https URL",
                "give http://host:5000 of an MLflow server, or nothing: runs are kept here then");
  }
  std::string_view rest = url.substr(scheme + 3);
  MlflowServer server;
  const size_t slash = rest.find('/');
  const size_t at = rest.substr(0, slash).rfind('@');
  if (at != std::string_view::npos) {
    const std::string_view login = rest.substr(0, at);
    const size_t colon = login.find(':');
    server.username = http::PercentDecode(login.substr(0, colon), "the user of tracking.uri");
    if (colon != std::string_view::npos)
      server.password =
          http::PercentDecode(login.substr(colon + 1), "the password of tracking.uri");
    rest.remove_prefix(at + 1);
  }
  while (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.empty()) throw Error(Code::kInvalidArgument, "tracking.uri names no host");
  server.url = StrCat(name, "://", rest);
  return server;
}

MlflowApi::MlflowApi(const MlflowServer& server)
    : url_(server.url), login_(LoginOf(server)), client_({.timeout_ms = kCallTimeoutMs}) {}

Json MlflowApi::Get(std::string_view path, const std::vector<http::Param>& query) const {
  std::string url = StrCat(url_, "/api/2.0/mlflow/", path);
  char mark = '?';
  for (const http::Param& param : query) {
    url += StrCat(std::string(1, mark), param.name, "=", http::PercentEncode(param.value));
    mark = '&';
  }
  return ParseAnswer(url_, Send({.url = std::move(url)}));
}

Json MlflowApi::Post(std::string_view path, const Json& body) const {
  return ParseAnswer(url_, Send({.method = "POST",
                                 .url = StrCat(url_, "/api/2.0/mlflow/", path),
                                 .headers = {{"Content-Type", "application/json"}},
                                 .body = body.Dump(),
                                 .repeatable = false}));
}

void MlflowApi::Upload(std::string_view path, std::string bytes) const {
  std::string url = url_ + "/api/2.0/mlflow-artifacts/artifacts";
  for (const std::string_view part : Split(path, "/")) url += "/" + http::PercentEncode(part);
  Send({.method = "PUT",
        .url = std::move(url),
        .headers = {{"Content-Type", "application/octet-stream"}},
        .body = std::move(bytes),
        .timeout_ms = kUploadTimeoutMs});
}

std::string MlflowApi::Send(http::OutgoingRequest request) const {
  request.headers.insert(request.headers.end(), login_.begin(), login_.end());
  std::chrono::milliseconds pause = kFirstPause;
  for (int tries = 1;; ++tries, pause *= 2) {
    http::Client::Attempt attempt = client_.Try(request);
    if (tries < kTries && MayRepeat(attempt)) {
      std::this_thread::sleep_for(pause);
      continue;
    }
    if (attempt.outcome != http::TransferResult::Outcome::kAnswered) {
      const bool late = attempt.outcome == http::TransferResult::Outcome::kTimedOut;
      throw Error(late ? Code::kDeadlineExceeded : Code::kUnavailable,
                  StrCat("no answer from ", url_, ": ", attempt.reason),
                  "is tracking.uri right, and does that server run?");
    }
    if (attempt.response.status >= 400) ThrowAnswer(url_, attempt.response);
    return std::move(attempt.response.body);
  }
}

}  // namespace marquee
