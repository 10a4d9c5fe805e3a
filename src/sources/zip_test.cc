#include <gmock/gmock.h>
#include <zip.h>

#include <map>

#include "base/error_matchers.h"
#include "base/files.h"
#include "base/text.h"
#include "sources/byte_source.h"
#include "sources/collect_rows.h"
#include "sources/dataset.h"

namespace marquee::sources {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::SizeIs;

struct ZipSettings {
  const char* password = nullptr;
  bool compress = true;
};

void WriteZip(const fs::path& path, const std::map<std::string, std::string>& files,
              const ZipSettings& settings = {}) {
  int error = 0;
  zip_t* archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, &error);
  ASSERT_NE(archive, nullptr) << error;
  for (const auto& [name, text] : files) {
    zip_source_t* source = zip_source_buffer(archive, text.data(), text.size(), 0);
    const zip_int64_t index = zip_file_add(archive, name.c_str(), source, ZIP_FL_ENC_UTF_8);
    ASSERT_GE(index, 0) << zip_strerror(archive);
    const auto i = static_cast<zip_uint64_t>(index);
    if (!settings.compress) {
      ASSERT_EQ(zip_set_file_compression(archive, i, ZIP_CM_STORE, 0), 0);
    }
    if (settings.password != nullptr) {
      ASSERT_EQ(zip_file_set_encryption(archive, i, ZIP_EM_AES_256, settings.password), 0);
    }
  }
  ASSERT_EQ(zip_close(archive), 0) << zip_strerror(archive);
}

std::map<std::string, std::string> Release() {
  return {{"ml-1m/ratings.dat", "1::73::5::978300760\n2::73::4::978300761\n"},
          {"ml-1m/movies.dat", "73::Mis\xE9rables, Les (1995)::Drama|Musical\n"},
          {"ml-1m/users.dat", "1::F::1::10::48067\n2::M::56::16::70072\n"},
          {"__MACOSX/ml-1m/._ratings.dat", "junk"}};
}

TEST(ZippedDataset, IsReadWithoutUnpacking) {
  const TempDir folder;
  const fs::path path = folder.path() / "anything.zip";
  WriteZip(path, Release());
  const Dataset dataset = OpenDataset(path, {});
  EXPECT_EQ(dataset.name, "movielens-1m");
  EXPECT_THAT(CollectTable(dataset, "ratings"), SizeIs(2));
  EXPECT_THAT(CollectTable(dataset, "users"), SizeIs(2));
  EXPECT_THAT(CollectTable(dataset, "items"),
              ElementsAre(IsSupersetOf(TextRow{{"title", "Mis\u00E9rables, Les (1995)"},
                                               {"source_file", "movies.dat"}})));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 1);
}

TEST(ZippedDataset, ChangesItsFingerprintWithItsContent) {
  const TempDir folder;
  const fs::path path = folder.path() / "a.zip";
  WriteZip(path, Release());
  const std::string before = OpenDataset(path, {}).fingerprint;
  auto changed = Release();
  changed["ml-1m/ratings.dat"] = "1::73::4::978300760\n2::73::4::978300761\n";
  WriteZip(path, changed);
  EXPECT_NE(OpenDataset(path, {}).fingerprint, before);
}

TEST(ZippedDataset, WithoutAReleaseIsRefused) {
  const TempDir folder;
  WriteZip(folder.path() / "a.zip", {{"notes.txt", "hello"}});
  EXPECT_THAT([&] { OpenDataset(folder.path() / "a.zip", {}); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("is no MovieLens release")));
}

TEST(ZippedDataset, EncryptedIsRefused) {
  const TempDir folder;
  WriteZip(folder.path() / "a.zip", Release(), {.password = "secret"});
  const Dataset dataset = OpenDataset(folder.path() / "a.zip", {});
  EXPECT_THAT([&] { CollectTable(dataset, "ratings"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("ratings.dat is encrypted")));
}

TEST(ZippedDataset, ABombIsRefusedBeforeItIsRead) {
  const TempDir folder;
  auto files = Release();
  files["ml-1m/ratings.dat"] = std::string(8 << 20, '1');
  WriteZip(folder.path() / "a.zip", files);
  const Dataset dataset = OpenDataset(folder.path() / "a.zip", {});
  EXPECT_THAT([&] { CollectTable(dataset, "ratings"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("to 8388608: more than 100 : 1")));
}

TEST(ZippedDataset, ADamagedEntryIsDataLoss) {
  const TempDir folder;
  const fs::path path = folder.path() / "a.zip";
  WriteZip(path, Release(), {.compress = false});
  std::string bytes = ReadFile(path);
  const size_t at = bytes.find("978300761");
  ASSERT_NE(at, std::string::npos);
  bytes[at] = '8';
  WriteFileAtomic(path, bytes);
  const Dataset dataset = OpenDataset(path, {});
  EXPECT_THAT([&] { CollectTable(dataset, "ratings"); },
              ThrowsError(Code::kDataLoss, HasSubstr("ml-1m/ratings.dat")));
}

TEST(ZippedDataset, ACutArchiveIsDataLoss) {
  const TempDir folder;
  const fs::path path = folder.path() / "a.zip";
  WriteZip(path, Release());
  const std::string bytes = ReadFile(path);
  WriteFileAtomic(path, bytes.substr(0, bytes.size() / 2));
  EXPECT_THAT([&] { OpenDataset(path, {}); },
              ThrowsError(Code::kDataLoss, HasSubstr("cannot open the archive")));
}

// The size in the directory is made smaller than what the entry unpacks to.
TEST(ZippedDataset, AnEntryThatUnpacksToAnotherSizeIsDataLoss) {
  const TempDir folder;
  const fs::path path = folder.path() / "a.zip";
  auto files = Release();
  std::string text;
  for (int i = 0; i < 1000; ++i) text += StrCat(i, "::73::5::978300760\n");
  files["ml-1m/ratings.dat"] = text;
  WriteZip(path, files);
  std::string bytes = ReadFile(path);
  const auto size = static_cast<uint32_t>(text.size());
  const std::string field(reinterpret_cast<const char*>(&size), 4);
  for (size_t at = bytes.find(field); at != std::string::npos; at = bytes.find(field, at + 1))
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
  WriteFileAtomic(path, bytes);
  EXPECT_THAT([&] { CollectTable(OpenDataset(path, {}), "ratings"); },
              ThrowsError(Code::kDataLoss, HasSubstr("ratings.dat")));
}

}  // namespace
}  // namespace marquee::sources
