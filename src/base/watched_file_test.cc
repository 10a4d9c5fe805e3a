#include "base/watched_file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/files.h"

namespace marquee {
namespace {

TEST(WatchedFile, SaysOnceThatAFileCameAndWent) {
  const TempDir dir;
  WatchedFile watched(dir.path() / "rules");
  EXPECT_FALSE(watched.Changed());
  WriteFileAtomic(watched.path(), "a");
  EXPECT_TRUE(watched.Changed());
  EXPECT_TRUE(watched.exists());
  EXPECT_FALSE(watched.Changed());
  std::filesystem::remove(watched.path());
  EXPECT_TRUE(watched.Changed());
  EXPECT_FALSE(watched.exists());
  EXPECT_FALSE(watched.Changed());
}

TEST(WatchedFile, NoticesWritingInPlaceReplacingAndATimeAlone) {
  const TempDir dir;
  WatchedFile watched(dir.path() / "rules");
  WriteFileAtomic(watched.path(), "a");
  EXPECT_TRUE(watched.Changed());
  std::ofstream(watched.path(), std::ios::app) << "b";
  EXPECT_TRUE(watched.Changed());
  const auto time = std::filesystem::last_write_time(watched.path());
  WriteFileAtomic(watched.path(), "cd");
  std::filesystem::last_write_time(watched.path(), time);
  EXPECT_TRUE(watched.Changed()) << "same size and time, another inode";
  std::filesystem::last_write_time(watched.path(), time + std::chrono::seconds(1));
  EXPECT_TRUE(watched.Changed());
  EXPECT_FALSE(watched.Changed());
}

}  // namespace
}  // namespace marquee
