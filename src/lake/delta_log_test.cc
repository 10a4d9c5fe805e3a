#include "lake/delta_log.h"

#include <gtest/gtest.h>

#include <memory>

#include "base/error_matchers.h"
#include "base/text.h"
#include "lake/delta_path.h"
#include "storage/memory_store.h"

namespace marquee::lake {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kProtocol[] = R"({"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}})";
constexpr char kMetadata[] =
    R"({"metaData": {"id": "8f0c", "format": {"provider": "parquet", "options": {}}, "schemaString": "{\"type\": \"struct\", \"fields\": [{\"name\": \"user_id\", \"type\": \"long\", \"nullable\": true, \"metadata\": {}}]}", "partitionColumns": ["genre"], "configuration": {}, "createdTime": 1795142345196}})";
constexpr char kCommitInfo[] =
    R"({"commitInfo": {"timestamp": 1795142345196, "operation": "CREATE TABLE", "operationParameters": {}, "engineInfo": "by-hand", "isBlindAppend": false}})";
constexpr char kAdd[] =
    R"({"add": {"path": "genre=Film%2520Noir/part-00003.parquet", "partitionValues": {"genre": "Film Noir"}, "size": 2099, "modificationTime": 1795142525196, "dataChange": true, "stats": "{\"numRecords\": 23, \"minValues\": {\"user_id\": 300}, \"maxValues\": {\"user_id\": 322}, \"nullCount\": {\"user_id\": 0}}"}})";
constexpr char kAddNull[] =
    R"({"add": {"path": "genre=__HIVE_DEFAULT_PARTITION__/part-00002.parquet", "partitionValues": {"genre": null}, "size": 7, "modificationTime": 1795142525196, "dataChange": true}})";
constexpr char kRemove[] =
    R"({"remove": {"path": "genre=Film%2520Noir/part-00003.parquet", "deletionTimestamp": 1795142645196, "dataChange": true, "extendedFileMetadata": true, "partitionValues": {"genre": "Film Noir"}, "size": 2085}})";

// The lines of PROTOCOL.md, written as read.
class GoldenAction : public ::testing::TestWithParam<const char*> {};

TEST_P(GoldenAction, IsWrittenAsItIsRead) {
  const Json line = Json::Parse(GetParam());
  const auto action = ParseAction(line);
  ASSERT_TRUE(action);
  EXPECT_EQ(ToJson(*action).Dump(), line.Dump());
}

INSTANTIATE_TEST_SUITE_P(Lines, GoldenAction,
                         ::testing::Values(kProtocol, kMetadata, kCommitInfo, kAdd, kAddNull,
                                           kRemove));

class DeltaLogTest : public ::testing::Test {
 protected:
  void Commit(int64_t version, const std::vector<std::string>& lines) {
    store_->PutIfAbsent("silver/t/_delta_log/" + CommitName(version), Join(lines, "\n") + "\n",
                        1'000'000 + version * 1000);
  }
  void CreateTable(const std::string& protocol = kProtocol) {
    Commit(0, {kCommitInfo, protocol, kMetadata});
  }
  DeltaLog Open() { return DeltaLog(store_, checkpointer_, "silver.t", "silver/t"); }
  TableState Latest() {
    const DeltaLog log = Open();
    return log.Load(log.latest());
  }
  std::vector<std::string> LivePaths(int64_t version) {
    std::vector<std::string> paths;
    for (const auto& [path, add] : Open().Load(version).files) paths.push_back(path);
    return paths;
  }
  static std::string Add(const std::string& path) {
    return StrCat(R"({"add": {"path": ")", path,
                  R"(", "partitionValues": {"genre": "x"}, "size": 1, "modificationTime": 5, )",
                  R"("dataChange": true}})");
  }
  static std::string Remove(const std::string& path) {
    return StrCat(R"({"remove": {"path": ")", path, R"(", "dataChange": true}})");
  }
  void ExpectBroken(const std::string& what) {
    EXPECT_THAT([&] { Latest(); }, ThrowsError(Code::kDataLoss, HasSubstr(what)));
  }

  ManualClock clock_{5'000'000};
  std::shared_ptr<storage::MemoryStore> store_ = std::make_shared<storage::MemoryStore>(clock_);
  Checkpointer checkpointer_{store_};
};

