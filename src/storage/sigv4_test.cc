#include "storage/sigv4.h"

#include <gmock/gmock.h>

#include "base/hash.h"
#include "base/text.h"

namespace marquee::storage {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

// 2013-05-24T00:00:00Z, the key and the bucket of "Signature Calculations for the Authorization
// Header" in the API reference of Amazon S3.
constexpr int64_t kThen = 1'369'353'600'000;
const S3Credentials kExample{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};

std::string Authorization(std::string path, std::vector<http::Param> query,
                          std::vector<http::Header> headers, const std::string& body = "") {
  const std::string method = body.empty() ? "GET" : "PUT";
  headers.push_back({"Host", "examplebucket.s3.amazonaws.com"});
  return Signed({.method = method,
                 .path = std::move(path),
                 .query = std::move(query),
                 .headers = std::move(headers),
                 .body_sha256 = HashHex(HashKind::kSha256, body)},
                kExample, "us-east-1", kThen)
      .back()
      .value;
}

TEST(SigV4, SignsAGetOfARangeAsAmazonDoes) {
  EXPECT_EQ(Authorization("/test.txt", {}, {{"Range", "bytes=0-9"}}),
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST(SigV4, SignsAPutWithOddNamesAsAmazonDoes) {
  EXPECT_THAT(Authorization("/" + EncodedPath("test$file.text"), {},
                            {{"Date", "Fri, 24 May 2013 00:00:00 GMT"},
                             {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                            "Welcome to Amazon S3."),
              EndsWith("98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"));
}

TEST(SigV4, SignsAQueryWithoutAValueAsAmazonDoes) {
  EXPECT_THAT(Authorization("/", {{"lifecycle", ""}}, {}),
              EndsWith("fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"));
}

TEST(SigV4, SignsAListingAsAmazonDoes) {
  EXPECT_THAT(Authorization("/", {{"prefix", "J"}, {"max-keys", "2"}}, {}),
              EndsWith("34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"));
}

TEST(SigV4, ASessionIsSignedToo) {
  S3Credentials temporary = kExample;
  temporary.session_token = "token";
  const auto headers =
      Signed({.method = "GET", .path = "/", .headers = {{"Host", "h"}}, .body_sha256 = "0"},
             temporary, "eu-west-1", kThen);
  EXPECT_EQ(headers.at(3).name, "x-amz-security-token");
  EXPECT_EQ(headers.at(3).value, "token");
  EXPECT_THAT(headers.back().value, HasSubstr("x-amz-date;x-amz-security-token,"));
}

TEST(SigV4, EncodesWhatAmazonEncodes) {
  EXPECT_EQ(EncodedPath("a b/c+d%e=f~g/\xC3\xBC"), "a%20b/c%2Bd%25e%3Df~g/%C3%BC");
  EXPECT_EQ(CanonicalQuery({{"uploads", ""}, {"prefix", "a/b c"}, {"a-b", "1"}, {"a", "2"}}),
            "a=2&a-b=1&prefix=a%2Fb%20c&uploads=");
}

}  // namespace
}  // namespace marquee::storage
