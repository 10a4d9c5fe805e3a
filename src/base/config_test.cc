#include "base/config.h"

#include <gmock/gmock.h>

#include "base/error_matchers.h"
#include "base/files.h"

namespace marquee {
namespace {

using testing::HasSubstr;

class ConfigTest : public testing::Test {
 protected:
  Config Load(const std::string& toml, const std::vector<std::string>& flags = {}) {
    if (!toml.empty()) WriteFileAtomic(dir_.path() / "marquee.toml", toml);
    return Config::Load(
        schema_, dir_.path() / "marquee.toml",
        [this](const char* name) -> const char* {
          const auto found = env_.find(name);
          return found == env_.end() ? nullptr : found->second.c_str();
        },
        flags);
  }

  const std::vector<SettingSpec> schema_ = {
      {"server.port", SettingSpec::Type::kInt, "8000", "Port of the API.", 0, 65535},
      {"lake.memory_limit", SettingSpec::Type::kBytes, "2GiB", "Memory of SQL."},
      {"import.strict", SettingSpec::Type::kBool, "false", "Refuse all."},
      {.key = "events.unknown_items",
       .type = SettingSpec::Type::kText,
       .fallback = "refuse",
       .doc = "What to do.",
       .choices = {"refuse", "accept"}}};
  TempDir dir_;
  std::map<std::string, std::string> env_;
};

TEST_F(ConfigTest, LaterSourcesWin) {
  EXPECT_EQ(Load("").Int("server.port"), 8000);
  EXPECT_EQ(Load("[server]\nport = 1\n").Int("server.port"), 1);
  env_["MARQUEE_SERVER_PORT"] = "2";
  EXPECT_EQ(Load("").Int("server.port"), 2);
  const Config flagged = Load("", {"server.port=3"});
  EXPECT_EQ(flagged.Int("server.port"), 3);
  EXPECT_EQ(flagged.Origin("server.port"), "flag");
}

TEST_F(ConfigTest, AnUnknownKeyNamesTheNearest) {
  EXPECT_THAT([&] { Load("[server]\nprot = 1\n"); },
              ThrowsError(Code::kInvalidArgument,
                          HasSubstr("unknown setting 'server.prot'; did you mean 'server.port'?")));
}

TEST_F(ConfigTest, AValueOutOfRangeOrOfTheWrongTypeIsNamed) {
  EXPECT_THAT(
      [&] { Load("", {"server.port=70000"}); },
      ThrowsError(Code::kInvalidArgument, HasSubstr("server.port is 70000: must be 0 to 65535")));
  EXPECT_THAT([&] { Load("", {"import.strict=yes"}); },
              ThrowsError(Code::kInvalidArgument,
                          HasSubstr("import.strict is 'yes': must be true or false")));
}

TEST_F(ConfigTest, AValueThatIsNoChoiceIsNamed) {
  EXPECT_EQ(Load("", {"events.unknown_items=accept"}).Text("events.unknown_items"), "accept");
  EXPECT_THAT(
      [&] { Load("", {"events.unknown_items=take"}); },
      ThrowsError(Code::kInvalidArgument,
                  HasSubstr("events.unknown_items is 'take': must be one of: refuse, accept")));
}

TEST_F(ConfigTest, ABrokenFileNamesTheLine) {
  EXPECT_THAT([&] { Load("[server]\nport = = 1\n"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("line 2")));
}

}  // namespace
}  // namespace marquee
