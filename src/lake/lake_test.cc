#include "lake/lake.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <thread>
#include <utility>

#include "base/error_matchers.h"
#include "base/files.h"
#include "base/text.h"
#include "storage/local_store.h"

namespace marquee::lake {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Mode = WriteRequest::Mode;

constexpr int64_t kStartMs = 1'700'000'000'000;

class LakeTest : public ::testing::Test {
 protected:
  WriteResult Write(const std::string& select, Mode mode = Mode::kOverwrite) {
    clock_.Advance(1000);
    return lake_.Write(*session_, {.table = "silver.ratings", .select = select, .mode = mode});
  }
  // The rows of a query: "1,a 2,b".
  std::string RowsOf(const std::string& sql) {
    std::string rows;
    const auto result = session_->Query(sql);
    while (const Chunk* chunk = result->Next()) {
      for (size_t row = 0; row < chunk->size(); ++row) {
        if (!rows.empty()) rows += ' ';
        for (size_t column = 0; column < result->columns().size(); ++column) {
          rows += StrCat(column == 0 ? "" : ",",
                         chunk->IsNull(column, row) ? "null" : chunk->Display(column, row));
        }
      }
    }
    return rows;
  }
  std::string Rows(const At& at = {}) {
    lake_.CreateView(*session_, "silver.ratings", at);
    return RowsOf("select * from silver.ratings order by all");
  }

  std::vector<std::string> ParquetFiles() {
    std::vector<std::string> files;
    const std::filesystem::path table = dir_.path() / "silver/ratings";
    if (!std::filesystem::exists(table)) return files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(table)) {
      if (entry.path().extension() == ".parquet") {
        files.push_back(entry.path().lexically_relative(table).string());
      }
    }
    return files;
  }

  TempDir dir_;
  ManualClock clock_{kStartMs};
  Engine engine_{EngineOptions{}};
  std::unique_ptr<Session> session_ = engine_.NewSession();
  Lake lake_{dir_.path(), clock_};
};

TEST_F(LakeTest, WrittenRowsAreRead) {
  const WriteResult written = Write("select i as id, 'film' || i as title from range(3) r(i); ");
  EXPECT_EQ(written.version, 0);
  EXPECT_EQ(written.rows, 3);
  EXPECT_EQ(Rows(), "0,film0 1,film1 2,film2");
  EXPECT_EQ(lake_.Read("silver.ratings").num_rows(), 3);
  EXPECT_EQ(lake_.Read("silver.ratings").size_bytes(), written.size_bytes);
}

TEST_F(LakeTest, ModesReplaceOrAdd) {
  Write("select 1 as id");
  Write("select 2 as id -- a comment at the end", Mode::kAppend);
  EXPECT_EQ(Rows(), "1 2");
  Write("select 3 as id");
  EXPECT_EQ(Rows(), "3");
}

TEST_F(LakeTest, OlderVersionsAreReadByNumberAndTime) {
  Write("select 1 as id");
  Write("select 2 as id");
  Write("select 3 as id");
  EXPECT_EQ(Rows({.version = 0}), "1");
  EXPECT_EQ(Rows({.timestamp_ms = kStartMs + 2000}), "2");
  EXPECT_EQ(Rows({.timestamp_ms = kStartMs + 2999}), "2");
  EXPECT_THAT([&] { Rows({.version = 7}); },
              ThrowsError(Code::kNotFound, HasSubstr("table silver.ratings: no version 7")));
}

TEST_F(LakeTest, AVersionIsNewerThanTheOneBeforeEvenWhenTheClockStands) {
  for (int i = 0; i < 3; ++i) {
    lake_.Write(*session_, {.table = "silver.ratings", .select = "select 1 as id"});
  }
  const std::vector<Commit> history = lake_.History("silver.ratings");
  ASSERT_THAT(history, SizeIs(3));
  EXPECT_EQ(history[0].timestamp_ms, kStartMs + 2);
  EXPECT_EQ(history[0].info.GetInt("timestamp"), kStartMs + 2);
}

