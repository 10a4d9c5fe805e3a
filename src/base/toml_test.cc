#include "base/toml.h"

#include <gmock/gmock.h>

#include "base/error_matchers.h"
#include "base/files.h"

namespace marquee {
namespace {

using ::testing::HasSubstr;

TEST(Toml, ADocumentIsAnObject) {
  TempDir folder;
  const auto file = folder.path() / "a.toml";
  WriteFileAtomic(file, "a = [1, 2.5, true]\nday = 2024-01-31\n[b]\nc = 'x'\n[[d]]\ne = 1\n");
  EXPECT_EQ(ReadTomlFile(file).Dump(),
            R"({"a":[1,2.5,true],"b":{"c":"x"},"d":[{"e":1}],"day":"2024-01-31"})");
}

TEST(Toml, ABrokenFileIsNamedWithItsLine) {
  TempDir folder;
  const auto file = folder.path() / "a.toml";
  WriteFileAtomic(file, "a = 1\nb = = 2\n");
  EXPECT_THAT([&] { ReadTomlFile(file); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("a.toml line 2")));
}

TEST(Toml, ADocumentKnowsTheLineOfEachValue) {
  TempDir folder;
  const auto file = folder.path() / "a.toml";
  WriteFileAtomic(file,
                  "a = 1\n\n[[tasks]]\nid = 'x'\n[[tasks]]\nid = 'y'\nneeds = ['x',\n 'z']\n");
  const TomlDocument document = ReadTomlDocument(file);
  EXPECT_EQ(document.value.At("tasks").size(), 2u);
  EXPECT_THAT(document.Where("tasks[1].needs[1]"), HasSubstr("a.toml line 8"));
  EXPECT_THAT(document.Where("tasks[1].none.at.all"), HasSubstr("a.toml line 5"));
  EXPECT_THAT(document.Where("none"), HasSubstr("a.toml line 1"));
}

}  // namespace
}  // namespace marquee
