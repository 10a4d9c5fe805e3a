#include "pipelines/record_tables.h"

#include <gmock/gmock.h>

#include "base/files.h"
#include "pipelines/test_home.h"

namespace marquee {
namespace {

class RecordTablesTest : public HomeTest {
 protected:
  void Put(RecordStore::Kind kind, const std::string& id, Json fields, bool added) {
    clock_.Advance(1000);
    records_.Update(kind, id, [&](const auto&) {
      Record record;
      record.fields = std::move(fields);
      record.added = added;
      return record;
    });
  }

  RecordStore records_{home_.path() / "records.db", clock_};
};

TEST_F(RecordTablesTest, WhatWasChangedOverTheApiIsInTheNextGold) {
  WriteFileAtomic(home_.path() / "movies.csv", "movieId,title,genres\n1,Alien (1979),Horror\n");
  WriteFileAtomic(home_.path() / "ratings.csv",
                  "userId,movieId,rating,timestamp\n7,1,4.0,964982703\n");
  EXPECT_FALSE(WriteRecords(Run(), records_, lake_)) << "there is nothing yet";
  ImportOptions options;
  options.reports = home_.path() / "reports";
  RunImport(Run(), sources::OpenDataset(home_.path(), {}), lake_, options);
  EXPECT_FALSE(WriteRecords(Run(), records_, lake_));
  Put(RecordStore::Kind::kItem, "9", Json::Parse(R"({"title": "New Film", "year": 2024,
      "genres": ["Drama", "War"]})"),
      true);
  Put(RecordStore::Kind::kItem, "1", Json::Parse(R"({"year": 1980})"), false);
  Put(RecordStore::Kind::kItem, "77", Json::Parse(R"({"year": 1980})"), false);
  Put(RecordStore::Kind::kUser, "7", Json::Parse(R"({"age": 36, "name": "Ada"})"), false);
  EXPECT_TRUE(WriteRecords(Run(), records_, lake_));
  EXPECT_FALSE(WriteRecords(Run(), records_, lake_)) << "it is there";
  RunSilver(Run(), lake_, lake_, {});
  RunGold(Run(), lake_, lake_, {});
  EXPECT_EQ(Text("select string_agg(concat(item_id, ' ', title, ' ', year, ' ', "
                 "array_to_string(genres, '+')), ', ' order by item_row) from gold.items"),
            "1 Alien 1980 Horror, 9 New Film 2024 Drama+War");
  EXPECT_EQ(Text("select cast(age_group as varchar) from gold.users"), "35");
}

}  // namespace
}  // namespace marquee
