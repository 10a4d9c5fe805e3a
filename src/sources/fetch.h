// Small texts over HTTP.
#pragma once

#include <cstddef>
#include <string>

namespace marquee::sources {

struct FetchOptions {
  size_t max_bytes = 1 << 20;
  int timeout_s = 5;  // in all
};

// The body of what `url` (http or https) answers with status 200; redirections are not followed.
// Throws unavailable, naming the URL. Thread-safe.
std::string FetchText(const std::string& url, const FetchOptions& options = {});

}  // namespace marquee::sources
