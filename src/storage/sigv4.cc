#include "storage/sigv4.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/hash.h"
#include "base/text.h"
#include "http/url.h"

namespace marquee::storage {
namespace {

// "20130524T000000Z"
std::string BasicTime(int64_t now_ms) {
  const std::string utc = FormatUtc(now_ms);  // 2013-05-24T00:00:00.000Z
  return StrCat(utc.substr(0, 4), utc.substr(5, 2), utc.substr(8, 5), utc.substr(14, 2),
                utc.substr(17, 2), "Z");
}

// Names in lower case, sorted: what is signed, and what Authorization lists.
std::vector<http::Header> CanonicalHeaders(const std::vector<http::Header>& headers) {
  std::vector<http::Header> canonical;
  for (const http::Header& header : headers) {
    canonical.push_back({AsciiLower(header.name), std::string(Trim(header.value))});
  }
  std::ranges::sort(canonical, {}, &http::Header::name);
  return canonical;
}

std::string SigningKey(const std::string& secret, std::string_view date, std::string_view region) {
  std::string key = StrCat("AWS4", secret);
  for (const std::string_view part : {date, region, std::string_view("s3")}) {
    key = HmacSha256(key, part);
  }
  return HmacSha256(key, "aws4_request");
}

}  // namespace

std::string EncodedPath(std::string_view key) {
  return ReplaceAll(http::PercentEncode(key), "%2F", "/");
}

std::string CanonicalQuery(const std::vector<http::Param>& query) {
  std::vector<std::string> pairs;
  for (const http::Param& param : query) {
    pairs.push_back(StrCat(http::PercentEncode(param.name), "=", http::PercentEncode(param.value)));
  }
  // Of one name and "name-more": '-' and '.' sort before '=', as they must not.
  std::ranges::sort(pairs, {}, [](const std::string& pair) {
    const size_t equals = pair.find('=');
    return std::make_pair(pair.substr(0, equals), pair.substr(equals));
  });
  return Join(pairs, "&");
}

std::vector<http::Header> Signed(SigV4Request request, const S3Credentials& credentials,
                                 std::string_view region, int64_t now_ms) {
  const std::string time = BasicTime(now_ms);
  const std::string date = time.substr(0, 8);
  std::vector<http::Header>& headers = request.headers;
  headers.push_back({"x-amz-content-sha256", request.body_sha256});
  headers.push_back({"x-amz-date", time});
  if (!credentials.session_token.empty()) {
    headers.push_back({"x-amz-security-token", credentials.session_token});
  }
  std::string names;
  std::string lines;
  for (const http::Header& header : CanonicalHeaders(headers)) {
    StrAppend(&names, names.empty() ? "" : ";", header.name);
    StrAppend(&lines, header.name, ":", header.value, "\n");
  }
  const std::string canonical =
      StrCat(request.method, "\n", request.path, "\n", CanonicalQuery(request.query), "\n", lines,
             "\n", names, "\n", request.body_sha256);
  const std::string scope = StrCat(date, "/", region, "/s3/aws4_request");
  const std::string to_sign =
      StrCat("AWS4-HMAC-SHA256\n", time, "\n", scope, "\n", HashHex(HashKind::kSha256, canonical));
  const std::string signature =
      ToHex(HmacSha256(SigningKey(credentials.secret_access_key, date, region), to_sign));
  headers.push_back(
      {"Authorization", StrCat("AWS4-HMAC-SHA256 Credential=", credentials.access_key_id, "/",
                               scope, ",SignedHeaders=", names, ",Signature=", signature)});
  return std::move(headers);
}

}  // namespace marquee::storage
