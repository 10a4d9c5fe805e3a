// One suite for every event log.
#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <set>
#include <thread>

#include "base/files.h"
#include "base/ids.h"
#include "base/text.h"
#include "events/event_log.h"
#include "events/kafka_event_log.h"
#include "events/sqlite_event_log.h"
#include "events/test_events.h"

namespace marquee {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class LogFixture {
 public:
  virtual ~LogFixture() = default;
  virtual EventLog& log() = 0;
  // Ends the log and opens what it left behind.
  virtual void Reopen() = 0;
  // Another log over the same store, as another process would open it.
  virtual std::unique_ptr<EventLog> OpenAnother() = 0;
};

class SqliteFixture : public LogFixture {
 public:
  SqliteFixture() { Reopen(); }
  EventLog& log() override { return *log_; }
  void Reopen() override {
    log_.reset();
    log_ = OpenAnother();
  }
  std::unique_ptr<EventLog> OpenAnother() override {
    return OpenSqliteEventLog({.path = folder_.path() / "state" / "events.db"});
  }

 private:
  TempDir folder_;
  std::unique_ptr<EventLog> log_;
};

// A topic of its own on the broker that MARQUEE_KAFKA names.
class KafkaFixture : public LogFixture {
 public:
  explicit KafkaFixture(std::string brokers)
      : brokers_(std::move(brokers)), topic_(StrCat("contract-", NewUuid())) {
    Reopen();
  }
  EventLog& log() override { return *log_; }
  void Reopen() override {
    log_.reset();
    log_ = Open("view.db");
  }
  // On another machine: with a view of its own.
  std::unique_ptr<EventLog> OpenAnother() override { return Open("another.db"); }

 private:
  std::unique_ptr<EventLog> Open(const char* view) {
    return OpenKafkaEventLog({.brokers = brokers_, .topic = topic_, .view = folder_.path() / view});
  }

  const std::string brokers_;
  const std::string topic_;
  TempDir folder_;
  std::unique_ptr<EventLog> log_;
};

struct Maker {
  const char* name;
  std::function<std::unique_ptr<LogFixture>()> make;
};

class EventLogContract : public ::testing::TestWithParam<Maker> {
 protected:
  EventLog& log() { return fixture_->log(); }
  int64_t Add(const Event& event) { return log().Append({{event}}).at(0).offset; }
  std::vector<std::string> ItemsOf(const std::vector<StoredEvent>& rows) {
    std::vector<std::string> items;
    for (const StoredEvent& row : rows) items.push_back(row.event.item_id);
    return items;
  }

