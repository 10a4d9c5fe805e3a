#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "http/client.h"
#include "lineage/transport.h"

namespace marquee::lineage {
namespace {

constexpr int kTimeoutMs = 4'000;  // with the time to connect below what JournalPump allows
constexpr size_t kShownBytes = 200;

// One slash between them.
std::string UrlOf(const HttpTransportOptions& options) {
  std::string url = options.url;
  while (url.ends_with('/')) url.pop_back();
  const size_t from = options.endpoint.find_first_not_of('/');
  return StrCat(url, "/", from == std::string::npos ? "" : options.endpoint.substr(from));
}

// Others are about the server, the key or the path: the same event may be taken once that is put
// right.
bool IsAboutTheEvent(int status) { return status == 400 || status == 413 || status == 422; }

class HttpTransport : public Transport {
 public:
  HttpTransport(const HttpTransportOptions& options, const CancelToken& stop)
      : url_(UrlOf(options)), stop_(stop) {
    if (!url_.starts_with("http://") && !url_.starts_with("https://")) {
      throw Error(Code::kInvalidArgument, StrCat("lineage.url is '", options.url,
                                                 "': must begin with http:// or https://"));
    }
    headers_.push_back({"Content-Type", "application/json"});
    if (!options.api_key.empty()) {
      headers_.push_back({"Authorization", StrCat("Bearer ", options.api_key)});
    }
  }

  void Send(const Json& event) override {
    const http::ClientResponse answer = client_.Send({.method = "POST",
                                                      .url = url_,
                                                      .headers = headers_,
                                                      .body = event.Dump(),
                                                      .cancel = &stop_});
    if (answer.status < 300) return;
    const std::string what = StrCat(url_.substr(0, url_.find('?')), " answers ", answer.status);
    if (!IsAboutTheEvent(answer.status)) throw Error(Code::kUnavailable, what);
    if (std::exchange(has_refused_, true)) return;
    LogWarning(StrCat("lineage: ", what, ", so events are passed over: ",
                      ToValidUtf8(answer.body.substr(0, kShownBytes))));
  }

 private:
  const std::string url_;
  const CancelToken& stop_;
  std::vector<http::Header> headers_;
  bool has_refused_ = false;
  const http::Client client_{{.timeout_ms = kTimeoutMs}};
};

}  // namespace

std::unique_ptr<Transport> MakeHttpTransport(HttpTransportOptions options,
                                             const CancelToken& stop) {
  return std::make_unique<HttpTransport>(options, stop);
}

}  // namespace marquee::lineage
