// Which bucket, where it is, and as whom.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/cancel.h"

namespace marquee::storage {

// Never in a log or a message, but for the first.
struct S3Credentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token = {};  // of temporary ones
};

struct S3Options {
  std::string bucket;
  std::string prefix = {};    // before every key; without '/' at its ends; "": the bucket is all
  std::string endpoint = {};  // "http://minio.example:9000"; "": that of AWS for the region
  std::string region = {};    // "": us-east-1
  S3Credentials credentials = {};
  // endpoint/bucket/key, which every server takes; false: bucket.endpoint/key, which some demand.
  bool path_style = true;
  std::string ca_file = {};       // PEM: whom https trusts; "": whom the system trusts
  int attempts = 6;               // of a call; between them up to 0.1, 0.2, 0.4, ... 5 s
  int connect_timeout_ms = 5000;  // of an attempt
  int stall_timeout_ms = 30'000;  // of an attempt, without a byte
  int page_size = 1000;           // objects in an answer to a listing; 1000 is the most
  // Part n of an upload has this many bytes, doubled after every 1,000 parts: with 8 MiB an upload
  // may have 7.8 TiB, and holds in memory at most that much and a thousandth of what it has sent.
  // At least 5 MiB, says S3.
  int64_t part_bytes = 8 << 20;
  const CancelToken* cancel = nullptr;        // ends calls and waits, with cancelled
  std::function<void(int64_t ms)> wait = {};  // before a call is repeated; none: sleeps
};

// Bucket and prefix of "s3://bucket/prefix". Throws invalid_argument for another text.
S3Options ReadS3Url(std::string_view url);

// Fills in what is empty from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN (all
// of them or none), AWS_REGION or AWS_DEFAULT_REGION, AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL,
// AWS_CA_BUNDLE. `env` looks up a variable.
void FillFromEnvironment(const std::function<const char*(const char*)>& env, S3Options* options);

}  // namespace marquee::storage
