#include "pipelines/compaction.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "base/error_matchers.h"
#include "base/files.h"
#include "base/random.h"
#include "base/text.h"
#include "events/sqlite_event_log.h"
#include "pipelines/test_home.h"
#include "storage/faulty_store.h"
#include "storage/local_store.h"

namespace marquee {
namespace {

using ::testing::HasSubstr;
using Fault = storage::FaultyStore::Fault;

constexpr char kAll[] =
    "select coalesce(string_agg(item_id, ' ' order by log_offset), '') from bronze.events";

class CompactionTest : public HomeTest {
 protected:
  void Rate(const std::string& user, const std::string& item, double value, int64_t time_ms) {
    log_->Append({{Event{.user_id = user,
                         .item_id = item,
                         .kind = EventKind::kRating,
                         .value = value,
                         .time_ms = time_ms}}});
  }
  void AddSome(int from, int to) {
    for (int i = from; i < to; ++i) Rate("u", StrCat(i), 4, kNow + i);
  }
  std::string Text(lake::Lake& lake, const std::string& query) {
    for (const std::string& table : lake.Tables()) lake.CreateView(*session_, table);
    return session_->QueryText(query);
  }
  std::string ItemsOf(const std::filesystem::path& root) {
    lake::Lake lake(root, clock_);
    return Text(lake, kAll);
  }

  std::unique_ptr<EventLog> log_ = OpenSqliteEventLog({.path = home_.path() / "events.db"});
};

TEST_F(CompactionTest, BringsEachEventOnceAndEveryField) {
  log_->Append({{Event{.user_id = "u",
                       .kind = EventKind::kSearch,
                       .time_ms = 7,
                       .session_id = "s",
                       .context = R"({"q":"up"})"}}});
  Rate("u", "1", 0.1, kNow);
  const CompactResult first = CompactEvents(Run(), *log_, lake_);
  EXPECT_EQ(first.events, 2);
  EXPECT_EQ(Text(lake_,
                 "select concat_ws('|', log_offset, user_id, item_id, kind, value, time_ms, "
                 "session_id, context) from bronze.events where log_offset = 1"),
            R"(1|u||search|7|s|{"q":"up"})");
  EXPECT_EQ(Text(lake_,
                 "select concat_ws('|', kind, value, time_ms, loaded_at) from bronze.events "
                 "where log_offset = 2"),
            "rating|0.1|1704448800000|2024-01-05 10:00:00+00");
  EXPECT_TRUE(CompactEvents(Run(), *log_, lake_).was_up_to_date());
  Rate("u", "2", 4, kNow);
  const CompactResult second = CompactEvents(Run(), *log_, lake_);
  EXPECT_EQ(second.events, 1);
  EXPECT_EQ(second.from, first.to);
  EXPECT_EQ(Text(lake_, kAll), " 1 2");
}

TEST_F(CompactionTest, AnotherLogIsAnotherStream) {
  AddSome(0, 3);
  CompactEvents(Run(), *log_, lake_);
  const auto other = OpenSqliteEventLog({.path = home_.path() / "other.db"});
  other->Append({{Event{.user_id = "v", .item_id = "x", .time_ms = kNow}}});
  EXPECT_EQ(CompactEvents(Run(), *other, lake_).events, 1);
  EXPECT_EQ(Text(lake_, "select cast(count(*) as bigint) from bronze.events"), "4");
}

TEST_F(CompactionTest, AnOlderCopyOfTheLogIsRefused) {
  AddSome(0, 2);
  const auto copy = home_.path() / "copy.db";
  log_.reset();
  std::filesystem::copy(home_.path() / "events.db", copy);
  log_ = OpenSqliteEventLog({.path = home_.path() / "events.db"});
  AddSome(2, 4);
  CompactEvents(Run(), *log_, lake_);
  const auto older = OpenSqliteEventLog({.path = copy});
  EXPECT_THAT(
      [&] { CompactEvents(Run(), *older, lake_); },
      ThrowsError(Code::kDataLoss, HasSubstr("below offset 5, but the event log ends at 3")));
}

TEST_F(CompactionTest, AFaultAtAnyCallOfTheStoreNeitherLosesNorDoubles) {
  AddSome(0, 3);
  CompactEvents(Run(), *log_, lake_);
  AddSome(3, 6);
  for (const Fault fault :
       {Fault::kFailBefore, Fault::kFailAfter, Fault::kCrashBefore, Fault::kCrashAfter}) {
    for (int64_t call = 1;; ++call) {
      SCOPED_TRACE(StrCat("fault ", static_cast<int>(fault), " at call ", call));
      const TempDir dir;
      const auto root = dir.path() / "lake";
      std::filesystem::copy(lake_.root(), root, std::filesystem::copy_options::recursive);
      const auto store = std::make_shared<storage::FaultyStore>(
          std::make_shared<storage::LocalStore>(root), call, fault);
      lake::Lake faulty(root, clock_, store);
      try {
        CompactEvents(Run(), *log_, faulty);
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), Code::kUnavailable) << error.message();
      }
      const std::string items = ItemsOf(root);
      EXPECT_TRUE(items == "0 1 2" || items == "0 1 2 3 4 5") << items;
      lake::Lake lake(root, clock_);
      CompactEvents(Run(), *log_, lake);
      EXPECT_EQ(ItemsOf(root), "0 1 2 3 4 5");
      if (store->calls() < call) break;
    }
  }
}

