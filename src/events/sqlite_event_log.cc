#include "events/sqlite_event_log.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "database/sqlite.h"

namespace marquee {
namespace {

using sqlite::Connection;
using sqlite::Statement;

constexpr int64_t kApplicationId = 0x4d525145;  // "MRQE"
constexpr int64_t kMaxGroup = 20'000;  // events of one transaction, which bounds how long one waits
constexpr int64_t kRemovedAtOnce = 10'000;
constexpr size_t kMaxOwn = 1024;  // a stretch that is forgotten is read again

constexpr const char* kVersions[] = {R"(
create table events (
  offset integer primary key,
  user_id text not null,
  item_id text not null,
  kind integer not null,
  value real,
  time_ms integer not null,
  session_id text not null,
  context text not null
);
create index events_by_user on events (user_id);
create index events_by_time on events (time_ms);
create table keys (
  user_id text not null,
  key text not null,
  offset integer not null,
  primary key (user_id, key)
) without rowid;
create table next (offset integer not null);
insert into next values (1);
)",
                                     R"(
create table log (id text not null);
insert into log values (lower(hex(randomblob(16))));
)"};

constexpr const char* kColumns =
    "select offset, user_id, item_id, kind, value, time_ms, session_id, context from events ";

Connection OpenLog(const std::filesystem::path& path) {
  Connection connection = sqlite::Open(path, {kApplicationId, kVersions});
  connection.Run("pragma secure_delete = on");
  connection.Run("pragma wal_autocheckpoint = 4096");
  connection.Run("pragma cache_size = -16384");
  return connection;
}

std::string IdOf(const Connection& connection) {
  Statement id(connection, "select id from log");
  id.Step();
  return id.Text(0);
}

// Adds events within a transaction.
class Writer {
 public:
  explicit Writer(const Connection& connection)
      : next_(connection, "select offset from next"),
        set_next_(connection, "update next set offset = ?1"),
        insert_(connection, "insert into events values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"),
        find_key_(connection, "select offset from keys where user_id = ?1 and key = ?2"),
        insert_key_(connection, "insert into keys values (?1, ?2, ?3)") {}

  // Gives the first offset that is free.
  int64_t Begin() {
    next_.Step();
    offset_ = next_.Int(0);
    next_.Reset();
    return offset_;
  }

  Appended Add(const Event& event) {
    const bool keyed = !event.idempotency_key.empty();
    if (keyed) {
      const int64_t first = OffsetOfKey(event);
      if (first > 0) return {first, true};
    }
    insert_.Bind(1, offset_).Bind(2, event.user_id).Bind(3, event.item_id);
    insert_.Bind(4, static_cast<int64_t>(event.kind)).Bind(5, event.value).Bind(6, event.time_ms);
    insert_.Bind(7, event.session_id).Bind(8, event.context);
    insert_.Run();
    if (keyed)
      insert_key_.Bind(1, event.user_id).Bind(2, event.idempotency_key).Bind(3, offset_).Run();
    return {offset_++, false};
  }

  // The offset that the next event gets.
  int64_t End() {
    set_next_.Bind(1, offset_).Run();
    return offset_;
  }

 private:
  int64_t OffsetOfKey(const Event& event) {
    find_key_.Bind(1, event.user_id).Bind(2, event.idempotency_key);
    const int64_t offset = find_key_.Step() ? find_key_.Int(0) : 0;
    find_key_.Reset();
    return offset;
  }

  Statement next_, set_next_, insert_, find_key_, insert_key_;
  int64_t offset_ = 0;
};

// One reading thread's connection and statements.
struct Reader {
  explicit Reader(const std::filesystem::path& path)
      : connection(path),
        by_offset(connection,
                  StrCat(kColumns, "where offset >= ?1 order by offset limit ?2").c_str()),
        by_user(connection,
                StrCat(kColumns, "where user_id = ?1 and offset < ?2 order by offset desc limit ?3")
                    .c_str()),
        end(connection, "select offset from next"),
        by_time(connection, StrCat(kColumns,
                                   "where (time_ms, offset) > (?1, ?2) and time_ms < ?3 "
                                   "order by time_ms, offset limit ?4")
                                .c_str()) {}

