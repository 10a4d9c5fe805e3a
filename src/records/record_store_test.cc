#include "records/record_store.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "base/error_matchers.h"
#include "base/files.h"

namespace marquee {
namespace {

using testing::HasSubstr;
using testing::Not;
using enum RecordStore::Kind;

class RecordStoreTest : public testing::Test {
 protected:
  Record Put(RecordStore& store, RecordStore::Kind kind, const std::string& id, Json fields) {
    return store.Update(kind, id, [&](std::optional<Record> old) {
      Record record = old.value_or(Record{});
      record.fields = fields;
      return record;
    });
  }

  TempDir dir_;
  ManualClock clock_{1000};
  const std::filesystem::path path_ = dir_.path() / "records.db";
};

TEST_F(RecordStoreTest, KeepsRecordsInTheOrderOfTheirMaking) {
  {
    RecordStore store(path_, clock_);
    Put(store, kItem, "b", Json::MakeObject({{"title", "B"}}));
    Put(store, kItem, "a", Json::MakeObject({{"title", "A"}}));
    EXPECT_EQ(Put(store, kItem, "b", Json::MakeObject({{"title", "B2"}})).revision, 3);
  }
  const RecordStore store(path_, clock_);
  const std::vector<Record> items = store.List(kItem);
  ASSERT_EQ(items.size(), 2);
  EXPECT_EQ(items[0].id, "b");
  EXPECT_EQ(items[0].fields.GetString("title"), "B2");
  EXPECT_EQ(items[0].created_ms, 1000);
  EXPECT_FALSE(store.Find(kUser, "b"));
}

TEST_F(RecordStoreTest, AChangeThatThrowsChangesNothing) {
  RecordStore store(path_, clock_);
  EXPECT_THAT(
      [&] {
        store.Update(kItem, "a",
                     [](const auto&) -> Record { throw Error(Code::kFailedPrecondition, "no"); });
      },
      ThrowsError(Code::kFailedPrecondition, HasSubstr("no")));
  EXPECT_FALSE(store.Find(kItem, "a"));
}

TEST_F(RecordStoreTest, AnotherConnectionSeesThatSomethingChanged) {
  RecordStore one(path_, clock_), two(path_, clock_);
  const int64_t before_one = one.version(), before_two = two.version();
  Put(one, kItem, "a", Json::MakeObject());
  EXPECT_NE(one.version(), before_one);
  EXPECT_NE(two.version(), before_two);
  EXPECT_TRUE(two.Find(kItem, "a"));
  EXPECT_EQ(one.HashOf("x"), two.HashOf("x")) << "one salt a file";
}

TEST_F(RecordStoreTest, AnErasedUserIsInNoByteOfTheFile) {
  RecordStore store(path_, clock_);
  Put(store, kUser, "zz-unique", Json::MakeObject({{"name", "Zz Unique"}}));
  store.BeginErasure("zz-unique");
  ASSERT_EQ(store.Erasures().size(), 1);
  EXPECT_EQ(store.Erasures()[0].done_ms, 0);
  EXPECT_EQ(store.Erasures()[0].user_id, "zz-unique");
  clock_.Advance(1000);
  store.FinishErasure("zz-unique");
  EXPECT_EQ(store.Erasures()[0].done_ms, 2000);
  EXPECT_EQ(store.Erasures()[0].hash, store.HashOf("zz-unique"));
  EXPECT_EQ(store.Erasures()[0].user_id, "");
  for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) {
    const std::string bytes = ReadFile(entry.path());
    EXPECT_THAT(bytes, Not(HasSubstr("zz-unique"))) << entry.path();
    EXPECT_THAT(bytes, Not(HasSubstr("Zz Unique"))) << entry.path();
  }
}

}  // namespace
}  // namespace marquee
