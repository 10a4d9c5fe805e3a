#include "events/event_index.h"

#include <gmock/gmock.h>

#include <map>

#include "base/error_matchers.h"
#include "base/files.h"
#include "base/random.h"
#include "base/text.h"
#include "database/sqlite.h"
#include "events/test_events.h"

namespace marquee {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int64_t kBegin = std::numeric_limits<int64_t>::min();
constexpr const char* kTables[] = {
    "create table runs (id integer primary key, kind integer, level integer, first_offset integer, "
    "last_offset integer);"
    "create table run_pages (id integer primary key, run integer, first_key integer, entries blob);"
    "create index run_pages_by_key on run_pages (run, first_key);"};

class EventIndexTest : public ::testing::Test {
 protected:
  EventIndexTest() { connection_.Run("pragma synchronous = off"); }

  // The next `count` offsets, each with one of `keys` keys.
  void AddRun(int64_t count, uint64_t keys) {
    std::vector<IndexEntry> run;
    for (int64_t i = 0; i < count; ++i)
      run.push_back({static_cast<int64_t>(rng_.Below(keys)) - 1, next_++});
    all_.insert(all_.end(), run.begin(), run.end());
    writer_.Add(IndexKind::kUser, run);
  }
  void MergeAll(int64_t first_live = 0) {
    while (writer_.MergeSome(IndexKind::kUser, first_live)) {
    }
  }
  std::vector<int64_t> Newest(int64_t key, int64_t before = kEnd, size_t limit = 1'000'000) {
    std::vector<int64_t> offsets;
    reader_.NewestFirst(IndexKind::kUser, key, before, [&](int64_t offset) {
      offsets.push_back(offset);
      return offsets.size() < limit;
    });
    return offsets;
  }
  std::vector<int64_t> Expected(int64_t key, int64_t before = kEnd) const {
    std::vector<int64_t> offsets;
    for (const IndexEntry& entry : all_) {
      if (entry.key == key && entry.offset < before) offsets.insert(offsets.begin(), entry.offset);
    }
    return offsets;
  }

