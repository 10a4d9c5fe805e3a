#include "tracking/artifact_store.h"

#include <gmock/gmock.h>

#include "base/clock.h"
#include "base/error_matchers.h"
#include "base/files.h"
#include "base/text.h"
#include "storage/local_store.h"
#include "storage/memory_store.h"

namespace marquee::tracking {
namespace {

using testing::HasSubstr;

// On a disk, and where folders are no more than names, as in S3.
class ArtifactStoreTest : public testing::TestWithParam<bool> {
 protected:
  void Put(const std::string& path, std::string_view bytes) {
    const auto file = store_.Create(path);
    file->Write(bytes);
    file->Commit();
  }
  std::string Get(const std::string& path) {
    const auto reader = store_.Open(path);
    return reader->Read(0, static_cast<size_t>(reader->info().size_bytes) + 10);
  }
  std::string Listed(const std::string& path) {
    std::string text;
    for (const ArtifactInfo& info : store_.List(path)) {
      text +=
          info.is_folder ? StrCat(info.name, "/ ") : StrCat(info.name, ":", info.size_bytes, " ");
    }
    return text;
  }
  std::shared_ptr<storage::ObjectStore> Objects() const {
    if (on_disk()) return std::make_shared<storage::LocalStore>(folder_.path() / "artifacts");
    return std::make_shared<storage::MemoryStore>(clock_);
  }
  static bool on_disk() { return GetParam(); }

  const ManualClock clock_{1'700'000'000'000};
  const TempDir folder_;
  ArtifactStore store_{Objects()};
};

INSTANTIATE_TEST_SUITE_P(Stores, ArtifactStoreTest, testing::Bool(),
                         [](const auto& on_disk) { return on_disk.param ? "Disk" : "Memory"; });

TEST_P(ArtifactStoreTest, FilesAreWrittenReplacedReadAndListed) {
  EXPECT_EQ(Listed(""), "");
  Put("1/r/b.txt", "beta");
  Put("1/r/a.txt", "");
  Put("1/r/deep/er/c", "gamma");
  Put("1/r/b.txt", "second");
  EXPECT_EQ(Get("1/r/b.txt"), "second");
  EXPECT_EQ(Get("1/r/a.txt"), "");
  EXPECT_EQ(Listed("1/r"), "a.txt:0 b.txt:6 deep/ ");
  EXPECT_EQ(Listed(""), "1/ ");
  EXPECT_EQ(Listed("1/r/b.txt"), "");
  EXPECT_EQ(Listed("1/none"), "");
}

TEST_P(ArtifactStoreTest, APartIsReadFromTheMiddle) {
  Put("f", "0123456789");
  const auto reader = store_.Open("f");
  EXPECT_EQ(reader->Read(7, 100), "789");
  EXPECT_EQ(reader->Read(2, 3), "234");
  EXPECT_EQ(reader->Read(10, 5), "");
}

TEST_P(ArtifactStoreTest, AFileThatIsNotCommittedNeverAppears) {
  {
    const auto file = store_.Create("f");
    file->Write("half");
    EXPECT_EQ(Listed(""), "");
  }
  EXPECT_THAT([&] { Get("f"); }, ThrowsError(Code::kNotFound, HasSubstr("No such artifact: 'f'")));
}

TEST_P(ArtifactStoreTest, FilesAndFoldersAreDeleted) {
  Put("t/a", "1");
  Put("t/sub/b", "2");
  store_.Delete("t/sub");
  EXPECT_EQ(Listed("t"), "a:1 ");
  store_.Delete("t/a");
  store_.Delete("t/none/at/all");
  store_.Delete("t/a/below");
  EXPECT_EQ(Listed("t"), "");
  EXPECT_THAT([&] { store_.Delete(""); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("is the root")));
}

TEST_P(ArtifactStoreTest, AFolderIsNoFile) {
  Put("a/b", "1");
  EXPECT_THAT([&] { Get("a"); }, ThrowsError(Code::kInvalidArgument, HasSubstr("is a folder")));
  EXPECT_THAT([&] { Put("", "x"); }, ThrowsError(Code::kInvalidArgument, HasSubstr("is a folder")));
}

TEST_P(ArtifactStoreTest, ADiskRefusesAFileAndAFolderOfOneName) {
  if (!on_disk()) return;
  Put("a/b", "1");
  for (const char* path : {"a", "a/b/c", "a/b/c/d"}) {
    EXPECT_THAT([&] { Put(path, "x"); },
                ThrowsError(Code::kInvalidArgument, HasSubstr("is a folder, or is below a file")));
  }
}

TEST_P(ArtifactStoreTest, WhatBrokeOffLongAgoIsSwept) {
  if (!on_disk()) return;
  Put("1/run/whole", "1");
  const auto half = folder_.path() / "artifacts/1/run/.tmp-0";
  WriteFileAtomic(half, "half");
  storage::SetModifiedMs(half, 1000);
  EXPECT_EQ(store_.RemoveLeftovers(1000), 0);
  EXPECT_EQ(store_.RemoveLeftovers(1001), 1);
  EXPECT_FALSE(std::filesystem::exists(half));
  EXPECT_EQ(Listed("1/run"), "whole:1 ");
}

TEST_P(ArtifactStoreTest, RefusesPathsThatNoDiskKeeps) {
  for (const std::string path :
       {"../x", "a/../../x", "/etc/passwd", "a\\b", ".tmp-1", "a/.tmp-x/b"}) {
    EXPECT_THAT([&] { Put(path, "x"); },
                ThrowsError(Code::kInvalidArgument, HasSubstr("Invalid path")))
        << path;
  }
  EXPECT_THAT([&] { Put(std::string(256, 'n'), "x"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("more than 255 bytes")));
  std::string deep = "d";
  while (deep.size() < 3000) deep += "/d";
  EXPECT_THAT([&] { Put(deep, "x"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("more than 2048 bytes")));
}

}  // namespace
}  // namespace marquee::tracking
