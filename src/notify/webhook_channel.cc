#include "notify/webhook_channel.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"

namespace marquee::notify {
namespace {

using Outcome = Delivery::Outcome;

constexpr int64_t kMostRetryAfterS = 3600;
constexpr size_t kShownBytes = 200;

std::string CutAnswer(const std::string& body) {
  return ReplaceAll(ToValidUtf8(body.substr(0, kShownBytes)), "\n", " ");
}

int64_t RetryAfterMs(const http::ClientResponse& response) {
  const auto header = response.FindHeader("Retry-After");
  const auto seconds = header ? ParseInt(*header) : std::nullopt;
  return seconds ? std::clamp<int64_t>(*seconds, 0, kMostRetryAfterS) * 1000 : 0;
}

http::ClientOptions ClientOptionsOf(const WebhookSettings& settings) {
  http::ClientOptions options;
  options.transfer.connect_timeout_ms = settings.timeout_ms;
  options.transfer.ca_file = settings.ca_file;
  options.timeout_ms = settings.timeout_ms;
  options.max_answer_bytes = 1 << 20;
  return options;
}

}  // namespace

std::string HostOfUrl(const std::string& url) {
  const size_t scheme = url.find("://");
  if (scheme == std::string::npos) return url;
  const size_t host = scheme + 3;
  const std::string name = url.substr(0, url.find_first_of("/?#", host));
  const size_t at = name.rfind('@');
  return at == std::string::npos ? name : name.substr(0, host) + name.substr(at + 1);
}

WebhookChannel::WebhookChannel(WebhookSettings settings)
    : settings_(std::move(settings)), client_(ClientOptionsOf(settings_)) {
  if (settings_.url.starts_with("http://") || settings_.url.starts_with("https://")) return;
  throw Error(Code::kInvalidArgument, "the url of a webhook begins with http:// or https://");
}

Delivery WebhookChannel::Send(const Message& message, const CancelToken& cancel) {
  http::OutgoingRequest request{
      .method = "POST", .url = settings_.url, .headers = settings_.headers};
  request.body = (settings_.has_body ? settings_.body.Render(message) : message.ToJson()).Dump();
  const bool has_type = std::ranges::any_of(settings_.headers, [](const http::Header& header) {
    return AsciiLower(header.name) == "content-type";
  });
  if (!has_type) request.headers.push_back({"Content-Type", "application/json"});
  if (!settings_.secret.empty()) {
    request.headers.push_back(
        {"X-Marquee-Signature",
         StrCat("sha256=", ToHex(HmacSha256(settings_.secret, request.body)))});
  }
  request.repeatable = false;
  request.cancel = &cancel;
  const http::Client::Attempt attempt = client_.Try(request);
  const std::string host = HostOfUrl(settings_.url);
  if (attempt.outcome == http::TransferResult::Outcome::kBadUrl) {
    return {Outcome::kRefused, StrCat(host, ": ", attempt.reason)};
  }
  if (attempt.outcome != http::TransferResult::Outcome::kAnswered) {
    return {Outcome::kFailed, StrCat(host, ": ", attempt.reason)};
  }
  const int status = attempt.response.status;
  if (status >= 200 && status < 300) return {};
  const bool later = status == 408 || status == 425 || status == 429 || status >= 500;
  return {later ? Outcome::kFailed : Outcome::kRefused,
          StrCat(host, " answers ", status, ": ", CutAnswer(attempt.response.body)),
          RetryAfterMs(attempt.response)};
}

}  // namespace marquee::notify