TEST_F(DeltaLogTest, LiveFilesAreThoseAddedAndNotRemoved) {
  CreateTable();
  Commit(1, {Add("a"), Add("b")});
  Commit(2, {Remove("a"), Add("c")});
  Commit(3, {Add("a")});
  EXPECT_THAT(LivePaths(0), IsEmpty());
  EXPECT_THAT(LivePaths(1), ElementsAre("a", "b"));
  EXPECT_THAT(LivePaths(2), ElementsAre("b", "c"));
  EXPECT_THAT(LivePaths(3), ElementsAre("a", "b", "c"));
}

TEST_F(DeltaLogTest, ActionsOfOtherKindsArePassedOver) {
  CreateTable();
  Commit(1, {R"({"cdc": {"path": "_change_data/x"}})", R"({"domainMetadata": {"domain": "d"}})",
             R"({"txn": {"appId": "stream", "version": 7}})", "", Add("a")});
  const TableState state = Latest();
  EXPECT_EQ(state.files.size(), 1U);
  EXPECT_EQ(state.transactions.at("stream").version, 7);
}

TEST_F(DeltaLogTest, ResolvesVersionsAndTimes) {
  CreateTable();
  Commit(1, {Add("a")});
  Commit(2, {Add("b")});
  const DeltaLog log = Open();
  EXPECT_EQ(log.Resolve({}), 2);
  EXPECT_EQ(log.Resolve({.version = 1}), 1);
  EXPECT_EQ(log.Resolve({.timestamp_ms = 1'001'999}), 1);
  EXPECT_EQ(log.Resolve({.timestamp_ms = 1'002'000}), 2);
  EXPECT_THAT([&] { log.Resolve({.version = 3}); },
              ThrowsError(Code::kNotFound, HasSubstr("no version 3")));
  EXPECT_THAT([&] { log.Resolve({.timestamp_ms = 999'999}); },
              ThrowsError(Code::kNotFound, HasSubstr("no version at 1970-01-01T00:16:39.999Z")));
}

TEST_F(DeltaLogTest, AMissingTableIsNotFound) {
  EXPECT_THAT([&] { Open(); }, ThrowsError(Code::kNotFound, HasSubstr("no table silver.t")));
  store_->Put("silver/t/_delta_log/_last_checkpoint", "{}");
  EXPECT_THAT([&] { Open(); }, ThrowsError(Code::kNotFound, HasSubstr("no table silver.t")));
}

TEST_F(DeltaLogTest, BrokenLinesAreDataLossAndNameFileAndLine) {
  CreateTable();
  for (
      const char* line :
      {"{\"add\": {\"path\": \"a\"", "[]", "7", "null", R"({"add": {"path": "a"}})",
       R"({"add": {"path": 7, "partitionValues": {}, "size": 1, "modificationTime": 1, "dataChange": true}})",
       R"({"add": {"path": "a", "partitionValues": [], "size": 1, "modificationTime": 1, "dataChange": true}})",
       R"({"add": {"path": "a", "partitionValues": {"g": 7}, "size": 1, "modificationTime": 1, "dataChange": true}})",
       R"({"add": {"path": "a", "partitionValues": {}, "size": -1, "modificationTime": 1, "dataChange": true}})",
       R"({"add": {"path": "a", "partitionValues": {}, "size": 1, "modificationTime": 1, "dataChange": true, "stats": {}}})",
       R"({"remove": {"dataChange": true}})", R"({"protocol": {"minReaderVersion": "1"}})",
       R"({"metaData": {"id": "x"}})", R"({"commitInfo": 7})", R"({"txn": {}})"}) {
    SCOPED_TRACE(line);
    store_->Put("silver/t/_delta_log/" + CommitName(1), StrCat(Add("fine"), "\n", line, "\n"));
    ExpectBroken("table silver.t: _delta_log/00000000000000000001.json line 2: ");
  }
}

TEST_F(DeltaLogTest, AnEmptyCommitIsDataLoss) {
  CreateTable();
  store_->Put("silver/t/_delta_log/" + CommitName(1), "\n");
  ExpectBroken("00000000000000000001.json is empty");
}

TEST_F(DeltaLogTest, AMissingCommitIsDataLoss) {
  CreateTable();
  Commit(1, {Add("a")});
  Commit(3, {Add("c")});
  ExpectBroken("_delta_log/00000000000000000002.json is missing");
  EXPECT_THAT(LivePaths(1), ElementsAre("a"));
}

TEST_F(DeltaLogTest, AVersion0WithoutMetadataIsDataLoss) {
  Commit(0, {kProtocol});
  ExpectBroken("has no metaData up to version 0");
}

TEST_F(DeltaLogTest, FeaturesWeLackAreRefusedByName) {
  const auto expect_refused = [&](const std::string& protocol, const std::string& what) {
    store_->Put("silver/t/_delta_log/" + CommitName(0), StrCat(protocol, "\n", kMetadata));
    EXPECT_THAT([&] { Latest(); }, ThrowsError(Code::kFailedPrecondition, HasSubstr(what)));
  };
  const auto with_features = [](const std::string& features) {
    return StrCat(R"({"protocol": {"minReaderVersion": 3, "minWriterVersion": 7, )",
                  R"("readerFeatures": [)", features, R"(], "writerFeatures": []}})");
  };
  expect_refused(with_features(R"("timestampNtz", "deletionVectors")"), "feature deletionVectors");
  expect_refused(with_features(R"("v2Checkpoint")"), "feature v2Checkpoint");
  expect_refused(with_features(R"("someday")"), "feature someday");
  expect_refused(R"({"protocol": {"minReaderVersion": 4, "minWriterVersion": 7}})",
                 "minReaderVersion 4");
  store_->Put("silver/t/_delta_log/" + CommitName(0),
              StrCat(R"({"protocol": {"minReaderVersion": 2, "minWriterVersion": 5}})", "\n",
                     ReplaceAll(kMetadata, R"("configuration": {})",
                                R"("configuration": {"delta.columnMapping.mode": "name"})")));
  EXPECT_THAT([&] { Latest(); },
              ThrowsError(Code::kFailedPrecondition, HasSubstr("feature columnMapping")));
}

TEST_F(DeltaLogTest, AFileWithDeletedRowsIsRefused) {
  CreateTable();
  Commit(1, {R"({"add": {"path": "a", "partitionValues": {}, "size": 1, "modificationTime": 1, )"
             R"("dataChange": true, "deletionVector": {"storageType": "u"}}})"});
  EXPECT_THAT([&] { Latest(); },
              ThrowsError(Code::kFailedPrecondition, HasSubstr("feature deletionVectors")));
}

TEST_F(DeltaLogTest, TimesWithoutZoneAreRead) {
  CreateTable(R"({"protocol": {"minReaderVersion": 3, "minWriterVersion": 7, )"
              R"("readerFeatures": ["timestampNtz"], "writerFeatures": ["timestampNtz"]}})");
  EXPECT_EQ(Latest().version, 0);
}

// A checkpoint of version 2 with commits up to it gone.
class CheckpointTest : public DeltaLogTest {
 protected:
  void SetUp() override {
    CreateTable();
    Commit(1, {kAdd, kAddNull, Add("a"), R"({"txn": {"appId": "stream", "version": 7}})"});
    Commit(2, {kRemove, Remove("a")});
    state_ = Open().Load(2);
    checkpointer_.Write("silver/t/_delta_log", state_, 1'795'142'645'196);
  }
  void DropCommits(int64_t last) {
    for (int64_t version = 0; version <= last; ++version) {
      store_->Delete("silver/t/_delta_log/" + CommitName(version));
    }
  }

  TableState state_;
};

TEST_F(CheckpointTest, HoldsTheState) {
  DropCommits(2);
  Commit(3, {Add("b")});
  const TableState read = Open().Load(2);
  EXPECT_EQ(read.metadata, state_.metadata);
  ASSERT_EQ(read.files.size(), 1U);
  const AddFile& add = read.files.begin()->second;
  EXPECT_EQ(add.partition_values, (PartitionValues{{"genre", std::nullopt}}));
  EXPECT_EQ(add.size_bytes, 7);
  EXPECT_EQ(read.transactions.at("stream").version, 7);
  EXPECT_EQ(LivePaths(3).size(), 2U);
  EXPECT_EQ(Open().oldest(), 2);
  EXPECT_THAT([&] { Open().Resolve({.version = 1}); },
              ThrowsError(Code::kNotFound, HasSubstr("no version 1")));
}

TEST_F(CheckpointTest, LeavesOutExpiredTombstones) {
  DropCommits(2);
  const TableState read = Open().Load(2);
  ASSERT_EQ(read.tombstones.size(), 1U);
  EXPECT_EQ(read.tombstones.begin()->second.deleted_ms, 1'795'142'645'196);
}

TEST_F(CheckpointTest, LastCheckpointCountsItsActions) {
  const Json last = Json::Parse(store_->Get("silver/t/_delta_log/_last_checkpoint"));
  EXPECT_EQ(last.GetInt("version"), 2);
  EXPECT_EQ(last.GetInt("size"), 5);  // protocol, metaData, txn, remove, add
  EXPECT_EQ(last.GetInt("numOfAddFiles"), 1);
}

TEST_F(CheckpointTest, LastCheckpointIsOnlyAHint) {
  store_->Put("silver/t/_delta_log/_last_checkpoint", "{broken");
  EXPECT_EQ(Latest().version, 2);
}

TEST_F(CheckpointTest, ABrokenOneIsPassedOverWhileTheCommitsAreThere) {
  store_->Put("silver/t/_delta_log/" + CheckpointName(2), "PAR1 not really");
  EXPECT_EQ(LivePaths(2).size(), 1U);
}

TEST_F(CheckpointTest, ABrokenOneIsDataLossWithoutTheCommits) {
  store_->Put("silver/t/_delta_log/" + CheckpointName(2), "PAR1 not really");
  DropCommits(2);
  ExpectBroken("00000000000000000002.checkpoint.parquet");
}

TEST_F(CheckpointTest, OneInPartsIsReadWholeOrNotAtAll) {
  const std::string bytes = store_->Get("silver/t/_delta_log/" + CheckpointName(2));
  store_->Delete("silver/t/_delta_log/" + CheckpointName(2));
  const std::string part = "silver/t/_delta_log/00000000000000000002.checkpoint.000000000";
  store_->Put(part + "1.0000000002.parquet", bytes);
  EXPECT_EQ(Open().oldest(), 0);
  DropCommits(1);
  ExpectBroken("00000000000000000000.json is missing");
  store_->Put(part + "2.0000000002.parquet", bytes);
  EXPECT_EQ(LivePaths(2).size(), 1U);
}

TEST_F(CheckpointTest, OneOfAKindWeLackIsRefusedByName) {
  DropCommits(1);
  store_->Delete("silver/t/_delta_log/" + CheckpointName(2));
  store_->Put(
      "silver/t/_delta_log/00000000000000000002.checkpoint.8f0c2b1e-0000-4000-8000-000000000000."
      "parquet",
      "");
  EXPECT_THAT([&] { Latest(); },
              ThrowsError(Code::kFailedPrecondition, HasSubstr("feature v2Checkpoint")));
}

}  // namespace
}  // namespace marquee::lake
