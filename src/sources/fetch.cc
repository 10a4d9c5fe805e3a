#include "sources/fetch.h"

#include <curl/curl.h>

#include <memory>

#include "base/error.h"
#include "base/text.h"

namespace marquee::sources {
namespace {

struct Cleanup {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};

struct Body {
  std::string text;
  size_t max_bytes;
};

size_t Append(const char* bytes, size_t size, size_t count, void* to) {
  Body& body = *static_cast<Body*>(to);
  if (body.text.size() + size * count > body.max_bytes) return 0;
  body.text.append(bytes, size * count);
  return size * count;
}

}  // namespace

std::string FetchText(const std::string& url, const FetchOptions& options) {
  const std::unique_ptr<CURL, Cleanup> handle(curl_easy_init());
  if (handle == nullptr) throw Error(Code::kInternal, "cannot start libcurl");
  Body body{.text = {}, .max_bytes = options.max_bytes};
  curl_easy_setopt(handle.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle.get(), CURLOPT_TIMEOUT, static_cast<long>(options.timeout_s));
  curl_easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, Append);
  curl_easy_setopt(handle.get(), CURLOPT_WRITEDATA, &body);
  const CURLcode result = curl_easy_perform(handle.get());
  long status = 0;
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  if (result == CURLE_OK && status == 200) return std::move(body.text);
  throw Error(Code::kUnavailable,
              StrCat("cannot fetch ", url, ": ",
                     result == CURLE_OK ? StrCat("status ", status) : curl_easy_strerror(result)),
              "check the address and the network");
}

}  // namespace marquee::sources