  Connection connection;
  Statement by_offset, by_user, end, by_time;
};

std::vector<StoredEvent> Rows(Statement& statement) {
  std::vector<StoredEvent> rows;
  while (statement.Step()) {
    StoredEvent& row = rows.emplace_back();
    row.offset = statement.Int(0);
    row.event.user_id = statement.Text(1);
    row.event.item_id = statement.Text(2);
    row.event.kind = static_cast<EventKind>(statement.Int(3));
    row.event.value = statement.Double(4);
    row.event.time_ms = statement.Int(5);
    row.event.session_id = statement.Text(6);
    row.event.context = statement.Text(7);
  }
  statement.Reset();
  return rows;
}

class SqliteEventLog : public EventLog {
 public:
  explicit SqliteEventLog(const SqliteEventLogOptions& options)
      : path_(options.path),
        max_waiting_(options.max_waiting),
        connection_(OpenLog(path_)),
        writer_(connection_),
        id_(IdOf(connection_)) {
    thread_ = std::thread([this] { WriteUntilStopped(); });
  }

  ~SqliteEventLog() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    work_.notify_one();
    thread_.join();
  }

  std::string id() const override { return id_; }
  std::vector<Appended> Append(std::span<const Event> events) override;

  std::vector<StoredEvent> Read(int64_t from, int limit) const override {
    return With([&](Reader& reader) {
      reader.by_offset.Bind(1, from).Bind(2, int64_t{limit});
      return Rows(reader.by_offset);
    });
  }

  std::vector<StoredEvent> ReadUser(std::string_view user_id, int64_t before,
                                    int limit) const override {
    return With([&](Reader& reader) {
      reader.by_user.Bind(1, user_id).Bind(2, before).Bind(3, int64_t{limit});
      return Rows(reader.by_user);
    });
  }

  std::vector<StoredEvent> ReadTime(TimePosition after, int64_t to_ms, int limit) const override {
    return With([&](Reader& reader) {
      reader.by_time.Bind(1, after.time_ms)
          .Bind(2, after.offset)
          .Bind(3, to_ms)
          .Bind(4, int64_t{limit});
      return Rows(reader.by_time);
    });
  }

  int64_t end_offset() const override {
    return With([&](Reader& reader) {
      reader.end.Step();
      const int64_t end = reader.end.Int(0);
      reader.end.Reset();
      return end;
    });
  }

  int64_t EndOfOwn(int64_t from) const override {
    const std::lock_guard lock(own_mutex_);
    for (const auto& [begin, end] : own_) {
      if (begin <= from && from < end) return end;
    }
    return from;
  }

  int64_t RemoveBefore(int64_t time_ms) override;
  int64_t EraseUser(std::string_view user_id) override;

 private:
  // What an Error says. Each caller throws one of its own: an exception is not shared by threads.
  struct Failure {
    Code code;
    std::string message;
    std::string hint;
  };
  // One call of Append, until it is done.
  struct Pending {
    std::span<const Event> events;
    std::vector<Appended> results = {};
    std::optional<Failure> failure = {};
    bool done = false;
  };

  void WriteUntilStopped();
  std::vector<Pending*> TakeGroup();
  void WriteGroup(std::span<Pending* const> group);
  // Runs `body` as a transaction; undone when it throws.
  template <typename Body>
  void Transaction(Body body);
  template <typename Body>
  std::invoke_result_t<Body, Reader&> With(Body body) const;
  void AddOwn(int64_t begin, int64_t end);
  void ForgetWriteAheadLog();

  const std::filesystem::path path_;
  const int64_t max_waiting_;

  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable done_;
  std::deque<Pending*> waiting_;  // guarded by mutex_, as are the next two
  int64_t waiting_events_ = 0;
  bool stopping_ = false;

  std::mutex connection_mutex_;
  Connection connection_;  // guarded by connection_mutex_, as is writer_
  Writer writer_;
  const std::string id_;

  mutable std::mutex own_mutex_;
  // The last stretches of offsets that this object added: [begin, end). Guarded by own_mutex_.
  std::deque<std::pair<int64_t, int64_t>> own_;

  mutable std::mutex readers_mutex_;
  mutable std::vector<std::unique_ptr<Reader>> readers_;  // idle ones; guarded by readers_mutex_

  std::thread thread_;
};

std::vector<Appended> SqliteEventLog::Append(std::span<const Event> events) {
  if (events.empty()) return {};
  Pending pending{events};
  std::unique_lock lock(mutex_);
  const auto count = static_cast<int64_t>(events.size());
  if (waiting_events_ > 0 && waiting_events_ + count > max_waiting_) {
    throw Error(Code::kResourceExhausted,
                StrCat("event log: ", waiting_events_, " events wait to be written, ", count,
                       " more would pass the bound of ", max_waiting_),
                "try again in a second, or send fewer");
  }
  waiting_.push_back(&pending);
  waiting_events_ += count;
  work_.notify_one();
  done_.wait(lock, [&] { return pending.done; });
  if (pending.failure) {
    throw Error(pending.failure->code, pending.failure->message, pending.failure->hint);
  }
  return std::move(pending.results);
}

