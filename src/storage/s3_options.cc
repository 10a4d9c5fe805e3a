#include "storage/s3_options.h"

#include <initializer_list>

#include "base/error.h"
#include "base/text.h"

namespace marquee::storage {

S3Options ReadS3Url(std::string_view url) {
  constexpr std::string_view kScheme = "s3://";
  const std::string_view rest =
      url.starts_with(kScheme) ? url.substr(kScheme.size()) : std::string_view();
  const size_t slash = rest.find('/');
  const std::string_view bucket = rest.substr(0, slash);
  std::string_view prefix = slash == std::string_view::npos ? "" : rest.substr(slash + 1);
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  constexpr std::string_view kBucketCharacters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
  if (bucket.empty() || bucket.find_first_not_of(kBucketCharacters) != std::string_view::npos) {
    throw Error(Code::kInvalidArgument, StrCat("'", url, "' names no bucket of S3"),
                "write it as s3://bucket/prefix");
  }
  return {.bucket = std::string(bucket), .prefix = std::string(prefix)};
}

void FillFromEnvironment(const std::function<const char*(const char*)>& env, S3Options* options) {
  const auto fill = [&](std::initializer_list<const char*> names, std::string* value) {
    for (const char* const name : names) {
      const char* const text = env(name);
      if (value->empty() && text != nullptr) *value = text;
    }
  };
  // A token belongs to its key.
  if (options->credentials.access_key_id.empty() &&
      options->credentials.secret_access_key.empty()) {
    fill({"AWS_ACCESS_KEY_ID"}, &options->credentials.access_key_id);
    fill({"AWS_SECRET_ACCESS_KEY"}, &options->credentials.secret_access_key);
    fill({"AWS_SESSION_TOKEN"}, &options->credentials.session_token);
  }
  fill({"AWS_REGION", "AWS_DEFAULT_REGION"}, &options->region);
  fill({"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"}, &options->endpoint);
  fill({"AWS_CA_BUNDLE"}, &options->ca_file);
}

}  // namespace marquee::storage
