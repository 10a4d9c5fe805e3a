// What only S3 can get wrong, on a real server.
#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <thread>

#include "base/error_matchers.h"
#include "base/hash.h"
#include "storage/s3_store.h"
#include "storage/test_s3.h"

namespace marquee::storage {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr size_t kMiB = 1 << 20;

class S3ServerTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (S3Server::IsThere()) server_ = std::make_unique<S3Server>();
  }
  static void TearDownTestSuite() { server_.reset(); }
  void SetUp() override {
    if (server_ == nullptr) GTEST_SKIP() << "no S3 server is installed";
    options_ = server_->Options(testing::UnitTest::GetInstance()->current_test_info()->name());
  }
  S3Store Store() { return S3Store(options_, server_->clock()); }

  static std::unique_ptr<S3Server> server_;
  S3Options options_;
};

std::unique_ptr<S3Server> S3ServerTest::server_;

// No two are the same.
std::string Block(size_t number, size_t bytes) {
  std::string block = StrCat(number, ":");
  block.resize(bytes, static_cast<char>('a' + number % 26));
  return block;
}

std::string ReadAll(ObjectReader& reader, size_t piece) {
  std::string bytes;
  while (true) {
    const std::string more = reader.Read(static_cast<int64_t>(bytes.size()), piece);
    if (more.empty()) return bytes;
    bytes += more;
  }
}

int64_t MemoryKib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stol(line.substr(6));
  }
  return 0;
}

TEST_F(S3ServerTest, KeysMayHaveOddCharacters) {
  S3Store store = Store();
  const std::vector<std::string> names = {
      "a b",   " a",    "a+b",          "a%2Fb",     "a%b",      "a=b&c=d",  "\xC3\xBC",
      "a'\"b", "a*(b)", "a;b,c:d@e$f!", "a<b>&amp;", "~a_b-c.d", "[a]{b}|^`"};
  for (const std::string& name : names) store.Put("f/" + name, name);
  for (const std::string& name : names) {
    EXPECT_EQ(store.Get("f/" + name), name);
    EXPECT_EQ(store.Stat("f/" + name)->size_bytes, static_cast<int64_t>(name.size()));
    store.Put("g/" + name + "/x", "");
  }
  std::vector<std::string> listed;
  for (const ObjectInfo& object : store.List("f/")) listed.push_back(object.key.substr(2));
  EXPECT_THAT(listed, testing::UnorderedElementsAreArray(names));
  EXPECT_THAT(store.Folders("g"), testing::UnorderedElementsAreArray(names));
  for (const std::string& name : names) EXPECT_EQ(store.List("g/" + name + "/").size(), 1U) << name;
  store.DeleteFolder("f");
  EXPECT_THAT(store.List("f/"), IsEmpty());
}

TEST_F(S3ServerTest, ListingsGoOnFromPageToPage) {
  options_.page_size = 3;
  S3Store store = Store();
  for (int i = 0; i < 10; ++i) {
    store.Put(StrCat("t/", i), "");
    store.Put(StrCat("t/folder ", i, "/x"), "");
  }
  EXPECT_EQ(store.List("t/").size(), 20U);
  const FolderListing below = store.ListFolder("t");
  EXPECT_EQ(below.objects.size(), 10U);
  EXPECT_EQ(below.folders.size(), 10U);
  store.DeleteFolder("t");
  EXPECT_THAT(store.List(""), IsEmpty());
}

