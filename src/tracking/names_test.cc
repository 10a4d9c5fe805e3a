#include "tracking/names.h"

#include "base/error_matchers.h"
#include "base/text.h"
#include "tracking/run_names.h"

namespace marquee::tracking {
namespace {

using testing::HasSubstr;

constexpr std::string_view kUmlaut = "\xC3\xBC";
constexpr std::string_view kFilm = "\xF0\x9F\x8E\xAC";

std::string Repeated(std::string_view text, int times) {
  std::string repeated;
  for (int i = 0; i < times; ++i) repeated += text;
  return repeated;
}

TEST(Names, LengthIsInCharactersAndNotInBytes) {
  EXPECT_EQ(CountChars(StrCat("a", kUmlaut, kFilm)), 3u);
  EXPECT_EQ(CutChars(StrCat("a", kUmlaut, kFilm, "b"), 3), StrCat("a", kUmlaut, kFilm));
  EXPECT_EQ(CutChars("abc", 3), "abc");
  EXPECT_EQ(CutChars("abc", 0), "");
  CheckLength("value", Repeated(kFilm, 6000), kMaxParamChars);
  EXPECT_THAT(
      [] { CheckLength("value", Repeated(kFilm, 6001), kMaxParamChars); },
      ThrowsError(Code::kInvalidArgument, HasSubstr("it has 6001 characters, and may have 6000")));
}

TEST(Names, NoTextMayHoldANul) {
  EXPECT_THAT([] { CheckLength("value", std::string_view("a\0b", 3), 10); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("value is '...': it holds a NUL")));
}

TEST(Names, KeysAreRelativePathsOfSafeCharacters) {
  for (const std::string key : {"loss", "val/loss", "a b", "x.y-z_1:2",
                                "gr\xC3\xB6\xC3\x9F"
                                "e",
                                "..a"}) {
    CheckKey("key", key);
  }
  for (const std::string key : {"../up", "a//b", "/abs", "a?b", ".", "a/./b", "a/..", "a/", "#"}) {
    EXPECT_THAT([&] { CheckKey("metrics[3].key", key); },
                ThrowsError(Code::kInvalidArgument, HasSubstr(StrCat("metrics[3].key is '", key))));
  }
  EXPECT_THAT([] { CheckKey("key", ""); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("it must not be empty")));
  CheckKey("key", std::string(250, 'k'));
  EXPECT_THAT([] { CheckKey("key", std::string(251, 'k')); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("it has 251 characters")));
}

TEST(Names, ModelNamesStandInUris) {
  CheckModelName("films \xF0\x9F\x8E\xAC v2");
  for (const char* name : {"a/b", "a:b"}) {
    EXPECT_THAT([&] { CheckModelName(name); },
                ThrowsError(Code::kInvalidArgument, HasSubstr("no '/' and no ':'")));
  }
}

TEST(Names, AliasesAreWordsThatMeanNoVersion) {
  for (const char* alias : {"champion", "a-b_c", "v", "vice", "v1a"}) CheckAlias(alias);
  for (const char* alias : {"latest", "Latest", "v1", "V20", "a b", "a.b", ""}) {
    EXPECT_THAT([&] { CheckAlias(alias); }, ThrowsError(Code::kInvalidArgument, HasSubstr("alias")))
        << alias;
  }
}

TEST(Names, EnumeratorsGoByTheirNames) {
  for (const auto status : {RunStatus::kRunning, RunStatus::kScheduled, RunStatus::kFinished,
                            RunStatus::kFailed, RunStatus::kKilled}) {
    EXPECT_EQ(ParseRunStatus(RunStatusName(status)), status);
  }
  EXPECT_EQ(RunStatusName(RunStatus::kKilled), "KILLED");
  EXPECT_EQ(ParseRunStatus("running"), std::nullopt);
  EXPECT_EQ(ParseStage("pRoduction"), Stage::kProduction);
  EXPECT_EQ(StageName(Stage::kArchived), "Archived");
  EXPECT_EQ(ParseStage("Stardom"), std::nullopt);
  EXPECT_EQ(ParseModelStatus("READY"), ModelStatus::kReady);
  EXPECT_EQ(ParseModelStatus("LOGGED_MODEL_UPLOAD_FAILED"), ModelStatus::kUploadFailed);
  EXPECT_EQ(ModelStatusName(ModelStatus::kPending), "LOGGED_MODEL_PENDING");
}

TEST(Names, ARunWithoutANameGetsOneOfItsId) {
  const std::string name = NameForRun("0123456789abcdef0123456789abcdef");
  EXPECT_THAT(name, testing::MatchesRegex("[a-z]+-[a-z]+-[0-9]+"));
  EXPECT_EQ(NameForRun("0123456789abcdef0123456789abcdef"), name);
  EXPECT_NE(NameForRun("1123456789abcdef0123456789abcdef"), name);
}

}  // namespace
}  // namespace marquee::tracking
