#include "storage/local_store.h"

#include <gtest/gtest.h>

#include <memory>

#include "base/error_matchers.h"
#include "base/files.h"
#include "storage/faulty_store.h"

namespace marquee::storage {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(LocalStore, HidesTemporaryFilesAndRemovesOldOnes) {
  const TempDir dir;
  LocalStore store(dir.path());
  MakeFolders(dir.path() / "log");
  WriteFileAtomic(dir.path() / "log/.tmp-old", "half");
  WriteFileAtomic(dir.path() / "log/.tmp-new", "half");
  SetModifiedMs(dir.path() / "log/.tmp-old", 1000);
  SetModifiedMs(dir.path() / "log/.tmp-new", 5000);
  EXPECT_THAT(store.List(""), IsEmpty());
  EXPECT_EQ(store.RemoveLeftovers("log", 2000), 1);
  EXPECT_FALSE(std::filesystem::exists(dir.path() / "log/.tmp-old"));
  EXPECT_TRUE(std::filesystem::exists(dir.path() / "log/.tmp-new"));
}

TEST(LocalStore, LeavesNoTemporaryFileWhenItLosesARace) {
  const TempDir dir;
  LocalStore store(dir.path());
  EXPECT_TRUE(store.PutIfAbsent("a", "1", 1000));
  EXPECT_FALSE(store.PutIfAbsent("a", "2", 1000));
  size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(dir.path())) {
    ++files;
  }
  EXPECT_EQ(files, 1U);
}

TEST(LocalStore, KeepsTimesBefore1970) {
  const TempDir dir;
  LocalStore store(dir.path());
  store.PutIfAbsent("a", "1", -1500);
  EXPECT_EQ(store.Stat("a")->modified_ms, -1500);
}

TEST(LocalStore, AFileInTheWayOfAFolderIsNamed) {
  const TempDir dir;
  LocalStore store(dir.path());
  store.Put("a", "1");
  EXPECT_THAT([&] { store.Put("a/b", "2"); }, ThrowsError(Code::kAlreadyExists, HasSubstr("/a")));
}

class FaultyStoreTest : public ::testing::Test {
 protected:
  FaultyStore Broken(FaultyStore::Fault fault, std::function<void()> crash = {}) {
    return FaultyStore(local_, 2, fault, std::move(crash));
  }

  TempDir dir_;
  std::shared_ptr<LocalStore> local_ = std::make_shared<LocalStore>(dir_.path());
};

TEST_F(FaultyStoreTest, FailsOnceBeforeTheEffect) {
  FaultyStore store = Broken(FaultyStore::Fault::kFailBefore);
  store.Put("a", "1");
  EXPECT_THAT([&] { store.Put("b", "1"); },
              ThrowsError(Code::kUnavailable, HasSubstr("call 2: Put")));
  EXPECT_EQ(local_->Stat("b"), std::nullopt);
  store.Put("b", "2");
  EXPECT_EQ(local_->Get("b"), "2");
  EXPECT_EQ(store.calls(), 3);
}

TEST_F(FaultyStoreTest, FailsAfterTheEffect) {
  FaultyStore store = Broken(FaultyStore::Fault::kFailAfter);
  store.Put("a", "1");
  EXPECT_THAT([&] { store.Put("b", "1"); }, ThrowsError(Code::kUnavailable, HasSubstr("Put")));
  EXPECT_EQ(local_->Get("b"), "1");
}

TEST_F(FaultyStoreTest, ACrashBreaksEveryLaterCall) {
  int crashes = 0;
  FaultyStore store = Broken(FaultyStore::Fault::kCrashAfter, [&] { ++crashes; });
  store.Put("a", "1");
  EXPECT_THAT([&] { store.Delete("a"); }, ThrowsError(Code::kUnavailable, HasSubstr("Delete")));
  EXPECT_THAT([&] { store.Put("c", "1"); }, ThrowsError(Code::kUnavailable, HasSubstr("Put")));
  EXPECT_THAT(local_->List(""), IsEmpty());
  EXPECT_EQ(crashes, 1);
}

}  // namespace
}  // namespace marquee::storage