TEST_F(CompactionTest, OfTwoRunsAtOnceOneBringsTheEvents) {
  AddSome(0, 3);
  CompactEvents(Run(), *log_, lake_);
  AddSome(3, 6);
  // The other run commits between this one's look at the table and its own commit.
  class Racing : public EventLog {
   public:
    Racing(EventLog& log, std::function<void()> other) : log_(log), other_(std::move(other)) {}
    std::vector<StoredEvent> Read(int64_t from, int limit) const override {
      if (std::exchange(other_, nullptr)) raced_();
      return log_.Read(from, limit);
    }
    std::string id() const override { return log_.id(); }
    int64_t end_offset() const override { return log_.end_offset(); }
    std::vector<Appended> Append(std::span<const Event> events) override {
      return log_.Append(events);
    }
    std::vector<StoredEvent> ReadUser(std::string_view user, int64_t before,
                                      int limit) const override {
      return log_.ReadUser(user, before, limit);
    }
    std::vector<StoredEvent> ReadTime(TimePosition after, int64_t to, int limit) const override {
      return log_.ReadTime(after, to, limit);
    }
    int64_t EndOfOwn(int64_t from) const override { return from; }
    int64_t RemoveBefore(int64_t time_ms) override { return log_.RemoveBefore(time_ms); }
    int64_t EraseUser(std::string_view user) override { return log_.EraseUser(user); }

   private:
    EventLog& log_;
    mutable std::function<void()> other_;
    std::function<void()> raced_ = other_;
  };
  lake::Engine engine{lake::EngineOptions{.threads = 1}};
  const auto session = engine.NewSession();
  const Racing racing(*log_, [&] {
    CompactEvents({*session, clock_, progress_, cancel_}, *log_, lake_);
  });
  EXPECT_THAT([&] { CompactEvents(Run(), racing, lake_); },
              ThrowsError(Code::kFailedPrecondition, HasSubstr("is at 7 there, not at 4")));
  EXPECT_EQ(Text(lake_, kAll), "0 1 2 3 4 5");
}

TEST_F(CompactionTest, KilledAtAnyMomentItNeitherLosesNorDoubles) {
  log_.reset();
  Rng rng(3);
  for (int round = 0; round < 8; ++round) {
    log_ = OpenSqliteEventLog({.path = home_.path() / "events.db"});
    AddSome(3 * round, 3 * round + 3);
    log_.reset();
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      lake::Engine engine{lake::EngineOptions{.threads = 1}};
      const auto session = engine.NewSession();
      const auto log = OpenSqliteEventLog({.path = home_.path() / "events.db"});
      CompactEvents({*session, clock_, progress_, cancel_}, *log, lake_);
      _exit(0);
    }
    std::this_thread::sleep_for(std::chrono::microseconds(rng.Below(100'000)));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
  }
  log_ = OpenSqliteEventLog({.path = home_.path() / "events.db"});
  CompactEvents(Run(), *log_, lake_);
  std::string expected;
  for (int i = 0; i < 24; ++i) expected += StrCat(i == 0 ? "" : " ", i);
  EXPECT_EQ(Text(lake_, kAll), expected);
}

class CompactedImport : public CompactionTest {
 protected:
  void Import() {
    const auto raw = home_.path() / "raw";
    std::filesystem::create_directories(raw);
    WriteFileAtomic(raw / "movies.csv", "movieId,title,genres\n1,A,Drama\n2,B,Drama\n");
    WriteFileAtomic(raw / "ratings.csv",
                    "userId,movieId,rating,timestamp\n7,1,4.0,964982703\n7,2,3.0,964982704\n");
    ImportOptions options;
    options.reports = home_.path() / "reports";
    options.load.force = true;
    RunImport(Run(), sources::OpenDataset(raw, {}), lake_, options);
  }
  void Compact() {
    CompactEvents(Run(), *log_, lake_);
    RunSilver(Run(), lake_, lake_, {});
    RunGold(Run(), lake_, lake_, {});
  }
  std::string Gold() {
    return Text(lake_,
                "select string_agg(concat(user_id, ':', item_id, '=', rating), ' ' order by "
                "user_id, item_id) from gold.interactions");
  }
};

TEST_F(CompactedImport, WhatPeopleRatedReachesGoldAndTheLatestWins) {
  Import();
  EXPECT_EQ(Gold(), "7:1=4.0 7:2=3.0");
  Rate("7", "1", 2.5, kNow);
  Rate("8", "2", 5, kNow);
  log_->Append(
      {{Event{.user_id = "7", .item_id = "2", .kind = EventKind::kRemove, .time_ms = kNow}}});
  Compact();
  EXPECT_EQ(Gold(), "7:1=2.5 8:2=5.0");
}

TEST_F(CompactedImport, ABadRatingIsRejectedAndFailsNothing) {
  Import();
  Rate("8", "2", 9, kNow);
  Compact();
  EXPECT_EQ(Gold(), "7:1=4.0 7:2=3.0");
  EXPECT_EQ(Text(lake_,
                 "select concat_ws('|', table_name, line, column_name, value, reason) from "
                 "silver.rejects"),
            "events|1|rating|9.0|rating is out of range");
}

TEST_F(CompactedImport, ANewImportKeepsTheEvents) {
  Rate("7", "1", 2.5, kNow);
  CompactEvents(Run(), *log_, lake_);
  Import();
  EXPECT_EQ(Gold(), "7:1=2.5 7:2=3.0");
}

}  // namespace
}  // namespace marquee
