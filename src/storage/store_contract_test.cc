// One suite for every object store.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <thread>

#include "base/error_matchers.h"
#include "base/files.h"
#include "storage/local_store.h"
#include "storage/memory_store.h"
#include "storage/object_store.h"

namespace marquee::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class StoreFixture {
 public:
  virtual ~StoreFixture() = default;
  virtual ObjectStore& store() = 0;
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

struct Maker {
  const char* name;
  std::function<std::unique_ptr<StoreFixture>()> make;
};

class StoreContract : public ::testing::TestWithParam<Maker> {
 protected:
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
  EXPECT_EQ(store_.Stat("log/0")->modified_ms, 1'600'000'000'123);
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

TEST_P(StoreContract, RefusesKeysThatAreNone) {
  for (const char* key : {"", "/a", "a//b", "../a", "a/./b", "a/"}) {
    EXPECT_THAT([&] { store_.Put(key, "x"); },
                ThrowsError(Code::kInvalidArgument, HasSubstr("is no key")))
        << key;
  }
  EXPECT_THAT([&] { store_.Get("a/.tmp-1"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("temporary files")));
}

INSTANTIATE_TEST_SUITE_P(
    Stores, StoreContract,
    ::testing::Values(Maker{"Local", [] { return std::make_unique<LocalFixture>(); }},
                      Maker{"Memory", [] { return std::make_unique<MemoryFixture>(); }}),
    [](const auto& store) { return store.param.name; });

}  // namespace
}  // namespace marquee::storage
