// Messages as JSON to a URL.
#pragma once

#include <string>
#include <vector>

#include "http/client.h"
#include "notify/channel.h"
#include "notify/text_template.h"

namespace marquee::notify {

struct WebhookSettings {
  std::string url = {};
  std::vector<http::Header> headers = {};
  std::string secret = {};  // "": without a signature
  bool has_body = false;
  JsonTemplate body = {};  // without one, all that the message says
  std::string ca_file = {};
  int timeout_ms = 30'000;
};

// "https://hooks.example.org" of a URL: its user, path and query may be secrets.
std::string HostOfUrl(const std::string& url);

// By POST. With a secret, X-Marquee-Signature is "sha256=" and the HMAC-SHA256 of the body in hex.
class WebhookChannel : public Channel {
 public:
  // Throws invalid_argument for a URL that is neither http nor https.
  explicit WebhookChannel(WebhookSettings settings);
  // Any 2xx is success; 408, 425, 429 and 5xx are tried again, any other status is a refusal.
  Delivery Send(const Message& message, const CancelToken& cancel) override;

 private:
  const WebhookSettings settings_;
  const http::Client client_;
};

}  // namespace marquee::notify