  std::unique_ptr<LogFixture> fixture_ = GetParam().make();
};

// What another process appended may take a moment to arrive.
void WaitFor(const EventLog& log, int64_t offset) {
  while (log.end_offset() <= offset) std::this_thread::yield();
}

int64_t AddAfter(EventLog& log) { return log.Append({{Click("after", "x")}}).at(0).offset; }

TEST_P(EventLogContract, GivesBackEveryField) {
  const Event rating{.user_id = "J\xC3\xBCrgen",
                     .item_id = std::string("a\0b", 3),
                     .kind = EventKind::kRating,
                     .value = 4.5,
                     .time_ms = 1'700'000'000'123,
                     .session_id = "s",
                     .context = R"({"rank":3})"};
  Add(rating);
  Add({.user_id = "u", .kind = EventKind::kSearch, .time_ms = 7});
  const std::vector<StoredEvent> rows = log().Read(0, 10);
  ASSERT_EQ(rows.size(), 2);
  EXPECT_EQ(rows[0].event.user_id, rating.user_id);
  EXPECT_EQ(rows[0].event.item_id, rating.item_id);
  EXPECT_EQ(rows[0].event.kind, EventKind::kRating);
  EXPECT_EQ(rows[0].event.value, 4.5);
  EXPECT_EQ(rows[0].event.time_ms, rating.time_ms);
  EXPECT_EQ(rows[0].event.session_id, "s");
  EXPECT_EQ(rows[0].event.context, rating.context);
  EXPECT_FALSE(rows[1].event.has_value());
  EXPECT_EQ(rows[1].event.kind, EventKind::kSearch);
}

TEST_P(EventLogContract, ReadsInTheOrderOfOffsets) {
  const int64_t first = Add(Click("u", "a"));
  const int64_t second = Add(Click("v", "b"));
  const int64_t third = Add(Click("u", "c"));
  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
  EXPECT_EQ(log().end_offset(), third + 1);
  EXPECT_THAT(ItemsOf(log().Read(0, 10)), ElementsAre("a", "b", "c"));
  EXPECT_THAT(ItemsOf(log().Read(second, 1)), ElementsAre("b"));
  EXPECT_THAT(log().Read(third + 1, 10), IsEmpty());
}

TEST_P(EventLogContract, ReadsAUserNewestFirst) {
  for (const char* item : {"a", "b", "c"}) Add(Click("u", item));
  Add(Click("v", "x"));
  const auto rows = log().ReadUser("u", kEnd, 2);
  EXPECT_THAT(ItemsOf(rows), ElementsAre("c", "b"));
  EXPECT_THAT(ItemsOf(log().ReadUser("u", rows.back().offset, 10)), ElementsAre("a"));
  EXPECT_THAT(log().ReadUser("nobody", kEnd, 10), IsEmpty());
}

TEST_P(EventLogContract, ReadsASpanOfTimeByTimeThenOffset) {
  Add(Click("u", "late", 3000));
  Add(Click("u", "early", 1000));
  const int64_t tie = Add(Click("u", "tie", 2000));
  Add(Click("u", "tie again", 2000));
  EXPECT_THAT(ItemsOf(log().ReadTime({1000, 0}, 3000, 10)),
              ElementsAre("early", "tie", "tie again"));
  EXPECT_THAT(ItemsOf(log().ReadTime({2000, tie}, 4000, 10)), ElementsAre("tie again", "late"));
}

TEST_P(EventLogContract, AKeySentAgainAddsNothing) {
  Event event = Click("u", "a");
  event.idempotency_key = "k1";
  const Appended first = log().Append({{event}}).at(0);
  const Appended again = log().Append({{event}}).at(0);
  EXPECT_FALSE(first.duplicate);
  EXPECT_TRUE(again.duplicate);
  EXPECT_EQ(again.offset, first.offset);
  const std::vector<Event> twice(2, [] {
    Event other = Click("v", "b");
    other.idempotency_key = "k1";  // the same key of another user is another event
    return other;
  }());
  const std::vector<Appended> both = log().Append(twice);
  EXPECT_FALSE(both[0].duplicate);
  EXPECT_TRUE(both[1].duplicate);
  EXPECT_EQ(both[1].offset, both[0].offset);
  EXPECT_EQ(log().Read(0, 10).size(), 2);
}

TEST_P(EventLogContract, IsThereAfterReopening) {
  Event event = Click("u", "a");
  event.idempotency_key = "k";
  const int64_t offset = Add(event);
  fixture_->Reopen();
  EXPECT_THAT(ItemsOf(log().Read(0, 10)), ElementsAre("a"));
  EXPECT_EQ(log().end_offset(), offset + 1);
  EXPECT_TRUE(log().Append({{event}}).at(0).duplicate);
}

TEST_P(EventLogContract, RetentionNeverGivesAnOffsetTwice) {
  Add(Click("u", "old", 1000));
  Event newest = Click("u", "old too", 1999);
  newest.idempotency_key = "k";
  const int64_t last = Add(newest);
  EXPECT_EQ(log().RemoveBefore(1000), 0);
  EXPECT_EQ(log().RemoveBefore(2000), 2);
  EXPECT_THAT(log().Read(0, 10), IsEmpty());
  fixture_->Reopen();
  EXPECT_EQ(log().end_offset(), last + 1);
  EXPECT_GT(Add(newest), last);  // its key went with it
}

TEST_P(EventLogContract, ErasesAUserAndNobodyElse) {
  Add(Click("u", "a"));
  Add(Click("v", "b"));
  Add(Click("u", "c"));
  EXPECT_EQ(log().EraseUser("u"), 2);
  EXPECT_EQ(log().EraseUser("u"), 0);
  EXPECT_THAT(ItemsOf(log().Read(0, 10)), ElementsAre("b"));
}

TEST_P(EventLogContract, ForEachVisitsAllThoughTheyFillManyBlocks) {
  std::vector<Event> events;
  for (int i = 0; i < 10'000; ++i) events.push_back(Click("u", StrCat(i)));
  log().Append(events);
  int next = 0;
  const int64_t end = log().ForEach(
      0, [&](const StoredEvent& row) { EXPECT_EQ(row.event.item_id, StrCat(next++)); });
  EXPECT_EQ(next, 10'000);
  EXPECT_EQ(end, log().end_offset());
}

// More than the index of a back end holds back, so that its merges are seen too.
class LargeLog : public EventLogContract {
 protected:
  LargeLog() {
    for (int batch = 0; batch < 40; ++batch) {
      std::vector<Event> events;
      for (int i = 0; i < 1000; ++i) {
        const int n = batch * 1000 + i;
        events.push_back(Click(StrCat("u", n * 7 % 50), StrCat(n), 1000 + n * 7919 % 5000));
      }
      const std::vector<Appended> appended = log().Append(events);
      for (size_t i = 0; i < events.size(); ++i) all_.push_back({appended[i].offset, events[i]});
    }
  }
  std::vector<std::string> Expected(std::string_view user) const {
    std::vector<std::string> items;
    for (const StoredEvent& row : all_) {
      if (row.event.user_id == user) items.insert(items.begin(), row.event.item_id);
    }
    return items;
  }

  std::vector<StoredEvent> all_;  // as they were appended
};

TEST_P(LargeLog, ReadsAnyUserWhole) {
  for (const bool reopened : {false, true}) {
    if (reopened) fixture_->Reopen();
    EXPECT_EQ(ItemsOf(log().ReadUser("u3", kEnd, 100'000)), Expected("u3"));
    EXPECT_EQ(ItemsOf(log().ReadUser("u49", kEnd, 100'000)), Expected("u49"));
  }
  const auto newest = log().ReadUser("u3", kEnd, 500);
  const auto older = log().ReadUser("u3", newest.back().offset, 100'000);
  EXPECT_EQ(newest.size() + older.size(), Expected("u3").size());
  EXPECT_EQ(older.front().event.item_id, Expected("u3")[500]);
}

TEST_P(LargeLog, ReadsAnySpanOfTimePieceByPiece) {
  std::ranges::stable_sort(all_, {}, [](const StoredEvent& row) { return row.event.time_ms; });
  std::vector<std::string> expected;
  for (const StoredEvent& row : all_) {
    if (row.event.time_ms >= 2000 && row.event.time_ms < 4000)
      expected.push_back(row.event.item_id);
  }
  std::vector<std::string> found;
  EventLog::TimePosition after{2000, 0};
  while (true) {
    const auto piece = log().ReadTime(after, 4000, 3000);
    if (piece.empty()) break;
    for (const StoredEvent& row : piece) found.push_back(row.event.item_id);
    after = {piece.back().event.time_ms, piece.back().offset};
  }
  EXPECT_EQ(found, expected);
}

TEST_P(LargeLog, WhatIsRemovedIsFoundNoMore) {
  const auto count = static_cast<int64_t>(Expected("u3").size());
  EXPECT_EQ(log().EraseUser("u3"), count);
  EXPECT_THAT(log().ReadUser("u3", kEnd, 10), IsEmpty());
  const auto old = std::ranges::count_if(all_, [](const StoredEvent& row) {
    return row.event.user_id != "u3" && row.event.time_ms < 3000;
  });
  EXPECT_EQ(log().RemoveBefore(3000), old);
  EXPECT_EQ(log().RemoveBefore(3000), 0);
  EXPECT_THAT(log().ReadTime({0, 0}, 3000, 10), IsEmpty());
  for (const StoredEvent& row : log().ReadUser("u5", kEnd, 100'000))
    EXPECT_GE(row.event.time_ms, 3000);
  int64_t left = 0;
  log().ForEach(0, [&](const StoredEvent&) { ++left; });
  EXPECT_EQ(left, 40'000 - count - old);
  const int64_t offset = Add(Click("u3", "again", 2000));
  EXPECT_EQ(log().ReadUser("u3", kEnd, 10).at(0).offset, offset);
  EXPECT_EQ(log().RemoveBefore(3000), 1);
}

TEST_P(EventLogContract, ManyWritersAndReadersLoseNothing) {
  constexpr int kThreads = 8;
  constexpr int kEach = 50;
  std::atomic<bool> writing = true;
  std::thread reader([&] {
    while (writing) {
      int64_t previous = 0;
      log().ForEach(0, [&](const StoredEvent& row) {
        EXPECT_GT(row.offset, previous);
        previous = row.offset;
      });
    }
  });
  std::vector<std::thread> writers;
  std::vector<std::vector<int64_t>> offsets(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    writers.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i)
        offsets[static_cast<size_t>(t)].push_back(Add(Click(StrCat("u", t), StrCat(i))));
    });
  }
  for (std::thread& writer : writers) writer.join();
  writing = false;
  reader.join();
  std::set<int64_t> all;
  for (const auto& of_thread : offsets) {
    EXPECT_TRUE(std::ranges::is_sorted(of_thread));
    all.insert(of_thread.begin(), of_thread.end());
  }
  EXPECT_EQ(all.size(), kThreads * kEach);
  EXPECT_EQ(log().Read(0, 1000).size(), kThreads * kEach);
}

TEST_P(EventLogContract, KeepsItsId) {
  const std::string id = log().id();
  EXPECT_FALSE(id.empty());
  fixture_->Reopen();
  EXPECT_EQ(log().id(), id);
  EXPECT_NE(GetParam().make()->log().id(), id);
}

TEST_P(EventLogContract, TwoLogsOverOneStoreSeeEachOther) {
  const auto other = fixture_->OpenAnother();
  const int64_t mine = Add(Click("u", "a"));
  Event event = Click("v", "b");
  event.idempotency_key = "k";
  const int64_t theirs = other->Append({{event}}).at(0).offset;
  EXPECT_GT(theirs, mine);
  WaitFor(log(), theirs);
  EXPECT_EQ(log().end_offset(), theirs + 1);
  EXPECT_THAT(ItemsOf(log().Read(0, 10)), ElementsAre("a", "b"));
  EXPECT_THAT(ItemsOf(log().ReadUser("v", kEnd, 10)), ElementsAre("b"));
  EXPECT_TRUE(log().Append({{event}}).at(0).duplicate);
}

TEST_P(EventLogContract, TellsItsOwnEventsFromThoseOfOthers) {
  const auto other = fixture_->OpenAnother();
  const int64_t first = Add(Click("u", "a"));
  const int64_t second = Add(Click("u", "b"));
  const int64_t theirs = other->Append({{Click("u", "c")}}).at(0).offset;
  const int64_t last = Add(Click("u", "d"));
  EXPECT_GT(log().EndOfOwn(first), first);
  EXPECT_LE(log().EndOfOwn(second), theirs);
  EXPECT_EQ(log().EndOfOwn(theirs), theirs);
  EXPECT_GT(log().EndOfOwn(last), last);
  EXPECT_EQ(other->EndOfOwn(first), first);
}

TEST_P(EventLogContract, TwoLogsThatWriteAtOnceLoseNothing) {
  constexpr int kEach = 6000;
  const auto other = fixture_->OpenAnother();
  const auto append = [](EventLog& to, const char* user) {
    for (int i = 0; i < kEach; i += 60) to.Append(std::vector<Event>(60, Click(user, StrCat(i))));
  };
  std::thread beside([&] { append(*other, "theirs"); });
  append(log(), "mine");
  beside.join();
  const int64_t last = std::max(AddAfter(log()), AddAfter(*other));
  WaitFor(log(), last);
  WaitFor(*other, last);
  EXPECT_EQ(log().Read(0, 1'000'000).size(), 2 * kEach + 2);
  EXPECT_EQ(other->ReadUser("mine", kEnd, 1'000'000).size(), kEach);
  EXPECT_EQ(log().ReadUser("theirs", kEnd, 1'000'000).size(), kEach);
}

// Kafka where there is a broker: tests/compat/kafka.sh starts one.
std::vector<Maker> Makers() {
  std::vector<Maker> makers = {{"sqlite", [] { return std::make_unique<SqliteFixture>(); }}};
  if (const char* brokers = std::getenv("MARQUEE_KAFKA")) {
    makers.push_back({"kafka", [brokers] { return std::make_unique<KafkaFixture>(brokers); }});
  }
  return makers;
}

std::string NameOf(const ::testing::TestParamInfo<Maker>& maker) { return maker.param.name; }

INSTANTIATE_TEST_SUITE_P(Every, LargeLog, ::testing::ValuesIn(Makers()), NameOf);
INSTANTIATE_TEST_SUITE_P(Every, EventLogContract, ::testing::ValuesIn(Makers()), NameOf);

}  // namespace
}  // namespace marquee