TEST_F(S3ServerTest, AnObjectOfManyPartsComesBackWhole) {
  options_.part_bytes = 5 * kMiB;
  S3Store store = Store();
  Hasher hasher(HashKind::kSha256);
  const auto writer = store.Create("large");
  for (size_t i = 0; i < 12; ++i) {
    const std::string block = Block(i, kMiB + 7);
    hasher.Update(block);
    writer->Write(block);
    EXPECT_EQ(store.Stat("large"), std::nullopt);
  }
  writer->Commit();
  const auto reader = store.Open("large");
  EXPECT_EQ(reader->info().size_bytes, static_cast<int64_t>(12 * (kMiB + 7)));
  EXPECT_EQ(HashHex(HashKind::kSha256, ReadAll(*reader, 700'000)), hasher.Finish());
  EXPECT_EQ(reader->Read(static_cast<int64_t>(kMiB + 7), 3), "1:b");
}

TEST_F(S3ServerTest, AnUploadThatIsNotCommittedIsGivenUp) {
  options_.part_bytes = 5 * kMiB;
  S3Store store = Store();
  {
    const auto writer = store.Create("half");
    writer->Write(std::string(6 * kMiB, 'x'));
  }
  EXPECT_EQ(store.Stat("half"), std::nullopt);
  EXPECT_EQ(store.RemoveLeftovers("", INT64_MAX), 0);
}

TEST_F(S3ServerTest, AWrongSecretIsDenied) {
  options_.credentials.secret_access_key = "wrong";
  EXPECT_THAT([&] { Store().Put("a", "1"); },
              ThrowsError(Code::kPermissionDenied, HasSubstr("SignatureDoesNotMatch")));
}

TEST_F(S3ServerTest, AMissingBucketIsNamed) {
  options_.bucket = "no-such-bucket";
  S3Store store = Store();
  const auto missing = ThrowsError(Code::kFailedPrecondition, HasSubstr("s3://no-such-bucket/"));
  EXPECT_THAT([&] { store.Put("a", "1"); }, missing);
  EXPECT_THAT([&] { store.Get("a"); }, missing);
  EXPECT_THAT([&] { store.Open("a"); }, missing);
  EXPECT_THAT([&] { store.List(""); }, missing);
  EXPECT_THAT([&] { store.Create("a")->Commit(); }, missing);
}

TEST_F(S3ServerTest, OfTwentyWritersOneWins) {
  S3Store store = Store();
  for (int round = 0; round < 5; ++round) {
    const std::string key = StrCat("log/", round);
    std::atomic<int> wins = 0;
    std::atomic<int> winner = -1;
    std::vector<std::thread> writers;
    for (int i = 0; i < 20; ++i) {
      writers.emplace_back([&, i] {
        if (!store.PutIfAbsent(key, std::to_string(i), 0)) return;
        ++wins;
        winner = i;
      });
    }
    for (std::thread& writer : writers) writer.join();
    EXPECT_EQ(wins, 1);
    EXPECT_EQ(store.Get(key), std::to_string(winner));
  }
}

// Amazon keeps both; a gateway over folders cannot.
TEST_F(S3ServerTest, AnObjectAndAFolderOfOneNameAreKeptBothOrRefused) {
  S3Store store = Store();
  store.Put("a/b", "1");
  store.Put("c", "2");
  const auto put = [&](const std::string& key) {
    try {
      store.Put(key, "new");
      EXPECT_EQ(store.Get(key), "new");
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::kAlreadyExists) << error.message();
    }
  };
  put("a");
  put("c/d");
  EXPECT_EQ(store.Get("a/b"), "1");
  EXPECT_EQ(store.Get("c"), "2");
}

// The server is back when the writer tries again.
TEST_F(S3ServerTest, AnUploadOutlivesAKillOfTheServer) {
  if (!S3Server::IsMeantForLongTests()) GTEST_SKIP() << "left to ./run compat s3";
  options_.part_bytes = 5 * kMiB;
  int restarts = 0;
  bool down = false;
  options_.wait = [&](int64_t) {
    if (!std::exchange(down, false)) return;
    server_->Start();
    ++restarts;
  };
  S3Store store = Store();
  Hasher hasher(HashKind::kSha256);
  const auto writer = store.Create("large");
  for (size_t i = 0; i < 40; ++i) {
    const std::string block = Block(i, kMiB);
    hasher.Update(block);
    writer->Write(block);
    if (i == 7 || i == 22) {
      server_->Crash();
      down = true;
    }
  }
  server_->Crash();
  down = true;
  writer->Commit();
  EXPECT_EQ(restarts, 3);
  EXPECT_EQ(HashHex(HashKind::kSha256, ReadAll(*store.Open("large"), kMiB)), hasher.Finish());
}

TEST_F(S3ServerTest, WhatAWriterThatDiedLeftIsSwept) {
  if (!S3Server::IsMeantForLongTests()) GTEST_SKIP() << "left to ./run compat s3";
  options_.part_bytes = 5 * kMiB;
  options_.attempts = 1;
  S3Store store = Store();
  auto writer = store.Create("half");
  writer->Write(std::string(5 * kMiB, 'x'));
  server_->Crash();
  writer.reset();
  server_->Start();
  EXPECT_EQ(store.RemoveLeftovers("half-not", INT64_MAX), 0);
  EXPECT_EQ(store.RemoveLeftovers("", 1000), 0) << "it is younger";
  // MinIO lists the uploads of a whole key only.
  const bool lists_folders = !std::string_view(std::getenv("MARQUEE_S3")).ends_with("/s3");
  EXPECT_EQ(store.RemoveLeftovers("", INT64_MAX), lists_folders ? 1 : 0);
  EXPECT_EQ(store.RemoveLeftovers("", INT64_MAX), 0);
  EXPECT_EQ(store.Stat("half"), std::nullopt);
}

TEST_F(S3ServerTest, AGigabyteTakesNoMemory) {
  if (!S3Server::IsMeantForLongTests()) GTEST_SKIP() << "left to ./run compat s3";
  S3Store store = Store();
  const std::string block(kMiB, 'x');
  const int64_t before_kib = MemoryKib();
  int64_t peak_kib = 0;
  const auto writer = store.Create("large");
  for (int i = 0; i < 1024; ++i) {
    writer->Write(block);
    peak_kib = std::max(peak_kib, MemoryKib());
  }
  writer->Commit();
  const auto reader = store.Open("large");
  int64_t received = 0;
  while (true) {
    const auto more = static_cast<int64_t>(reader->Read(received, kMiB).size());
    if (more == 0) break;
    received += more;
    peak_kib = std::max(peak_kib, MemoryKib());
  }
  EXPECT_EQ(received, int64_t{1} << 30);
  EXPECT_LT(peak_kib - before_kib, 64 << 10);
}

TEST_F(S3ServerTest, ThousandsOfObjectsAreListedAndDeleted) {
  if (!S3Server::IsMeantForLongTests()) GTEST_SKIP() << "left to ./run compat s3";
  constexpr int kObjects = 2500;
  S3Store store = Store();
  std::vector<std::thread> writers;
  for (int i = 0; i < 8; ++i) {
    writers.emplace_back([&, i] {
      for (int n = i; n < kObjects; n += 8) store.Put(StrCat("many/", n), "x");
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(store.List("many/").size(), static_cast<size_t>(kObjects));
  EXPECT_EQ(store.ListFolder("many").objects.size(), static_cast<size_t>(kObjects));
  store.DeleteFolder("many");
  EXPECT_THAT(store.List(""), IsEmpty());
}

}  // namespace
}  // namespace marquee::storage
