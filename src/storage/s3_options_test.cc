#include "storage/s3_options.h"

#include <gmock/gmock.h>

#include <map>

#include "base/error_matchers.h"

namespace marquee::storage {
namespace {

using testing::HasSubstr;

TEST(S3Options, ReadsBucketAndPrefix) {
  EXPECT_EQ(ReadS3Url("s3://films").bucket, "films");
  EXPECT_EQ(ReadS3Url("s3://films").prefix, "");
  EXPECT_EQ(ReadS3Url("s3://my.films-2/a/b//").bucket, "my.films-2");
  EXPECT_EQ(ReadS3Url("s3://my.films-2/a/b//").prefix, "a/b");
}

TEST(S3Options, RefusesWhatNamesNoBucket) {
  for (const char* url : {"", "s3://", "s3:///a", "films", "gs://films", "s3://key:secret@films"}) {
    EXPECT_THAT([&] { ReadS3Url(url); },
                ThrowsError(Code::kInvalidArgument, HasSubstr("names no bucket")))
        << url;
  }
}

TEST(S3Options, TheEnvironmentFillsWhatIsEmpty) {
  std::map<std::string, std::string> variables = {{"AWS_ACCESS_KEY_ID", "ada"},
                                                  {"AWS_SECRET_ACCESS_KEY", "secret"},
                                                  {"AWS_SESSION_TOKEN", "token"},
                                                  {"AWS_DEFAULT_REGION", "eu-west-1"},
                                                  {"AWS_ENDPOINT_URL", "http://minio:9000"}};
  const auto env = [&](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  };
  S3Options empty{.bucket = "films"};
  FillFromEnvironment(env, &empty);
  EXPECT_EQ(empty.credentials.access_key_id, "ada");
  EXPECT_EQ(empty.credentials.secret_access_key, "secret");
  EXPECT_EQ(empty.credentials.session_token, "token");
  EXPECT_EQ(empty.region, "eu-west-1");
  EXPECT_EQ(empty.endpoint, "http://minio:9000");

  S3Options set{.bucket = "films", .region = "here", .credentials = {"bob", "own"}};
  FillFromEnvironment(env, &set);
  EXPECT_EQ(set.credentials.access_key_id, "bob");
  EXPECT_EQ(set.credentials.session_token, "") << "it belongs to another key";
  EXPECT_EQ(set.region, "here");
}

}  // namespace
}  // namespace marquee::storage