TEST_F(LakeTest, AStreamGoesOnFromWhereItIsAndNowhereElse) {
  const auto step = [&](int64_t after, int64_t version) {
    clock_.Advance(1000);
    return lake_.Write(*session_, {.table = "silver.ratings",
                                   .select = "select 1 as id",
                                   .mode = Mode::kAppend,
                                   .stream = StreamStep{"events", after, version}});
  };
  for (int i = 0; i < 12; ++i) step(10 * i, 10 * i + 10);  // a checkpoint is among them
  EXPECT_EQ(lake_.Read("silver.ratings").streams.at("events"), 120);
  EXPECT_THAT(
      [&] { step(110, 120); },
      ThrowsError(Code::kFailedPrecondition, HasSubstr("events is at 120 there, not at 110")));
  EXPECT_EQ(lake_.Read("silver.ratings").num_rows(), 12);
}

TEST_F(LakeTest, ADroppedHistoryLeavesNoByteOfOlderVersions) {
  Write("select 1 as id, 'zz-unique' as name");
  Write("select 2 as id, 'zz-unique' as name", Mode::kAppend);
  Write("select 3 as id, 'other' as name");
  const VacuumResult dropped = lake_.DropHistory("silver.ratings");
  EXPECT_THAT(dropped.files, SizeIs(2));
  EXPECT_EQ(Rows(), "3,other");
  EXPECT_THAT([&] { lake_.Read("silver.ratings", {.version = 1}); },
              ThrowsError(Code::kNotFound, HasSubstr("version 1")));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir_.path())) {
    if (!entry.is_regular_file()) continue;
    EXPECT_EQ(ReadFile(entry.path()).find("zz-unique"), std::string::npos) << entry.path();
  }
  EXPECT_THAT(lake_.DropHistory("silver.ratings").files, IsEmpty());
  Write("select 4 as id, 'next' as name", Mode::kAppend);
  EXPECT_EQ(Rows(), "3,other 4,next");
}

TEST_F(LakeTest, AnEmptyTableIsTyped) {
  const WriteResult written = Write("select 1::bigint as id, ['a'] as tags where false");
  EXPECT_EQ(written.rows, 0);
  EXPECT_THAT(lake_.Read("silver.ratings").files, IsEmpty());
  EXPECT_EQ(Rows(), "");
  EXPECT_EQ(RowsOf("select column_name, column_type from (describe silver.ratings)"),
            "id,BIGINT tags,VARCHAR[]");
}

TEST_F(LakeTest, ColumnsMayChange) {
  Write("select 1 as id, 'a' as title");
  Write("select 2 as id, 1.5::double as score", Mode::kAppend);
  EXPECT_EQ(Rows(), "1,a,null 2,null,1.5");
  Write("select 3 as other");
  EXPECT_EQ(Rows(), "3");
  EXPECT_EQ(Rows({.version = 0}), "1,a");
}

TEST_F(LakeTest, ThePlannerKnowsTheSizeOfWhatWasWrittenHere) {
  Write("select i as id from range(1234) r(i)");
  EXPECT_TRUE(lake_.Read("silver.ratings").files.at(0).has_schema_layout);
  Rows();
  EXPECT_THAT(RowsOf("explain select * from silver.ratings"), HasSubstr("1,234 rows"));
}

TEST_F(LakeTest, AFileOfAnOlderSchemaIsMapped) {
  Write("select 1::bigint as id");
  Write("select 2::bigint as id, 'b' as title", Mode::kAppend);
  const Snapshot snapshot = lake_.Read("silver.ratings");
  EXPECT_NE(snapshot.files.at(0).has_schema_layout, snapshot.files.at(1).has_schema_layout);
  EXPECT_EQ(Rows(), "1,null 2,b");
}

TEST_F(LakeTest, AStructMayGainAPart) {
  Write("select 1 as id, {'a': 1} as s");
  Write("select 2 as id, {'a': 2, 'b': 'x'} as s");
  lake_.Write(*session_,
              {.table = "silver.ratings", .select = "select 3 as id", .mode = Mode::kAppend});
  EXPECT_EQ(Rows(), R"(2,{"a":2,"b":"x"} 3,null)");
}

