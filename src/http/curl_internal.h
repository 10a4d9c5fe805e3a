// Internal: what is made of libcurl's handles, lists and options by all that use it.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <new>
#include <string>

#include "base/error.h"
#include "base/text.h"

namespace marquee::http {

struct FreeHandle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using CurlHandle = std::unique_ptr<CURL, FreeHandle>;

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, FreeList>;

inline void Append(const std::string& line, HeaderList* list) {
  curl_slist* longer = curl_slist_append(list->get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  static_cast<void>(list->release());
  list->reset(longer);
}

inline void RequireDone(CURLcode result) {
  if (result == CURLE_OUT_OF_MEMORY) throw std::bad_alloc();
  if (result != CURLE_OK) {
    throw Error(Code::kInternal, StrCat("libcurl: ", curl_easy_strerror(result)));
  }
}

template <typename T>
void SetOption(const CurlHandle& handle, CURLoption option, T value) {
  RequireDone(curl_easy_setopt(handle.get(), option, value));
}

}  // namespace marquee::http
