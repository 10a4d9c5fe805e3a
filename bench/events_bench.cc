// The event log against the disk and the database below it: batches beside bare inserts of the same
// rows, with the indexes of SQLite's own that such reads would want and with none; single events
// beside fsync alone. With MARQUEE_KAFKA the log is in a topic there. Checks first that what was
// appended is read back. An argument: how many thousands of events the batches have (300).
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/files.h"
#include "base/ids.h"
#include "base/random.h"
#include "base/text.h"
#include "database/sqlite.h"
#include "events/kafka_event_log.h"
#include "events/sqlite_event_log.h"
#include "recommend/live_users.h"

namespace marquee {
namespace {

constexpr int kBatch = 1000;
constexpr int kWriters = 64;
constexpr int kSingles = 20'000;
constexpr int kUsers = 100'000;
constexpr int kItems = 20'000;

std::vector<Event> MakeBatch(Rng& rng, bool keyed = false) {
  std::vector<Event> events(kBatch);
  for (Event& event : events) {
    event.user_id = StrCat("user-", rng.Below(kUsers));
    event.item_id = StrCat(rng.Below(kItems));
    event.kind = EventKind::kWatch;
    event.value = rng.Uniform();
    event.time_ms = 1'700'000'000'000 + static_cast<int64_t>(rng.Below(1'000'000));
    if (keyed) event.idempotency_key = StrCat(rng.Next());
  }
  return events;
}

// Seconds for all batches by `threads` callers.
double AppendBatches(EventLog& log, int batches, int threads, bool keyed = false) {
  const double start_s = SteadySeconds();
  std::vector<std::jthread> callers;
  for (int t = 0; t < threads; ++t) {
    callers.emplace_back([&, t] {
      Rng rng(static_cast<uint64_t>(t));
      for (int i = t; i < batches; i += threads) log.Append(MakeBatch(rng, keyed));
    });
  }
  callers.clear();
  return SteadySeconds() - start_s;
}

// The same rows into the same table, a transaction a batch, with nothing around.
double InsertBare(const std::filesystem::path& path, int batches, const char* indexes) {
  { OpenSqliteEventLog({.path = path}); }
  sqlite::Connection connection(path);
  connection.Run(indexes);
  connection.Run("pragma synchronous = full");
  connection.Run("pragma wal_autocheckpoint = 4096");
  connection.Run("pragma cache_size = -16384");
  sqlite::Statement insert(connection,
                           "insert into events values (?1, ?2, ?3, ?4, ?5, ?6, '', '')");
  Rng rng(0);
  int64_t offset = 1;
  const double start_s = SteadySeconds();
  for (int i = 0; i < batches; ++i) {
    connection.Run("begin immediate");
    for (const Event& event : MakeBatch(rng)) {
      insert.Bind(1, offset++).Bind(2, event.user_id).Bind(3, event.item_id);
      insert.Bind(4, static_cast<int64_t>(event.kind)).Bind(5, event.value).Bind(6, event.time_ms);
      insert.Run();
    }
    connection.Run("commit");
  }
  return SteadySeconds() - start_s;
}

// How often a second the disk makes a few bytes durable.
double FsyncRate(const std::filesystem::path& path) {
  constexpr int kTimes = 500;
  const int file = open(path.c_str(), O_CREAT | O_WRONLY, 0600);
  if (file < 0) throw Error(Code::kUnavailable, StrCat("cannot write ", path.string()));
  const std::string page(4096, 'x');
  const double start_s = SteadySeconds();
  for (int i = 0; i < kTimes; ++i) {
    if (write(file, page.data(), page.size()) < 0 || fdatasync(file) != 0) std::abort();
  }
  close(file);
  return kTimes / (SteadySeconds() - start_s);
}

double AppendSingles(EventLog& log) {
  const double start_s = SteadySeconds();
  std::vector<std::jthread> callers;
  for (int t = 0; t < kWriters; ++t) {
    callers.emplace_back([&, t] {
      const Event event{.user_id = StrCat("single-", t), .item_id = "1"};
      for (int i = 0; i < kSingles / kWriters; ++i) log.Append({&event, 1});
    });
  }
  callers.clear();
  return SteadySeconds() - start_s;
}

void RequireCount(EventLog& log, int64_t wanted) {
  int64_t found = 0;
  log.ForEach(0, [&](const StoredEvent&) { ++found; });
  if (found != wanted)
    throw Error(Code::kInternal, StrCat("events_bench: ", found, " events, not ", wanted));
}

// How many lookups a second find the last 100 events of some user.
double ReadUsers(const EventLog& log) {
  constexpr int kTimes = 2000;
  Rng rng(9);
  const double start_s = SteadySeconds();
  for (int i = 0; i < kTimes; ++i) {
    const std::string user = StrCat("user-", rng.Below(kUsers));
    for (const StoredEvent& row : log.ReadUser(user, std::numeric_limits<int64_t>::max(), 100)) {
      if (row.event.user_id != user) throw Error(Code::kInternal, "events_bench: another's event");
    }
  }
  return kTimes / (SteadySeconds() - start_s);
}

std::unique_ptr<EventLog> OpenLog(const std::filesystem::path& folder) {
  const char* const brokers = std::getenv("MARQUEE_KAFKA");
  if (brokers == nullptr) return OpenSqliteEventLog({.path = folder / "log.db"});
  return OpenKafkaEventLog(
      {.brokers = brokers, .topic = StrCat("bench-", NewUuid()), .view = folder / "log.db"});
}

void Run(int batches) {
  constexpr char kBothIndexes[] =
      "create index by_user on events (user_id); create index by_time on events (time_ms)";
  TempDir folder;
  const auto log = OpenLog(folder.path());
  const double one_s = AppendBatches(*log, batches, 1);
  const double bare_s = InsertBare(folder.path() / "bare.db", batches, "");
  const double indexed_s = InsertBare(folder.path() / "indexed.db", batches, kBothIndexes);
  const double four_s = AppendBatches(*log, batches, 4);
  const double singles_s = AppendSingles(*log);
  const double fsyncs = FsyncRate(folder.path() / "fsync");
  const int all = kBatch * batches;
  RequireCount(*log, 2 * all + kSingles / kWriters * kWriters);
  std::printf(
      "batches of %d, one caller:   %9.0f events/s; bare inserts %9.0f, with two indexes %9.0f\n",
      kBatch, all / one_s, all / bare_s, all / indexed_s);
  std::printf("batches of %d, four callers: %9.0f events/s\n", kBatch, all / four_s);
  std::printf(
      "single events, %d callers:     %9.0f events/s; fsync alone %9.0f a second (%.1f events "
      "each)\n",
      kWriters, kSingles / singles_s, fsyncs, kSingles / singles_s / fsyncs);
  LiveUsers users;
  const double start_s = SteadySeconds();
  log->ForEach(0, [&](const StoredEvent& stored) { users.Observe(stored.event); });
  std::printf("fold of the log at a start:    %9.0f events/s\n",
              2 * all / (SteadySeconds() - start_s));
  std::printf("last events of a user:         %9.0f lookups/s\n", ReadUsers(*log));
  const double keyed_s = AppendBatches(*log, batches, 1, true);
  std::printf("batches of %d, with keys:    %9.0f events/s\n", kBatch, all / keyed_s);
}

}  // namespace
}  // namespace marquee

int main(int argc, char** argv) try {
  marquee::Run(argc > 1 ? std::atoi(argv[1]) : 300);
} catch (const std::exception& failure) {
  std::fprintf(stderr, "%s\n", failure.what());
  return 1;
}