TEST_F(LakeTest, AnAppendOfAnotherTypeIsRefused) {
  Write("select 1::bigint as id");
  EXPECT_THAT([&] { Write("select 'x' as id", Mode::kAppend); },
              ThrowsError(Code::kFailedPrecondition,
                          HasSubstr("table silver.ratings: column id is \"long\" there, but "
                                    "\"string\" in the select")));
  EXPECT_THAT([&] { Write("select 1::bigint as ID", Mode::kAppend); },
              ThrowsError(Code::kFailedPrecondition, HasSubstr("column ID is written id there")));
  EXPECT_EQ(Rows(), "1");
}

TEST_F(LakeTest, TypesThatDeltaLacksAreRefusedAndNothingIsWritten) {
  EXPECT_THAT([&] { Write("select 1::hugeint as total"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("column total: type HUGEINT")));
  EXPECT_FALSE(lake_.Exists("silver.ratings"));
}

TEST_F(LakeTest, AFailedSelectLeavesNoFile) {
  EXPECT_THAT(
      [&] {
        Write(
            "select case when i = 99999 then error('broke') else i end as id "
            "from range(100000) r(i)");
      },
      ThrowsError(Code::kInvalidArgument, HasSubstr("broke")));
  EXPECT_THAT(ParquetFiles(), IsEmpty());
  EXPECT_FALSE(lake_.Exists("silver.ratings"));
}

TEST_F(LakeTest, CommentsAreKept) {
  lake_.Write(*session_, {.table = "silver.ratings",
                          .select = "select 1 as id, 2 as k",
                          .column_comments = {{"k", "what \"k\" is"}}});
  EXPECT_EQ(lake_.Read("silver.ratings").fields[1].comment, "what \"k\" is");
  EXPECT_THAT(
      [&] {
        lake_.Write(*session_, {.table = "silver.ratings",
                                .select = "select 1 as id",
                                .column_comments = {{"missing", "x"}}});
      },
      ThrowsError(Code::kInvalidArgument, HasSubstr("comment of column missing")));
}

TEST_F(LakeTest, BadTableNamesAreRefused) {
  for (const char* name : {"ratings", "a.b.c", "../x.y", "Silver.x", "silver.", ""}) {
    EXPECT_THAT([&] { lake_.Read(name); },
                ThrowsError(Code::kInvalidArgument, HasSubstr("is not <layer>.<name>")))
        << name;
  }
}

TEST_F(LakeTest, TablesAreListed) {
  for (const char* table : {"silver.b", "bronze.z", "silver.a"}) {
    lake_.Write(*session_, {.table = table, .select = "select 1 as id"});
  }
  std::filesystem::create_directories(dir_.path() / "silver/no_table");
  EXPECT_THAT(lake_.Tables(), ElementsAre("bronze.z", "silver.a", "silver.b"));
  EXPECT_TRUE(lake_.Exists("silver.a"));
  EXPECT_FALSE(lake_.Exists("silver.no_table"));
}

TEST_F(LakeTest, HistoryTellsWhatWasDone) {
  lake_.Write(*session_, {.table = "silver.ratings",
                          .select = "select 1 as id",
                          .run_id = "r1",
                          .inputs = {{"bronze.ratings", 4}},
                          .facts = Json::MakeObject({{"rejected", 7}})});
  Write("select 2 as id union all select 3", Mode::kAppend);
  const std::vector<Commit> history = lake_.History("silver.ratings");
  ASSERT_THAT(history, SizeIs(2));
  EXPECT_EQ(history[0].version, 1);
  EXPECT_EQ(history[0].operation, "WRITE");
  EXPECT_EQ(history[0].info.GetInt("readVersion"), 0);
  EXPECT_TRUE(history[0].info.GetBool("isBlindAppend"));
  EXPECT_EQ(history[0].info.At("operationMetrics").GetString("numOutputRows"), "2");
  EXPECT_EQ(history[1].info.At("engineInfo"), Json("marquee/0.1.0"));
  const Json& marquee = history[1].info.At("marquee");
  EXPECT_EQ(marquee.GetString("run_id"), "r1");
  EXPECT_EQ(marquee.At("inputs"), Json::Parse(R"([{"table":"bronze.ratings","version":4}])"));
  EXPECT_EQ(marquee.GetInt("rows"), 1);
  EXPECT_EQ(marquee.GetInt("rejected"), 7);
}

TEST_F(LakeTest, AFolderWithWildcardsInItsNameIsRead) {
  Lake lake(dir_.path() / "a[1]*?", clock_);
  lake.Write(*session_, {.table = "gold.x", .select = "select 7 as id"});
  lake.CreateView(*session_, "gold.x");
  EXPECT_EQ(RowsOf("select * from gold.x"), "7");
}

class PartitionTest : public LakeTest {
 protected:
  void Replace(const std::string& day, const std::string& select) {
    clock_.Advance(1000);
    lake_.Write(*session_, {.table = "silver.ratings",
                            .select = select,
                            .mode = Mode::kReplacePartition,
                            .partition_column = "day",
                            .partition_value = day});
  }
};

TEST_F(PartitionTest, OnlyThePartitionIsReplaced) {
  Replace("d1", "select 1 as id, 'd1' as day");
  Replace("d2", "select 2 as id, 'd2' as day");
  Replace("d1", "select i::integer as id, 'd1' as day from range(10, 12) r(i)");
  EXPECT_EQ(Rows(), "2,d2 10,d1 11,d1");
  Replace("d1", "select 1 as id, 'd1' as day where false");
  EXPECT_EQ(Rows(), "2,d2");
}

TEST_F(PartitionTest, RowsOfAnotherPartitionAreRefused) {
  Replace("d1", "select 1 as id, 'd1' as day");
  EXPECT_THAT(
      [&] { Replace("d1", "select 1 as id, 'd2' as day"); },
      ThrowsError(Code::kInvalidArgument,
                  HasSubstr("partition column day is to be 'd1' in all rows, but is 'd2'")));
  EXPECT_THAT(ParquetFiles(), SizeIs(1));
}

TEST_F(PartitionTest, AnotherPartitioningIsRefused) {
  Write("select 1 as id, 'd1' as day");
  EXPECT_THAT([&] { Replace("d1", "select 1 as id, 'd1' as day"); },
              ThrowsError(Code::kFailedPrecondition,
                          HasSubstr("it is partitioned by (), the write by (day)")));
}

TEST_F(PartitionTest, EmptyTextIsTheNullPartition) {
  lake_.Write(*session_, {.table = "silver.ratings",
                          .select = "select 1 as id, '' as day union all select 2, null",
                          .partition_column = "day"});
  EXPECT_EQ(Rows(), "1,null 2,null");
  Replace("", "select 3 as id, null::varchar as day");
  EXPECT_EQ(Rows(), "3,null");
}

TEST_F(PartitionTest, ManyPartitionsAreReadTogether) {
  lake_.Write(*session_, {.table = "silver.ratings",
                          .select = "select i as id, 'p' || (i % 300) as day from range(900) r(i)",
                          .partition_column = "day"});
  lake_.CreateView(*session_, "silver.ratings");
  EXPECT_EQ(RowsOf("select count(*), count(distinct day), sum(id)::bigint from silver.ratings"),
            "900,300,404550");
  EXPECT_EQ(RowsOf("select id from silver.ratings where day = 'p7' order by id"), "7 307 607");
}

TEST_F(LakeTest, RestoreMakesOldRowsTheNewest) {
  Write("select 1 as id");
  Write("select 2 as id, 'x' as title");
  EXPECT_EQ(lake_.Restore("silver.ratings", 0), 2);
  EXPECT_EQ(Rows(), "1");
  EXPECT_EQ(Rows({.version = 1}), "2,x");
  EXPECT_EQ(lake_.History("silver.ratings")[0].operation, "RESTORE");
}

TEST_F(LakeTest, RestoreOfAVacuumedVersionIsRefused) {
  Write("select 1 as id");
  Write("select 2 as id");
  clock_.Advance(1000);
  lake_.Vacuum("silver.ratings", 0, false);
  EXPECT_THAT([&] { lake_.Restore("silver.ratings", 0); },
              ThrowsError(Code::kFailedPrecondition, HasSubstr("which is gone")));
  EXPECT_THAT([&] { Rows({.version = 0}); },
              ThrowsError(Code::kFailedPrecondition, HasSubstr("version 0 needs")));
  EXPECT_EQ(Rows(), "2");
}

TEST_F(LakeTest, AMissingFileOfTheNewestVersionIsDataLoss) {
  Write("select 1 as id");
  std::filesystem::remove(dir_.path() / "silver/ratings" / ParquetFiles().at(0));
  EXPECT_THAT([&] { Rows(); }, ThrowsError(Code::kDataLoss, HasSubstr("which is gone")));
}

TEST_F(LakeTest, VacuumKeepsWhatTheRetentionNeeds) {
  Write("select 1 as id");  // at 1 s
  Write("select 2 as id");  // at 2 s
  Write("select 3 as id");  // at 3 s
  clock_.Advance(7000);     // 10 s
  EXPECT_THAT(lake_.Vacuum("silver.ratings", 8000, false).files, SizeIs(1))
      << "version 1 was the newest 8 s ago; version 0 was not";
  EXPECT_EQ(Rows({.version = 1}), "2");
  EXPECT_THAT(lake_.Vacuum("silver.ratings", 1000, true).files, SizeIs(1));
  EXPECT_EQ(Rows({.version = 1}), "2") << "a dry run deletes nothing";
  const VacuumResult result = lake_.Vacuum("silver.ratings", 1000, false);
  EXPECT_THAT(result.files, SizeIs(1));
  EXPECT_GT(result.size_bytes, 0);
  EXPECT_EQ(Rows(), "3");
}

TEST_F(LakeTest, VacuumTakesOldOrphansAndLeavesHiddenAndYoungFiles) {
  Write("select 1 as id");
  const auto put = [&](const char* name, int64_t modified_ms) {
    const std::filesystem::path path = dir_.path() / "silver/ratings" / name;
    std::filesystem::create_directories(path.parent_path());
    WriteFileAtomic(path, "x");
    storage::SetModifiedMs(path, modified_ms);
  };
  put("old-orphan.parquet", kStartMs - 10'000);
  put("day=d1/old-orphan.parquet", kStartMs - 10'000);
  put("_change_data/x.parquet", kStartMs - 10'000);
  put(".hidden", kStartMs - 10'000);
  put("_delta_log/.tmp-abandoned", kStartMs - 10'000);
  put("young-orphan.parquet", kStartMs + 900);
  EXPECT_THAT(lake_.Vacuum("silver.ratings", 5000, false).files,
              ElementsAre("day=d1/old-orphan.parquet", "old-orphan.parquet"));
  EXPECT_FALSE(std::filesystem::exists(dir_.path() / "silver/ratings/_delta_log/.tmp-abandoned"));
  EXPECT_TRUE(std::filesystem::exists(dir_.path() / "silver/ratings/young-orphan.parquet"));
  EXPECT_EQ(Rows(), "1");
}

TEST_F(LakeTest, DiffCountsRowsAndColumns) {
  Write("select * from (values (1, 'a'), (1, 'a'), (2, 'b')) t(id, gone)");
  Write("select * from (values (1, 0.5::double), (3, 1), (4, 2)) t(id, came)");
  const DiffResult diff = lake_.Diff(*session_, "silver.ratings", 0, 1);
  EXPECT_EQ(diff.rows_added, 2) << "3 and 4";
  EXPECT_EQ(diff.rows_removed, 2) << "one 1, and 2";
  EXPECT_THAT(diff.columns_added, ElementsAre("came"));
  EXPECT_THAT(diff.columns_removed, ElementsAre("gone"));
}

TEST_F(LakeTest, LineageGoesBackThroughAllInputs) {
  const auto write = [&](const char* table, std::vector<TableVersion> inputs, Mode mode) {
    clock_.Advance(1000);
    lake_.Write(
        *session_,
        {.table = table, .select = "select 1 as id", .mode = mode, .inputs = std::move(inputs)});
  };
  write("bronze.a", {}, Mode::kOverwrite);
  write("silver.a", {{"bronze.a", 0}}, Mode::kOverwrite);
  write("bronze.a", {}, Mode::kOverwrite);
  write("silver.a", {{"bronze.a", 1}}, Mode::kAppend);
  write("gold.a", {{"silver.a", 1}, {"gone.table", 3}}, Mode::kOverwrite);
  EXPECT_EQ(lake_.Lineage("gold.a"), Json::Parse(R"({
      "table": "gold.a", "version": 0, "timestamp": "2023-11-14T22:13:25.000Z", "inputs": [
        {"table": "silver.a", "version": 1, "timestamp": "2023-11-14T22:13:24.000Z", "inputs": [
          {"table": "bronze.a", "version": 1, "timestamp": "2023-11-14T22:13:23.000Z", "inputs": []},
          {"table": "bronze.a", "version": 0, "timestamp": "2023-11-14T22:13:21.000Z", "inputs": []}]},
        {"table": "gone.table", "version": 3, "timestamp": null, "inputs": []}]})"));
}

TEST_F(LakeTest, EveryTenthVersionHasACheckpoint) {
  for (int i = 0; i <= 20; ++i) Write(StrCat("select ", i, " as id"), Mode::kAppend);
  const std::filesystem::path log = dir_.path() / "silver/ratings/_delta_log";
  EXPECT_TRUE(std::filesystem::exists(log / "00000000000000000010.checkpoint.parquet"));
  EXPECT_TRUE(std::filesystem::exists(log / "00000000000000000020.checkpoint.parquet"));
  EXPECT_EQ(Json::Parse(ReadFile(log / "_last_checkpoint")).GetInt("version"), 20);
  EXPECT_EQ(lake_.Read("silver.ratings", {.version = 15}).files.size(), 16U);
}

TEST_F(LakeTest, TablesOfAnAppendOnlyKindKeepTheirRows) {
  Write("select 1 as id");
  const std::filesystem::path log =
      dir_.path() / "silver/ratings/_delta_log/00000000000000000000.json";
  WriteFileAtomic(log, ReplaceAll(ReadFile(log), R"("configuration":{})",
                                  R"("configuration":{"delta.appendOnly":"true"})"));
  Write("select 2 as id", Mode::kAppend);
  EXPECT_THAT([&] { Write("select 3 as id"); },
              ThrowsError(Code::kFailedPrecondition, HasSubstr("append-only")));
}

TEST_F(LakeTest, WritingATableThatNeedsMoreIsRefusedByName) {
  Write("select 1 as id");
  const std::filesystem::path log =
      dir_.path() / "silver/ratings/_delta_log/00000000000000000000.json";
  WriteFileAtomic(log, ReplaceAll(ReadFile(log), R"("minWriterVersion":2)",
                                  R"("minWriterVersion":7,"writerFeatures":["rowTracking"])"));
  EXPECT_THAT([&] { Write("select 2 as id", Mode::kAppend); },
              ThrowsError(Code::kFailedPrecondition, HasSubstr("feature rowTracking")));
  EXPECT_EQ(Rows(), "1") << "a feature of writers does not keep us from reading";
}

// Runs `intrude` before the first commit that a Lake publishes through it.
class IntrudedStore : public storage::LocalStore {
 public:
  IntrudedStore(const std::filesystem::path& root, std::function<void()> intrude)
      : LocalStore(root), intrude_(std::move(intrude)) {}
  bool PutIfAbsent(std::string_view key, std::string_view bytes, int64_t modified_ms) override {
    if (intrude_) std::exchange(intrude_, nullptr)();
    return LocalStore::PutIfAbsent(key, bytes, modified_ms);
  }

 private:
  std::function<void()> intrude_;
};

class ConflictTest : public PartitionTest {
 protected:
  // Writes while another writer is faster.
  int64_t WriteAfter(std::function<void()> intrude, const WriteRequest& request) {
    Lake slow(dir_.path(), clock_,
              std::make_shared<IntrudedStore>(dir_.path(), std::move(intrude)));
    return slow.Write(*session_, request).version;
  }
  WriteRequest ReplaceD1() {
    return {.table = "silver.ratings",
            .select = "select 9 as id, 'd1' as day",
            .mode = Mode::kReplacePartition,
            .partition_column = "day",
            .partition_value = "d1"};
  }
};

TEST_F(ConflictTest, AnAppendTriesAgainOnTop) {
  Write("select 1 as id");
  EXPECT_EQ(
      WriteAfter([&] { Write("select 2 as id, 'x' as title", Mode::kAppend); },
                 {.table = "silver.ratings", .select = "select 3 as id", .mode = Mode::kAppend}),
      2);
  EXPECT_EQ(Rows(), "1,null 2,x 3,null");
  EXPECT_EQ(lake_.History("silver.ratings")[0].info.GetInt("readVersion"), 1);
}

TEST_F(ConflictTest, AnAppendThatNoLongerFitsIsRefused) {
  Write("select 1 as id");
  EXPECT_THAT(
      [&] {
        WriteAfter([&] { Write("select 'now text' as id"); },
                   {.table = "silver.ratings", .select = "select 3 as id", .mode = Mode::kAppend});
      },
      ThrowsError(Code::kFailedPrecondition, HasSubstr("column id is")));
}

TEST_F(ConflictTest, AnOverwriteFailsAndNamesTheWinner) {
  Write("select 1 as id");
  EXPECT_THAT(
      [&] {
        WriteAfter([&] { Write("select 2 as id", Mode::kAppend); },
                   {.table = "silver.ratings", .select = "select 3 as id"});
      },
      ThrowsError(Code::kFailedPrecondition,
                  HasSubstr("table silver.ratings: another writer published version 1 first")));
  EXPECT_EQ(Rows(), "1 2");
}

TEST_F(ConflictTest, TwoFirstVersionsAreOneTable) {
  EXPECT_EQ(
      WriteAfter([&] { Write("select 1 as id"); },
                 {.table = "silver.ratings", .select = "select 2 as id", .mode = Mode::kAppend}),
      1);
  EXPECT_EQ(Rows(), "1 2");
}

TEST_F(ConflictTest, AReplacementPassesAWriterOfOtherPartitions) {
  Replace("d1", "select 1 as id, 'd1' as day");
  EXPECT_EQ(WriteAfter([&] { Replace("d2", "select 2 as id, 'd2' as day"); }, ReplaceD1()), 2);
  EXPECT_EQ(Rows(), "2,d2 9,d1");
}

TEST_F(ConflictTest, AReplacementFailsWhenItsPartitionChanged) {
  Replace("d1", "select 1 as id, 'd1' as day");
  EXPECT_THAT(
      [&] { WriteAfter([&] { Replace("d1", "select 2 as id, 'd1' as day"); }, ReplaceD1()); },
      ThrowsError(Code::kFailedPrecondition, HasSubstr("published version 1 first")));
  EXPECT_EQ(Rows(), "2,d1");
}

TEST_F(ConflictTest, ARestoreFailsAndNamesTheWinner) {
  Write("select 1 as id");
  Write("select 2 as id");
  Lake slow(dir_.path(), clock_,
            std::make_shared<IntrudedStore>(dir_.path(), [&] { Write("select 3 as id"); }));
  EXPECT_THAT([&] { slow.Restore("silver.ratings", 0); },
              ThrowsError(Code::kFailedPrecondition, HasSubstr("published version 2 first")));
  EXPECT_EQ(Rows(), "3");
}

TEST_F(LakeTest, ManyAppendersLoseNothing) {
  Write("select -1::bigint as id");
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 4; ++writer) {
    writers.emplace_back([&, writer] {
      Lake lake(dir_.path(), clock_);
      const auto session = engine_.NewSession();
      for (int i = 0; i < 5; ++i) {
        lake.Write(*session, {.table = "silver.ratings",
                              .select = StrCat("select ", writer * 5 + i, "::bigint as id"),
                              .mode = Mode::kAppend});
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(lake_.Read("silver.ratings").version, 20);
  lake_.CreateView(*session_, "silver.ratings");
  EXPECT_EQ(RowsOf("select count(distinct id), sum(id)::bigint from silver.ratings"), "21,189");
}

}  // namespace
}  // namespace marquee::lake
