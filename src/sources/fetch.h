// One file from elsewhere: a URL, or a data set of Kaggle.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/progress.h"
#include "http/message.h"

namespace marquee::sources {

struct FetchRequest {
  std::string url;                         // http or https
  std::vector<http::Header> headers = {};  // to that host only: a redirect elsewhere gets none
  int64_t max_bytes = int64_t{16} << 30;
  int attempts = 4;         // in a row that bring nothing new
  int first_wait_ms = 500;  // doubles with each
};

// Writes what `url` answers to `file`, which must not be read by others: it may be left cut off.
// What may pass (no whole answer, 408, 429, 5xx) is tried again, after the time that the server
// asks for; a file that was cut off is gone on with where the server can tell that it is the same
// still. Throws unavailable without an answer, or when the server asks for more than a minute;
// not_found, permission_denied, unauthenticated for such an answer; resource_exhausted for more
// than `max_bytes` or a full disk; cancelled.
void FetchFile(const FetchRequest& request, const std::filesystem::path& file, Progress& progress,
               const CancelToken& cancel);

// What Kaggle's API wants to know: an access token, or a user name and key.
struct KaggleCredentials {
  std::string token;
  std::string username;
  std::string key;

  // The value of the header Authorization.
  std::string Authorization() const;
};

// As Kaggle's own client finds them: KAGGLE_API_TOKEN, <folder>/access_token, KAGGLE_USERNAME and
// KAGGLE_KEY, <folder>/kaggle.json, the first that is there; <folder> is KAGGLE_CONFIG_DIR or
// ~/.kaggle. `env` looks up an environment variable. Throws invalid_argument for a kaggle.json that
// is none, without showing what it holds.
std::optional<KaggleCredentials> FindKaggleCredentials(
    const std::function<const char*(const char*)>& env);

// The request for the archive of `dataset` ("owner/name"). `api_url`:
// https://www.kaggle.com/api/v1. Throws invalid_argument for another form of name.
FetchRequest KaggleArchive(const std::string& api_url, const std::string& dataset,
                           const KaggleCredentials& credentials);

}  // namespace marquee::sources
