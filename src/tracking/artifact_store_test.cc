#include "tracking/artifact_store.h"

#include <gmock/gmock.h>

#include "base/error_matchers.h"
#include "base/text.h"

namespace marquee::tracking {
namespace {

using testing::ElementsAre;
using testing::FieldsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ArtifactStoreTest : public testing::Test {
 protected:
  void Put(const std::string& path, std::string_view bytes) {
    AtomicFile file = store_.Create(path);
    file.Append(bytes);
    file.Commit();
  }
  std::string Get(const std::string& path) {
    ArtifactReader reader = store_.Open(path);
    return reader.Read(0, static_cast<size_t>(reader.info().size_bytes) + 10);
  }
  std::string Listed(const std::string& path) {
    std::string text;
    for (const ArtifactInfo& info : store_.List(path)) {
      text +=
          info.is_folder ? StrCat(info.name, "/ ") : StrCat(info.name, ":", info.size_bytes, " ");
    }
    return text;
  }

  TempDir folder_;
  ArtifactStore store_{folder_.path() / "artifacts"};
};

TEST_F(ArtifactStoreTest, FilesAreWrittenReplacedReadAndListed) {
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

TEST_F(ArtifactStoreTest, APartIsReadFromTheMiddle) {
  Put("f", "0123456789");
  ArtifactReader reader = store_.Open("f");
  EXPECT_EQ(reader.Read(7, 100), "789");
  EXPECT_EQ(reader.Read(2, 3), "234");
  EXPECT_EQ(reader.Read(10, 5), "");
}

TEST_F(ArtifactStoreTest, AFileThatIsNotCommittedNeverAppears) {
  {
    AtomicFile file = store_.Create("f");
    file.Append("half");
    EXPECT_EQ(Listed(""), "");
  }
  EXPECT_THAT([&] { Get("f"); }, ThrowsError(Code::kNotFound, HasSubstr("No such artifact: 'f'")));
}

TEST_F(ArtifactStoreTest, FilesAndFoldersAreDeleted) {
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

TEST_F(ArtifactStoreTest, AFileIsNoFolderAndAFolderNoFile) {
  Put("a/b", "1");
  EXPECT_THAT([&] { Put("a", "x"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("is a folder")));
  EXPECT_THAT([&] { Put("a/b/c", "x"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("is below a file")));
  EXPECT_THAT([&] { Get("a"); }, ThrowsError(Code::kInvalidArgument, HasSubstr("is a folder")));
}

TEST_F(ArtifactStoreTest, RefusesPathsThatNoDiskKeeps) {
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
