// One suite for every object store.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <thread>

#include "base/error_matchers.h"
#include "base/files.h"
#include "base/text.h"
#include "storage/faulty_store.h"
#include "storage/local_store.h"
#include "storage/memory_store.h"
#include "storage/object_store.h"
#include "storage/s3_store.h"
#include "storage/test_s3.h"

namespace marquee::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class StoreFixture {
 public:
  virtual ~StoreFixture() = default;
  virtual ObjectStore& store() = 0;
  // Whether PutIfAbsent can choose the time of an object.
  virtual bool sets_times() const { return true; }
};

class LocalFixture : public StoreFixture {
 public:
  ObjectStore& store() override { return store_; }

 private:
  TempDir dir_;
  LocalStore store_{dir_.path()};
};

class MemoryFixture : public StoreFixture {
 public:
  ObjectStore& store() override { return store_; }

 private:
  ManualClock clock_{1'700'000'000'000};
  MemoryStore store_{clock_};
};

class FaultyFixture : public LocalFixture {
 public:
  ObjectStore& store() override { return faulty_; }

 private:
  FaultyStore faulty_{std::shared_ptr<ObjectStore>(&LocalFixture::store(), [](ObjectStore*) {}), 0,
                      FaultyStore::Fault::kFailBefore};
};

// One server for all tests; each has a folder of its bucket.
class S3Fixture : public StoreFixture {
 public:
  ObjectStore& store() override { return store_; }
  bool sets_times() const override { return false; }

 private:
  static const S3Server& Server() {
    static const S3Server server;
    return server;
  }
  static S3Options Options() {
    static int tests = 0;
    S3Options options = Server().Options(StrCat("contract/", ++tests));
    options.part_bytes = 5 << 20;
    return options;
  }
  S3Store store_{Options(), Server().clock()};
};

struct Maker {
  const char* name;
  std::function<std::unique_ptr<StoreFixture>()> make;
};

class StoreContract : public ::testing::TestWithParam<Maker> {
 protected:
  std::string ReadAll(std::string_view key, size_t piece) {
    const auto reader = store_.Open(key);
    std::string bytes;
    for (std::string more = reader->Read(0, piece); !more.empty();
         more = reader->Read(static_cast<int64_t>(bytes.size()), piece)) {
      bytes += more;
    }
    return bytes;
  }

  std::unique_ptr<StoreFixture> fixture_ = GetParam().make();
  ObjectStore& store_ = fixture_->store();
};

std::vector<std::string> Keys(const std::vector<ObjectInfo>& objects) {
  std::vector<std::string> keys;
  for (const ObjectInfo& object : objects) keys.push_back(object.key);
  return keys;
}

TEST_P(StoreContract, GetsWhatWasPut) {
  const std::string bytes("a\0b\n", 4);
  store_.Put("x/y.bin", bytes);
  EXPECT_EQ(store_.Get("x/y.bin"), bytes);
}

TEST_P(StoreContract, GetOfAMissingObjectIsNotFound) {
  EXPECT_THAT([&] { store_.Get("x/missing"); }, ThrowsError(Code::kNotFound, HasSubstr("missing")));
}

TEST_P(StoreContract, PutReplaces) {
  store_.Put("a", "a long first text");
  store_.Put("a", "short");
  EXPECT_EQ(store_.Get("a"), "short");
}

TEST_P(StoreContract, PutIfAbsentCreatesOnce) {
  EXPECT_TRUE(store_.PutIfAbsent("log/0", "first", 1'600'000'000'123));
  EXPECT_FALSE(store_.PutIfAbsent("log/0", "second", 1'600'000'000'456));
  EXPECT_EQ(store_.Get("log/0"), "first");
  if (fixture_->sets_times()) {
    EXPECT_EQ(store_.Stat("log/0")->modified_ms, 1'600'000'000'123);
  }
}

TEST_P(StoreContract, PutIfAbsentHasOneWinnerAmongThreads) {
  std::atomic<int> wins = 0;
  for (int round = 0; round < 20; ++round) {
    std::vector<std::thread> writers;
    for (int i = 0; i < 4; ++i) {
      writers.emplace_back([&, round, i] {
        if (store_.PutIfAbsent("log/" + std::to_string(round), std::to_string(i), 1000)) ++wins;
      });
    }
    for (std::thread& writer : writers) writer.join();
  }
  EXPECT_EQ(wins, 20);
}

TEST_P(StoreContract, DeletedObjectsAreGone) {
  store_.Put("a/b", "x");
  store_.Delete("a/b");
  store_.Delete("a/b");
  EXPECT_EQ(store_.Stat("a/b"), std::nullopt);
  EXPECT_THAT(store_.List(""), IsEmpty());
}

TEST_P(StoreContract, StatGivesTheSize) {
  store_.Put("a/b", "12345");
  EXPECT_EQ(store_.Stat("a/b")->size_bytes, 5);
  EXPECT_EQ(store_.Stat("a"), std::nullopt) << "a folder is no object";
}

TEST_P(StoreContract, ListsByPrefixInOrderOfKeys) {
  for (const char* key : {"t/b/2", "t/a", "t/b/1", "t/b-c", "u/a", "t2/a"}) store_.Put(key, "x");
  EXPECT_THAT(Keys(store_.List("t/")), ElementsAre("t/a", "t/b-c", "t/b/1", "t/b/2"));
  EXPECT_THAT(Keys(store_.List("t/b")), ElementsAre("t/b-c", "t/b/1", "t/b/2"));
  EXPECT_THAT(Keys(store_.List("t")), ElementsAre("t/a", "t/b-c", "t/b/1", "t/b/2", "t2/a"));
  EXPECT_THAT(store_.List("none/"), IsEmpty());
}

