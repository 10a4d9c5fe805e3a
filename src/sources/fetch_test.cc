#include "sources/fetch.h"

#include <gmock/gmock.h>

#include <map>

#include "base/error_matchers.h"
#include "base/files.h"

namespace marquee::sources {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class KaggleTest : public testing::Test {
 protected:
  std::optional<KaggleCredentials> Find() {
    env_["KAGGLE_CONFIG_DIR"] = dir_.path().string();
    return FindKaggleCredentials([this](const char* name) {
      const auto found = env_.find(name);
      return found == env_.end() ? nullptr : found->second.c_str();
    });
  }
  TempDir dir_;
  std::map<std::string, std::string> env_;
};

TEST_F(KaggleTest, NoCredentialsAreNone) { EXPECT_FALSE(Find().has_value()); }

TEST_F(KaggleTest, ATokenIsBearerAndGoesBeforeAKey) {
  WriteFileAtomic(dir_.path() / "kaggle.json", R"({"username":"ada","key":"k"})");
  WriteFileAtomic(dir_.path() / "access_token", "t1\n");
  EXPECT_EQ(Find()->Authorization(), "Bearer t1");
  env_["KAGGLE_API_TOKEN"] = "t2";
  EXPECT_EQ(Find()->Authorization(), "Bearer t2");
}

TEST_F(KaggleTest, UserNameAndKeyAreBasic) {
  WriteFileAtomic(dir_.path() / "kaggle.json", R"({"username":"ada","key":"12345"})");
  EXPECT_EQ(Find()->Authorization(), "Basic YWRhOjEyMzQ1");
  env_["KAGGLE_USERNAME"] = "bob";
  env_["KAGGLE_KEY"] = "kk";
  EXPECT_EQ(Find()->Authorization(), "Basic Ym9iOmtr");
}

TEST_F(KaggleTest, ABrokenFileIsNamedAndNotShown) {
  WriteFileAtomic(dir_.path() / "kaggle.json", R"({"username":"ada","secret":"topsecret"})");
  EXPECT_THAT([&] { Find(); },
              ThrowsError(Code::kInvalidArgument,
                          AllOf(HasSubstr("kaggle.json is not"), Not(HasSubstr("topsecret")))));
}

TEST(KaggleArchive, IsTheDatasetsDownload) {
  const FetchRequest request =
      KaggleArchive("https://www.kaggle.com/api/v1", "shivamb/netflix-shows", {"t", "", ""});
  EXPECT_EQ(request.url, "https://www.kaggle.com/api/v1/datasets/download/shivamb/netflix-shows");
  EXPECT_EQ(request.headers.at(0).value, "Bearer t");
  EXPECT_THAT([] { KaggleArchive("https://x", "../etc/passwd", {}); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("'../etc/passwd' is no data set")));
}

TEST(FetchFile, RefusesWhatIsNoUrl) {
  TempDir dir;
  NoProgress progress;
  const CancelToken cancel;
  EXPECT_THAT([&] { FetchFile({.url = "ftp://x/y"}, dir.path() / "f", progress, cancel); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("cannot fetch ftp://x/y")));
}

}  // namespace
}  // namespace marquee::sources
