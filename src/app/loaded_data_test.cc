#include "app/loaded_data.h"

#include <gmock/gmock.h>

#include "base/error_matchers.h"
#include "base/files.h"

namespace marquee {
namespace {

using testing::HasSubstr;

TEST(LoadedData, IsReadBackWhole) {
  const TempDir dir;
  EXPECT_FALSE(ReadLoadedData(dir.path() / "data"));
  WriteLoadedData(dir.path() / "data",
                  {"/a/b.csv", {.source = "csv", .mapping = {{"user", "who"}}}, "csv", "f1"});
  const auto loaded = ReadLoadedData(dir.path() / "data");
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->path, "/a/b.csv");
  EXPECT_EQ(loaded->options.mapping.at("user"), "who");
  EXPECT_EQ(loaded->fingerprint, "f1");
}

TEST(LoadedData, ABrokenFileIsNamed) {
  const TempDir dir;
  WriteFileAtomic(dir.path() / "loaded.json", "{\"path\": 1}");
  EXPECT_THAT([&] { ReadLoadedData(dir.path()); },
              ThrowsError(Code::kDataLoss, HasSubstr("loaded.json")));
}

}  // namespace
}  // namespace marquee
