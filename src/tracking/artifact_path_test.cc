#include "tracking/artifact_path.h"

#include "base/error_matchers.h"
#include "base/text.h"

namespace marquee::tracking {
namespace {

using testing::HasSubstr;

TEST(ArtifactPath, KeepsRelativePathsAsTheyAre) {
  for (const std::string path : {"a.txt", "3/run/artifacts/deep/er/b.bin", "dots..in.name", "..a",
                                 "100% [x] (y) ~!@$.txt", "a+b&c=d;e,f.txt", "'quoted' \"name\"",
                                 "\xE5\x8D\x83\xE3\x81\xA8/\xF0\x9F\x8E\xAC", "50%2fx"}) {
    EXPECT_EQ(CheckedArtifactPath(path), path);
  }
  EXPECT_EQ(CheckedArtifactPath("folder/"), "folder");
  EXPECT_EQ(CheckedArtifactPath(""), "");
}

TEST(ArtifactPath, RefusesWhatLeadsElsewhereHoweverItIsEscaped) {
  for (const std::string path :
       {"..", "../..", "a/../b", "/etc/passwd", "//x", "a//b", "./a", "a/.", "/", "a\\b", "a#b",
        "%2e%2e/x", "..%2f..%2fetc", "a/..%252f..%252fx", "%2fetc/passwd", "a%5Cb", "a%00b",
        "%25252e%25252e"}) {
    EXPECT_THAT([&] { CheckedArtifactPath(path); },
                ThrowsError(Code::kInvalidArgument, HasSubstr("Invalid path: '" + path)))
        << path;
  }
}

TEST(ArtifactPath, ReadsUris) {
  EXPECT_EQ(PathOfArtifactUri("mlflow-artifacts:/3/r/artifacts"), "3/r/artifacts");
  EXPECT_EQ(PathOfArtifactUri("mlflow-artifacts://host:5000/3/r"), "3/r");
  EXPECT_EQ(PathOfArtifactUri("mlflow-artifacts:/"), "");
  EXPECT_THAT([] { PathOfArtifactUri("s3://bucket/x"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("is no artifact of this server")));
  EXPECT_THAT([] { PathOfArtifactUri("mlflow-artifacts:/../../etc"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("Invalid path")));
}

}  // namespace
}  // namespace marquee::tracking