TEST_P(StoreContract, FoldersAreThoseRightBelow) {
  for (const char* key : {"b/x/1", "a/y", "c", "b/w/2"}) store_.Put(key, "x");
  EXPECT_THAT(store_.Folders(""), ElementsAre("a", "b"));
  EXPECT_THAT(store_.Folders("b"), ElementsAre("w", "x"));
  EXPECT_THAT(store_.Folders("none"), IsEmpty());
}

TEST_P(StoreContract, AFolderIsListedWithObjectsAndFolders) {
  for (const char* key : {"t/b/2", "t/a", "t/b/1", "t/b-c", "u", "t2/a"}) store_.Put(key, "x");
  const FolderListing below = store_.ListFolder("t");
  EXPECT_THAT(Keys(below.objects), ElementsAre("t/a", "t/b-c"));
  EXPECT_EQ(below.objects[0].size_bytes, 1);
  EXPECT_THAT(below.folders, ElementsAre("b"));
  EXPECT_THAT(Keys(store_.ListFolder("").objects), ElementsAre("u"));
  EXPECT_THAT(store_.ListFolder("").folders, ElementsAre("t", "t2"));
  EXPECT_THAT(store_.ListFolder("t/a").objects, IsEmpty()) << "an object is no folder";
  EXPECT_THAT(store_.ListFolder("none").folders, IsEmpty());
}

TEST_P(StoreContract, AFolderIsDeletedWithAllBelow) {
  for (const char* key : {"t/b/2", "t/a", "t-2", "t2/a"}) store_.Put(key, "x");
  store_.DeleteFolder("t");
  store_.DeleteFolder("t");
  store_.DeleteFolder("t-2");
  store_.Delete("t2");
  EXPECT_THAT(Keys(store_.List("")), ElementsAre("t-2", "t2/a"));
  EXPECT_THAT(store_.ListFolder("t").folders, IsEmpty());
  EXPECT_THAT([&] { store_.DeleteFolder(""); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("is no key")));
}

TEST_P(StoreContract, AnObjectIsReadInParts) {
  store_.Put("f", "0123456789");
  const auto reader = store_.Open("f");
  EXPECT_EQ(reader->info().key, "f");
  EXPECT_EQ(reader->info().size_bytes, 10);
  EXPECT_EQ(reader->Read(7, 100), "789");
  EXPECT_EQ(reader->Read(2, 3), "234");
  EXPECT_EQ(reader->Read(5, 2), "56");
  EXPECT_EQ(reader->Read(10, 5), "");
  EXPECT_THAT([&] { store_.Open("none"); }, ThrowsError(Code::kNotFound, HasSubstr("none")));
}

TEST_P(StoreContract, AReaderNeverMixesTwoObjects) {
  store_.Put("f", "first");
  const auto reader = store_.Open("f");
  store_.Put("f", "other");
  std::string bytes = "data_loss";
  try {
    bytes = reader->Read(0, 5);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kDataLoss);
  }
  EXPECT_THAT(bytes, ::testing::AnyOf("first", "data_loss"));
}

TEST_P(StoreContract, AnObjectIsWrittenInPieces) {
  store_.Put("t/f", "before");
  const auto writer = store_.Create("t/f");
  writer->Write("a");
  writer->Write("");
  writer->Write("bc");
  EXPECT_EQ(store_.Get("t/f"), "before");
  writer->Commit();
  EXPECT_EQ(store_.Get("t/f"), "abc");
  store_.Create("empty")->Commit();
  EXPECT_EQ(store_.Stat("empty")->size_bytes, 0);
  EXPECT_EQ(ReadAll("empty", 10), "");
}

TEST_P(StoreContract, ALargeObjectComesBackWhole) {
  const auto writer = store_.Create("large");
  std::string bytes;
  for (char c = 'a'; c < 'a' + 10; ++c) bytes += std::string(1 << 20, c);  // two whole parts
  for (size_t at = 0; at < bytes.size(); at += 3'000'000) {
    writer->Write(std::string_view(bytes).substr(at, 3'000'000));
  }
  writer->Commit();
  EXPECT_TRUE(ReadAll("large", 1'000'000) == bytes);
}

TEST_P(StoreContract, WhatIsNotCommittedIsNeverSeen) {
  {
    const auto writer = store_.Create("t/f");
    writer->Write("half");
    EXPECT_THAT(store_.List(""), IsEmpty());
    EXPECT_THAT(store_.ListFolder("t").objects, IsEmpty());
  }
  EXPECT_THAT(store_.List(""), IsEmpty());
  EXPECT_EQ(store_.RemoveLeftovers("", INT64_MAX), 0);
}

TEST_P(StoreContract, RefusesKeysThatAreNone) {
  for (const char* key : {"", "/a", "a//b", "../a", "a/./b", "a/"}) {
    EXPECT_THAT([&] { store_.Put(key, "x"); },
                ThrowsError(Code::kInvalidArgument, HasSubstr("is no key")))
        << key;
  }
  EXPECT_THAT([&] { store_.Get("a/.tmp-1"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("temporary files")));
}

std::vector<Maker> Stores() {
  std::vector<Maker> stores = {{"Local", [] { return std::make_unique<LocalFixture>(); }},
                               {"Memory", [] { return std::make_unique<MemoryFixture>(); }},
                               {"Faulty", [] { return std::make_unique<FaultyFixture>(); }}};
  if (S3Server::IsThere()) {
    stores.push_back({"S3", [] { return std::make_unique<S3Fixture>(); }});
  } else {
    std::puts("no S3 server is installed: the contract is not held to S3Store");
  }
  return stores;
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreContract, ::testing::ValuesIn(Stores()),
                         [](const auto& store) { return store.param.name; });

}  // namespace
}  // namespace marquee::storage
