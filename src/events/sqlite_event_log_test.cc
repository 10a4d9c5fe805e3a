#include "events/sqlite_event_log.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>
#include <thread>

#include "base/error_matchers.h"
#include "base/files.h"
#include "base/random.h"
#include "base/text.h"
#include "database/sqlite.h"
#include "events/test_events.h"

namespace marquee {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// In a child: appends batches of three until killed, and writes each offset to `fd` once it was
// acknowledged.
[[noreturn]] void AppendUntilKilled(const std::filesystem::path& path, int round, int fd) {
  const auto log = OpenSqliteEventLog({.path = path});
  for (int i = 0;; ++i) {
    std::vector<Event> events;
    for (int k = 0; k < 3; ++k) events.push_back(Click(StrCat("u", round), StrCat(i, ".", k)));
    for (const Appended& appended : log->Append(events)) {
      if (write(fd, &appended.offset, sizeof appended.offset) != sizeof appended.offset) _exit(1);
    }
  }
}

TEST(SqliteEventLog, AKilledWriterLosesNothingThatItAcknowledged) {
  TempDir folder;
  const auto path = folder.path() / "events.db";
  Rng rng(1);
  std::vector<int64_t> acknowledged;
  for (int round = 0; round < 100; ++round) {
    int fds[2];
    ASSERT_EQ(pipe(fds), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) AppendUntilKilled(path, round, fds[1]);
    close(fds[1]);
    int64_t offset;
    // The first acknowledgement says that it is at work; then it is killed at some moment.
    ASSERT_EQ(read(fds[0], &offset, sizeof offset), ssize_t{sizeof offset});
    acknowledged.push_back(offset);
    std::this_thread::sleep_for(std::chrono::microseconds(rng.Below(20'000)));
    kill(child, SIGKILL);
    while (read(fds[0], &offset, sizeof offset) == ssize_t{sizeof offset})
      acknowledged.push_back(offset);
    close(fds[0]);
    waitpid(child, nullptr, 0);
  }
  const auto log = OpenSqliteEventLog({.path = path});
  std::map<int64_t, int> found;
  std::map<std::string, int> of_batch;
  log->ForEach(0, [&](const StoredEvent& row) {
    ++found[row.offset];
    ++of_batch[StrCat(row.event.user_id, " ", Split(row.event.item_id, ".")[0])];
  });
  for (const int64_t offset : acknowledged) EXPECT_EQ(found[offset], 1) << offset;
  for (const auto& [batch, count] : of_batch) EXPECT_EQ(count, 3) << batch;
}

TEST(SqliteEventLog, AFullDiskRefusesTheEventsAndGoesOnWhenThereIsSpace) {
  TempDir folder;
  const auto path = folder.path() / "events.db";
  const auto log = OpenSqliteEventLog({.path = path});
  log->Append({{Click("u", "before")}});
  const std::vector<Event> many(20'000, Click("u", std::string(200, 'x')));
  // A limit on the size of files fails like a full disk does.
  signal(SIGXFSZ, SIG_IGN);
  rlimit unlimited;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &unlimited), 0);
  rlimit small = unlimited;
  small.rlim_cur = 1 << 20;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  EXPECT_THAT([&] { log->Append(many); }, ThrowsError(Code::kUnavailable, HasSubstr("events.db")));
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &unlimited), 0);
  log->Append({{Click("u", "after")}});
  const auto rows = log->Read(0, 10);
  ASSERT_EQ(rows.size(), 2);
  EXPECT_EQ(rows[1].event.item_id, "after");
  // Nothing of what was refused is in the index, which would end beyond the log.
  log->Append({{Click("v", "later")}});
  EXPECT_EQ(log->ReadUser("v", kEnd, 10).size(), 1);
}

// Each indexes its own events as it remembers them, those of the other by reading them.
TEST(SqliteEventLog, WritersOfOneFileIndexTheEventsOfAll) {
  TempDir folder;
  const auto path = folder.path() / "events.db";
  const std::vector<std::unique_ptr<EventLog>> logs = [&] {
    std::vector<std::unique_ptr<EventLog>> opened;
    for (int i = 0; i < 2; ++i) opened.push_back(OpenSqliteEventLog({.path = path}));
    return opened;
  }();
  Rng rng(7);
  std::map<std::string, std::vector<std::string>> expected;  // by user, the newest first
  for (int batch = 0; batch < 60; ++batch) {
    const bool alone = batch / 10 % 2 == 0;
    std::vector<Event> events;
    for (int i = 0; i < 1000; ++i)
      events.push_back(Click(StrCat("u", rng.Below(40)), StrCat(batch, ".", i)));
    logs[alone ? 0 : rng.Below(2)]->Append(events);
    for (const Event& event : events) {
      std::vector<std::string>& items = expected[event.user_id];
      items.insert(items.begin(), event.item_id);
    }
    if (batch % 25 != 0) continue;
    const std::string gone = StrCat("u", batch % 40);
    logs[0]->EraseUser(gone);
    expected.erase(gone);
  }
  for (const auto& [user, items] : expected) {
    std::vector<std::string> found;
    for (const StoredEvent& row : logs[1]->ReadUser(user, kEnd, 100'000))
      found.push_back(row.event.item_id);
    EXPECT_EQ(found, items) << user;
  }
}

TEST(SqliteEventLog, RefusesMoreWhenTooManyWait) {
  TempDir folder;
  const auto log = OpenSqliteEventLog({.path = folder.path() / "events.db", .max_waiting = 10});
  // A transaction of another connection keeps the writer waiting.
  sqlite::Connection other(folder.path() / "events.db");
  other.Run("begin immediate");
  std::thread first([&] { log->Append(std::vector<Event>(9, Click("u", "a"))); });
  const std::vector<Event> two(2, Click("u", "b"));
  const auto append_until_refused = [&] {
    // Until the first call waits this one could succeed, so it waits for its turn outside the log.
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    log->Append(two);
  };
  EXPECT_THAT(append_until_refused, ThrowsError(Code::kResourceExhausted,
                                                HasSubstr("9 events wait to be written, 2 more")));
  other.Run("rollback");
  first.join();
  EXPECT_EQ(log->Read(0, 100).size(), 9);
  log->Append(two);
}

TEST(SqliteEventLog, NothingOfAnErasedUserStaysInTheFiles) {
  TempDir folder;
  const auto log = OpenSqliteEventLog({.path = folder.path() / "events.db"});
  std::vector<Event> events;
  for (int i = 0; i < 10'000; ++i)
    events.push_back(Click(i % 2 == 0 ? "to-be-erased" : "stays", StrCat("film", i)));
  events[0].idempotency_key = "secret-key";
  log->Append(events);
  EXPECT_EQ(log->EraseUser("to-be-erased"), 5000);
  std::string bytes;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    bytes += ReadFile(entry.path());
  EXPECT_THAT(bytes, HasSubstr("stays"));
  EXPECT_THAT(bytes, Not(HasSubstr("to-be-erased")));
  EXPECT_THAT(bytes, Not(HasSubstr("secret-key")));
}

TEST(SqliteEventLog, AFileOfVersionOneIsBroughtToTheNewest) {
  TempDir folder;
  const auto path = folder.path() / "events.db";
  {
    const char* first[] = {
        "create table events (offset integer primary key, user_id text not null,"
        "  item_id text not null, kind integer not null, value real, time_ms integer not null,"
        "  session_id text not null, context text not null);"
        "create index events_by_user on events (user_id);"
        "create index events_by_time on events (time_ms);"
        "create table keys (user_id text not null, key text not null, offset integer not null,"
        "  primary key (user_id, key)) without rowid;"
        "create table next (offset integer not null);"
        "insert into next values (1);"};
    sqlite::Connection old = sqlite::Open(path, {0x4d525145, first});
    old.Run(
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 9000)"
        " insert into events select i, 'u' || (i % 3), 'f' || i, 3, null, 9000 - i, '', '' from n;"
        "insert into keys values ('u0', 'k', 3); update next set offset = 9001");
  }
  const auto log = OpenSqliteEventLog({.path = path});
  const auto rows = log->ReadUser("u0", 9001, 10'000);
  ASSERT_EQ(rows.size(), 3000);
  EXPECT_EQ(rows[0].offset, 9000);
  EXPECT_EQ(rows[2999].event.item_id, "f3");
  EXPECT_EQ(log->ReadTime({0, 0}, 100, 1000).size(), 100);
  Event sent = Click("u0", "f3");
  sent.idempotency_key = "k";
  EXPECT_EQ(log->Append({{sent}}).at(0).offset, 3);
  EXPECT_EQ(log->Append({{Click("u0", "new")}}).at(0).offset, 9001);
  EXPECT_EQ(sqlite::Connection(path).Int("pragma user_version"), 3);
}

TEST(SqliteEventLog, RefusesWhatIsNoSuchFile) {
  TempDir folder;
  const auto path = folder.path() / "events.db";
  WriteFileAtomic(path, std::string(5000, 'x'));
  EXPECT_THAT([&] { OpenSqliteEventLog({.path = path}); },
              ThrowsError(Code::kDataLoss, HasSubstr("events.db")));
}

}  // namespace
}  // namespace marquee
