// The event log against the disk and the database below it: batches beside bare inserts of the same
// rows, single events beside fsync alone. Checks first that what was appended is read back.
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/files.h"
#include "base/random.h"
#include "base/text.h"
#include "database/sqlite.h"
#include "events/sqlite_event_log.h"
#include "recommend/live_users.h"

namespace marquee {
namespace {

constexpr int kBatch = 1000;
constexpr int kBatches = 300;
constexpr int kWriters = 64;
constexpr int kSingles = 20'000;
constexpr int kUsers = 100'000;
constexpr int kItems = 20'000;

std::vector<Event> MakeBatch(Rng& rng) {
  std::vector<Event> events(kBatch);
  for (Event& event : events) {
    event.user_id = StrCat("user-", rng.Below(kUsers));
    event.item_id = StrCat(rng.Below(kItems));
    event.kind = EventKind::kWatch;
    event.value = rng.Uniform();
    event.time_ms = 1'700'000'000'000 + static_cast<int64_t>(rng.Below(1'000'000));
  }
  return events;
}

// Seconds for all batches by `threads` callers.
double AppendBatches(EventLog& log, int threads) {
  const double start_s = SteadySeconds();
  std::vector<std::jthread> callers;
  for (int t = 0; t < threads; ++t) {
    callers.emplace_back([&, t] {
      Rng rng(static_cast<uint64_t>(t));
      for (int i = t; i < kBatches; i += threads) log.Append(MakeBatch(rng));
    });
  }
  callers.clear();
  return SteadySeconds() - start_s;
}

// The same rows into the same tables, a transaction a batch, with nothing around.
double InsertBare(const std::filesystem::path& path) {
  { OpenSqliteEventLog({.path = path}); }
  sqlite::Connection connection(path);
  connection.Run("pragma synchronous = full");
  connection.Run("pragma wal_autocheckpoint = 4096");
  connection.Run("pragma cache_size = -16384");
  sqlite::Statement insert(connection,
                           "insert into events values (?1, ?2, ?3, ?4, ?5, ?6, '', '')");
  Rng rng(0);
  int64_t offset = 1;
  const double start_s = SteadySeconds();
  for (int i = 0; i < kBatches; ++i) {
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

void Run() {
  TempDir folder;
  const auto log = OpenSqliteEventLog({.path = folder.path() / "log.db"});
  const double one_s = AppendBatches(*log, 1);
  const double bare_s = InsertBare(folder.path() / "bare.db");
  const double four_s = AppendBatches(*log, 4);
  const double singles_s = AppendSingles(*log);
  const double fsyncs = FsyncRate(folder.path() / "fsync");
  constexpr int kAll = kBatch * kBatches;
  RequireCount(*log, 2 * kAll + kSingles / kWriters * kWriters);
  std::printf("batches of %d, one caller:   %9.0f events/s; bare inserts %9.0f (%.2f of them)\n",
              kBatch, kAll / one_s, kAll / bare_s, bare_s / one_s);
  std::printf("batches of %d, four callers: %9.0f events/s\n", kBatch, kAll / four_s);
  std::printf(
      "single events, %d callers:     %9.0f events/s; fsync alone %9.0f a second (%.1f events "
      "each)\n",
      kWriters, kSingles / singles_s, fsyncs, kSingles / singles_s / fsyncs);
  LiveUsers users;
  const double start_s = SteadySeconds();
  log->ForEach(0, [&](const StoredEvent& stored) { users.Observe(stored.event); });
  std::printf("fold of the log at a start:    %9.0f events/s\n",
              2 * kAll / (SteadySeconds() - start_s));
}

}  // namespace
}  // namespace marquee

int main() try { marquee::Run(); } catch (const std::exception& failure) {
  std::fprintf(stderr, "%s\n", failure.what());
  return 1;
}