void SqliteEventLog::WriteUntilStopped() {
  while (true) {
    const std::vector<Pending*> group = TakeGroup();
    if (group.empty()) return;
    std::optional<Failure> failure;
    try {
      WriteGroup(group);
    } catch (const Error& error) {
      failure = Failure{error.code(), error.message(), error.hint()};
    }
    const std::lock_guard lock(mutex_);
    for (Pending* pending : group) {
      pending->failure = failure;
      pending->done = true;
      waiting_events_ -= static_cast<int64_t>(pending->events.size());
    }
    done_.notify_all();
  }
}

// What waits, up to kMaxGroup events; empty when the log is to end and nothing waits.
std::vector<SqliteEventLog::Pending*> SqliteEventLog::TakeGroup() {
  std::unique_lock lock(mutex_);
  work_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
  std::vector<Pending*> group;
  for (int64_t events = 0; !waiting_.empty() && events < kMaxGroup; waiting_.pop_front()) {
    group.push_back(waiting_.front());
    events += static_cast<int64_t>(waiting_.front()->events.size());
  }
  return group;
}

void SqliteEventLog::WriteGroup(std::span<Pending* const> group) {
  int64_t begin = 0;
  int64_t end = 0;
  Transaction([&] {
    begin = writer_.Begin();
    for (Pending* pending : group) {
      pending->results.reserve(pending->events.size());
      for (const Event& event : pending->events) pending->results.push_back(writer_.Add(event));
    }
    end = writer_.End();
  });
  if (begin < end) AddOwn(begin, end);
}

void SqliteEventLog::AddOwn(int64_t begin, int64_t end) {
  const std::lock_guard lock(own_mutex_);
  if (!own_.empty() && own_.back().second == begin) {
    own_.back().second = end;
    return;
  }
  own_.emplace_back(begin, end);
  if (own_.size() > kMaxOwn) own_.pop_front();
}

template <typename Body>
void SqliteEventLog::Transaction(Body body) {
  const std::lock_guard lock(connection_mutex_);
  sqlite::Transaction(connection_, std::move(body));
}

template <typename Body>
std::invoke_result_t<Body, Reader&> SqliteEventLog::With(Body body) const {
  std::unique_ptr<Reader> reader;
  {
    const std::lock_guard lock(readers_mutex_);
    if (!readers_.empty()) {
      reader = std::move(readers_.back());
      readers_.pop_back();
    }
  }
  if (!reader) reader = std::make_unique<Reader>(path_);
  auto result = body(*reader);  // a reader that throws is not used again
  const std::lock_guard lock(readers_mutex_);
  readers_.push_back(std::move(reader));
  return result;
}

int64_t SqliteEventLog::RemoveBefore(int64_t time_ms) {
  int64_t removed = 0;
  for (int64_t last = kRemovedAtOnce; last == kRemovedAtOnce; removed += last) {
    Transaction([&] {
      Statement(connection_,
                "delete from events where offset in "
                "(select offset from events where time_ms < ?1 limit ?2)")
          .Bind(1, time_ms)
          .Bind(2, kRemovedAtOnce)
          .Run();
      last = connection_.changes();
    });
  }
  if (removed > 0) {
    Transaction([&] {
      connection_.Run("delete from keys where offset not in (select offset from events)");
    });
  }
  return removed;
}

int64_t SqliteEventLog::EraseUser(std::string_view user_id) {
  int64_t removed = 0;
  Transaction([&] {
    Statement(connection_, "delete from keys where user_id = ?1").Bind(1, user_id).Run();
    Statement(connection_, "delete from events where user_id = ?1").Bind(1, user_id).Run();
    removed = connection_.changes();
  });
  ForgetWriteAheadLog();
  return removed;
}

// What was deleted is overwritten in the file (secure_delete), but the write-ahead log still holds
// older pages until it is emptied, for which no reader may be at work.
void SqliteEventLog::ForgetWriteAheadLog() {
  const std::lock_guard lock(connection_mutex_);
  if (connection_.Int("pragma wal_checkpoint(truncate)") != 0) {
    throw Error(
        Code::kUnavailable,
        "event log: readers kept the write-ahead log busy, which still holds what was erased",
        "erase again");
  }
}

}  // namespace

std::unique_ptr<EventLog> OpenSqliteEventLog(const SqliteEventLogOptions& options) {
  return std::make_unique<SqliteEventLog>(options);
}

}  // namespace marquee