  TempDir folder_;
  sqlite::Connection connection_ = sqlite::Open(folder_.path() / "a.db", {1, kTables});
  IndexWriter writer_{connection_};
  IndexReader reader_{connection_};
  Rng rng_{1};
  int64_t next_ = 1;
  std::vector<IndexEntry> all_;
};

TEST_F(EventIndexTest, FindsTheOffsetsOfAKeyNewestFirstInManyRuns) {
  for (int i = 0; i < 70; ++i) {
    AddRun(300, 7);
    MergeAll();
  }
  EXPECT_EQ(connection_.Int("select count(*) from runs"), 7);  // 70 is 106 to the base of 8
  for (int64_t key = -1; key < 6; ++key) EXPECT_EQ(Newest(key), Expected(key)) << key;
  EXPECT_EQ(Newest(3, 9000), Expected(3, 9000));
  EXPECT_THAT(Newest(3, kEnd, 2), ElementsAre(Expected(3)[0], Expected(3)[1]));
  EXPECT_THAT(Newest(99), IsEmpty());
}

TEST_F(EventIndexTest, AKeyMayFillManyPages) {
  AddRun(2000, 1);
  EXPECT_EQ(Newest(-1), Expected(-1));
  EXPECT_EQ(reader_.From(IndexKind::kUser, {-1, 777}, 0, 5000).size(), 2000 - 777);
}

TEST_F(EventIndexTest, GivesASpanOfKeysInOrderPieceByPiece) {
  for (int i = 0; i < 9; ++i) AddRun(300, 50);
  MergeAll();
  std::vector<IndexEntry> expected = all_;
  std::erase_if(expected, [](const IndexEntry& e) { return e.key < 10 || e.key >= 30; });
  std::ranges::sort(expected);
  std::vector<IndexEntry> found;
  IndexEntry last{9, kEnd};
  while (true) {
    const auto piece = reader_.From(IndexKind::kUser, last, 30, 64);
    if (piece.empty()) break;
    found.insert(found.end(), piece.begin(), piece.end());
    last = piece.back();
  }
  EXPECT_EQ(found, expected);
}

TEST_F(EventIndexTest, RemovesEntriesOfAKey) {
  for (int i = 0; i < 3; ++i) AddRun(600, 3);
  std::vector<int64_t> gone = Expected(0);
  std::ranges::sort(gone);
  const int64_t kept = gone.back();
  gone.pop_back();
  writer_.Remove(IndexKind::kUser, 0, gone);
  EXPECT_THAT(Newest(0), ElementsAre(kept));
  EXPECT_EQ(Newest(1), Expected(1));
}

TEST_F(EventIndexTest, RemovesAllUpToAnEntryAndEmptyRuns) {
  for (int i = 0; i < 3; ++i) AddRun(600, 50);
  writer_.RemoveUpTo(IndexKind::kUser, {20, 900});
  std::erase_if(all_, [](const IndexEntry& entry) { return entry <= IndexEntry{20, 900}; });
  std::ranges::sort(all_);
  EXPECT_EQ(reader_.From(IndexKind::kUser, {kBegin, 0}, kEnd, 10'000), all_);
  writer_.RemoveUpTo(IndexKind::kUser, {kEnd, kEnd});
  EXPECT_EQ(connection_.Int("select count(*) from runs"), 0);
  EXPECT_EQ(connection_.Int("select count(*) from run_pages"), 0);
}

TEST_F(EventIndexTest, AMergeDropsWhatIsNoLongerThere) {
  for (int i = 0; i < 7; ++i) AddRun(300, 5);
  writer_.Add(IndexKind::kUser, std::vector<IndexEntry>(300, IndexEntry{1, next_}));
  MergeAll(2000);
  EXPECT_EQ(connection_.Int("select count(*) from runs"), 1);
  EXPECT_EQ(Newest(2), [&] {
    std::vector<int64_t> offsets = Expected(2);
    std::erase_if(offsets, [](int64_t offset) { return offset < 2000; });
    return offsets;
  }());
  writer_.RemoveRunsBelow(next_ + 1);
  EXPECT_EQ(connection_.Int("select count(*) from run_pages"), 0);
}

// Keys of all sizes: of most a few entries, of one more than a piece takes of a run.
TEST_F(EventIndexTest, FindsAllInTheMidstOfAMerge) {
  const auto check = [&] {
    for (const int64_t key : {-1, 0, 7, 300, 2999}) ASSERT_EQ(Newest(key), Expected(key)) << key;
    std::vector<IndexEntry> expected = all_;
    std::erase_if(expected, [](const IndexEntry& e) { return e.key < 100 || e.key >= 130; });
    std::ranges::sort(expected);
    ASSERT_EQ(reader_.From(IndexKind::kUser, {99, kEnd}, 130, 1'000'000), expected);
  };
  for (int i = 0; i < 9; ++i) {
    AddRun(30'000, 3000);
    if (i == 4) AddRun(6000, 1);
  }
  int pieces = 0;
  for (; writer_.MergeSome(IndexKind::kUser, 0); ++pieces) {
    if (pieces % 3 == 0) AddRun(500, 3000);
    if (pieces == 4) {  // somebody is erased meanwhile
      std::vector<int64_t> gone = Expected(7);
      std::ranges::sort(gone);
      writer_.Remove(IndexKind::kUser, 7, gone);
      std::erase_if(all_, [](const IndexEntry& entry) { return entry.key == 7; });
    }
    check();
  }
  EXPECT_GT(pieces, 6);
  EXPECT_LT(connection_.Int("select count(*) from runs"), 16);
}

// As times are: a piece is as large as where the runs share their keys.
TEST_F(EventIndexTest, MergesRunsOfOneSpanAfterTheOtherInAsFewPieces) {
  for (int run = 0; run < 8; ++run) {
    std::vector<IndexEntry> entries;
    for (int64_t i = 0; i < 9000; ++i, ++next_) entries.push_back({next_, next_});
    writer_.Add(IndexKind::kTime, std::move(entries));
  }
  int pieces = 0;
  while (writer_.MergeSome(IndexKind::kTime, 0)) ++pieces;
  EXPECT_LE(pieces, 72'000 / 32'000 + 2);  // and the end
  EXPECT_EQ(reader_.From(IndexKind::kTime, {kBegin, 0}, kEnd, 100'000).size(), 72'000);
}

TEST_F(EventIndexTest, AMergeGoesOnInAnotherWriter) {
  for (int i = 0; i < 8; ++i) AddRun(9000, 3000);
  ASSERT_TRUE(writer_.MergeSome(IndexKind::kUser, 0));
  ASSERT_EQ(connection_.Int("select count(*) from runs"), 9);
  IndexWriter other(connection_);
  while (other.MergeSome(IndexKind::kUser, 0)) {
  }
  EXPECT_EQ(connection_.Int("select count(*) from runs"), 1);
  EXPECT_EQ(Newest(5), Expected(5));
}

TEST_F(EventIndexTest, ABrokenPageIsNamed) {
  AddRun(10, 1);
  connection_.Run("update run_pages set entries = x'0102'");
  EXPECT_THAT([&] { Newest(-1); }, ThrowsError(Code::kDataLoss, HasSubstr("has 2 bytes")));
}

}  // namespace
}  // namespace marquee
