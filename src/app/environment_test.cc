#include "app/environment.h"

#include <gmock/gmock.h>

#include "base/error_matchers.h"
#include "base/files.h"

namespace marquee {
namespace {

using testing::HasSubstr;

TEST(Environment, ReadsTheSettingsOfItsHomeAndCreatesNothing) {
  const TempDir dir;
  WriteFileAtomic(dir.path() / "marquee.toml", "[server]\nport = 9\n");
  const Environment environment(dir.path(), {"compute.threads=3"});
  EXPECT_EQ(environment.config().Int("server.port"), 9);
  EXPECT_EQ(environment.threads(), 3);
  EXPECT_FALSE(std::filesystem::exists(environment.home().lake()));
}

TEST(Environment, RefusesAnUnknownSettingByName) {
  const TempDir dir;
  EXPECT_THAT(([&] { Environment(dir.path(), {"server.prot=1"}); }),
              ThrowsError(Code::kInvalidArgument, HasSubstr("did you mean 'server.port'?")));
}

TEST(Environment, EverySettingSaysWhatItDoes) {
  const TempDir dir;
  const Environment environment(dir.path(), {});
  for (const std::string& key : environment.config().Keys()) {
    EXPECT_EQ(environment.config().Origin(key), "default") << key;
  }
}

}  // namespace
}  // namespace marquee
