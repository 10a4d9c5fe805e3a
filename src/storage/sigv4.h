// AWS Signature Version 4, as S3 takes it: the whole request is signed, its body by its SHA-256.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"
#include "storage/s3_options.h"

namespace marquee::storage {

struct SigV4Request {
  std::string method;
  std::string path;  // percent-encoded, as it is sent
  std::vector<http::Param> query = {};
  std::vector<http::Header> headers;  // all that are signed, Host among them; without double blanks
  std::string body_sha256;            // lower-case hex
};

// The headers of `request` and those that sign it: x-amz-content-sha256, x-amz-date,
// x-amz-security-token where there is a session, and Authorization. Pure.
std::vector<http::Header> Signed(SigV4Request request, const S3Credentials& credentials,
                                 std::string_view region, int64_t now_ms);

// A key as it stands in a path: all but letters, digits, '-', '.', '_', '~' and '/' as %XX.
std::string EncodedPath(std::string_view key);
// A query in the order in which it is signed: "a=1&b=%2F". Sent as it is.
std::string CanonicalQuery(const std::vector<http::Param>& query);

}  // namespace marquee::storage
