#include "app/artifacts.h"

#include <gmock/gmock.h>

#include "base/error_matchers.h"
#include "base/files.h"

namespace marquee {
namespace {

using testing::HasSubstr;

TEST(Artifacts, AreBelowTheHomeUnlessToldOtherwise) {
  const TempDir dir;
  OpenArtifacts(Environment(dir.path() / "home", {}))->Put("a", "1");
  EXPECT_EQ(ReadFile(dir.path() / "home/artifacts/tracking/a"), "1");
  const std::string elsewhere = (dir.path() / "elsewhere").string();
  OpenArtifacts(Environment(dir.path() / "home", {"tracking.artifacts=" + elsewhere}))
      ->Put("b", "2");
  EXPECT_EQ(ReadFile(dir.path() / "elsewhere/b"), "2");
}

TEST(Artifacts, APlaceOfAnotherKindIsRefused) {
  const TempDir dir;
  const Environment environment(dir.path(), {"tracking.artifacts=gs://bucket"});
  EXPECT_THAT([&] { OpenArtifacts(environment); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("'gs://bucket'")));
}

TEST(Artifacts, AHomeThatIsNotThereYetIsNoProblemAndStaysSo) {
  const TempDir dir;
  EXPECT_EQ(ArtifactsProblem(Environment(dir.path() / "home", {})), "");
  EXPECT_FALSE(std::filesystem::exists(dir.path() / "home"));
}

TEST(Artifacts, AFolderIsTriedAndLeftAsItWas) {
  const TempDir dir;
  const std::string here = "tracking.artifacts=" + dir.path().string();
  EXPECT_EQ(ArtifactsProblem(Environment(dir.path() / "home", {here})), "");
  EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
}

TEST(Artifacts, AFileInTheWayIsAProblem) {
  const TempDir dir;
  WriteFileAtomic(dir.path() / "file", "");
  const std::string file = "tracking.artifacts=" + (dir.path() / "file").string();
  EXPECT_THAT(ArtifactsProblem(Environment(dir.path() / "home", {file})),
              HasSubstr("no artifacts can be kept: "));
}

TEST(Artifacts, ABucketThatGivesNoAnswerIsAProblemWithoutItsSecret) {
  const TempDir dir;
  const Environment environment(
      dir.path(), {"tracking.artifacts=s3://films/runs", "s3.endpoint=http://127.0.0.1:1",
                   "s3.access_key_id=ada", "s3.secret_access_key=byron"});
  const std::string problem = ArtifactsProblem(environment);
  EXPECT_THAT(problem, HasSubstr("s3://films/runs/marquee-doctor-"));
  EXPECT_THAT(problem, HasSubstr("check that the server runs"));
  EXPECT_THAT(problem, testing::Not(HasSubstr("byron")));
  EXPECT_EQ(environment.config().Shown("s3.secret_access_key"), "...");
}

}  // namespace
}  // namespace marquee
