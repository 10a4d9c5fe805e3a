#include "base/files.h"

#include <gmock/gmock.h>

#include "base/error_matchers.h"

namespace marquee {
namespace {

using testing::HasSubstr;

TEST(Files, AWrittenFileIsReadBackAndLeavesNoTemporary) {
  const TempDir dir;
  WriteFileAtomic(dir.path() / "a", "one");
  WriteFileAtomic(dir.path() / "a", "two");
  EXPECT_EQ(ReadFile(dir.path() / "a"), "two");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir.path()), {}), 1);
}

TEST(Files, AMissingFileIsNotFoundAndNamed) {
  EXPECT_THAT([] { ReadFile("/nowhere/x"); },
              ThrowsError(Code::kNotFound, HasSubstr("cannot open /nowhere/x")));
  EXPECT_THAT([] { WriteFileAtomic("/nowhere/x", ""); },
              ThrowsError(Code::kNotFound, HasSubstr("/nowhere/")));
}

TEST(Files, AFileInPiecesAppearsWholeOrNotAtAll) {
  const TempDir dir;
  {
    AtomicFile dropped(dir.path() / "a");
    dropped.Append("half");
  }
  EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
  AtomicFile file(dir.path() / "a");
  file.Append("one ");
  file.Append("two");
  EXPECT_FALSE(std::filesystem::exists(dir.path() / "a"));
  file.Commit();
  EXPECT_EQ(ReadFile(dir.path() / "a"), "one two");
}

TEST(Files, AFullDiskIsSaidSo) {
  EXPECT_THAT([] { ThrowFileError(ENOSPC, "write", "/x"); },
              ThrowsError(Code::kResourceExhausted, HasSubstr("cannot write /x: No space left")));
}

TEST(Files, AMappedFileShowsItsBytes) {
  const TempDir dir;
  WriteFileAtomic(dir.path() / "a", "bytes");
  WriteFileAtomic(dir.path() / "empty", "");
  EXPECT_EQ(MappedFile(dir.path() / "a").bytes(), "bytes");
  EXPECT_EQ(MappedFile(dir.path() / "empty").bytes(), "");
  EXPECT_THAT([&] { MappedFile{dir.path()}; },
              ThrowsError(Code::kInvalidArgument, HasSubstr("is not a file")));
}

}  // namespace
}  // namespace marquee
