#include "events/event_store.h"

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "base/hash.h"
#include "base/text.h"

namespace marquee {
namespace {

using sqlite::Connection;
using sqlite::Statement;

constexpr int64_t kApplicationId = 0x4d525145;  // "MRQE"
constexpr int kRemovedAtOnce = 10'000;
constexpr int64_t kEverything = std::numeric_limits<int64_t>::max();

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
)",
                                     R"(
drop index events_by_user;
drop index events_by_time;
create table runs (
  id integer primary key,
  kind integer not null,
  level integer not null,
  first_offset integer not null,
  last_offset integer not null
);
create table run_pages (
  id integer primary key,
  run integer not null,
  first_key integer not null,
  entries blob not null
);
create index run_pages_by_key on run_pages (run, first_key);
alter table log add column indexed integer not null default 1;
alter table log add column position integer not null default 0;
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

// What the index knows a user by. The id of the log makes it another in each log, so that nobody
// can choose users that share one.
int64_t UserKey(std::string_view log_id, std::string_view user_id) {
  return static_cast<int64_t>(Fnv1a(user_id, Fnv1a(log_id)));
}

int64_t OnlyInt(Statement& statement) {
  statement.Step();
  const int64_t value = statement.Int(0);
  statement.Reset();
  return value;
}

int64_t KeyOffset(Statement& find, const Event& event) {
  find.Bind(1, event.user_id).Bind(2, event.idempotency_key);
  const int64_t offset = find.Step() ? find.Int(0) : 0;
  find.Reset();
  return offset;
}

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

std::string Select(std::string_view rest) { return StrCat(kColumns, rest); }

// While it lives, the connection reads the database as it was at its first read.
class Snapshot {
 public:
  explicit Snapshot(Connection& connection) : connection_(connection) { connection_.Run("begin"); }
  ~Snapshot() {
    try {
      connection_.Run("commit");
    } catch (const Error&) {  // there is nothing to lose
    }
  }
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

 private:
  Connection& connection_;
};

}  // namespace

EventWriter::EventWriter(const std::filesystem::path& path)
    : connection_(OpenLog(path)),
      id_(IdOf(connection_)),
      end_(connection_, "select offset from next"),
      set_end_(connection_, "update next set offset = ?1"),
      position_(connection_, "select position from log"),
      set_position_(connection_, "update log set position = ?1"),
      insert_(connection_, "insert into events values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"),
      find_key_(connection_, "select offset from keys where user_id = ?1 and key = ?2"),
      insert_key_(connection_, "insert into keys values (?1, ?2, ?3)"),
      indexed_(connection_, "select indexed from log"),
      set_indexed_(connection_, "update log set indexed = ?1"),
      unindexed_rows_(connection_,
                      "select offset, user_id, time_ms from events where offset >= ?1 "
                      "order by offset limit ?2"),
      data_version_(connection_, "pragma data_version"),
      index_(connection_),
      entries_(connection_) {
  IndexAll(IndexWriter::kMinRun);
}

int64_t EventWriter::End() { return OnlyInt(end_); }
void EventWriter::SetEnd(int64_t offset) { set_end_.Bind(1, offset).Run(); }
int64_t EventWriter::Position() { return OnlyInt(position_); }
void EventWriter::SetPosition(int64_t position) { set_position_.Bind(1, position).Run(); }
int64_t EventWriter::OffsetOfKey(const Event& event) { return KeyOffset(find_key_, event); }

Appended EventWriter::Add(const Event& event, int64_t offset) {
  const bool keyed = !event.idempotency_key.empty();
  if (keyed) {
    const int64_t first = OffsetOfKey(event);
    if (first > 0) return {first, true};
  }
  insert_.Bind(1, offset).Bind(2, event.user_id).Bind(3, event.item_id);
  insert_.Bind(4, static_cast<int64_t>(event.kind)).Bind(5, event.value).Bind(6, event.time_ms);
  insert_.Bind(7, event.session_id).Bind(8, event.context);
  insert_.Run();
  if (keyed)
    insert_key_.Bind(1, event.user_id).Bind(2, event.idempotency_key).Bind(3, offset).Run();
  unindexed_.push_back({UserKey(id_, event.user_id), event.time_ms, offset});
  return {offset, false};
}

bool EventWriter::Tidy() {
  constexpr int64_t kEventsAPiece = 4096;  // each is merged three times in each of two indexes
  int64_t pieces = 1;
  if (std::ssize(unindexed_) >= IndexWriter::kMinRun) {
    pieces += IndexAll(IndexWriter::kMinRun) / kEventsAPiece;
    may_merge_ = true;
  }
  while (may_merge_ && pieces-- > 0) {
    bool merged = false;
    Transaction([&] {
      const int64_t first_live = FirstOffset();
      merged = index_.MergeSome(IndexKind::kUser, first_live) ||
               index_.MergeSome(IndexKind::kTime, first_live);
    });
    may_merge_ = merged;
  }
  return may_merge_;
}

// Gives how many it indexed.
int64_t EventWriter::IndexAll(int64_t at_least) {
  int64_t indexed = 0;
  for (int64_t last = 1; last > 0; indexed += last) last = IndexSome(at_least);
  return indexed;
}

// Gives how many it indexed: none when there are fewer than `at_least`. Rows are read again only
// where another connection wrote some.
int64_t EventWriter::IndexSome(int64_t at_least) {
  int64_t version = kNoVersion;
  size_t limit = 0;
  std::vector<Unindexed> read;
  std::span<const Unindexed> events;
  Transaction([&] {
    version = OnlyInt(data_version_);
    limit = static_cast<size_t>(index_.Capacity(IndexKind::kUser));
    if (version != known_version_) read = ReadUnindexed(limit);
    events = version == known_version_ ? std::span<const Unindexed>(unindexed_) : read;
    events = events.first(std::min(events.size(), limit));
    if (std::ssize(events) >= at_least) AddToIndex(events);
  });
  const int64_t indexed = std::ssize(events) >= at_least ? std::ssize(events) : 0;
  if (version == known_version_) {
    unindexed_.erase(unindexed_.begin(), unindexed_.begin() + indexed);
  } else if (read.size() < limit) {  // these are all
    known_version_ = version;
    read.erase(read.begin(), read.begin() + indexed);
    unindexed_ = std::move(read);
  }
  return indexed;
}

std::vector<EventWriter::Unindexed> EventWriter::ReadUnindexed(size_t limit) {
  std::vector<Unindexed> events;
  unindexed_rows_.Bind(1, OnlyInt(indexed_)).Bind(2, static_cast<int64_t>(limit));
  while (unindexed_rows_.Step()) {
    events.push_back(
        {UserKey(id_, unindexed_rows_.Text(1)), unindexed_rows_.Int(2), unindexed_rows_.Int(0)});
  }
  unindexed_rows_.Reset();
  return events;
}

void EventWriter::AddToIndex(std::span<const Unindexed> events) {
  if (events.empty()) return;
  std::vector<IndexEntry> users, times;
  for (const Unindexed& event : events) {
    users.push_back({event.user_key, event.offset});
    times.push_back({event.time_ms, event.offset});
  }
  index_.Add(IndexKind::kUser, std::move(users));
  index_.Add(IndexKind::kTime, std::move(times));
  set_indexed_.Bind(1, events.back().offset + 1).Run();
}

// The first that there is an event of; beyond all when there is none.
int64_t EventWriter::FirstOffset() {
  Statement first(connection_, "select min(offset) from events");
  return first.Step() && !first.IsNull(0) ? first.Int(0) : kEverything;
}

int64_t EventWriter::RemoveBefore(int64_t time_ms) {
  IndexAll(1);
  int64_t removed = 0;
  for (int64_t last = 1; last > 0; removed += last) last = RemoveSome(time_ms);
  if (removed > 0) {
    Transaction([&] {
      connection_.Run("delete from keys where offset not in (select offset from events)");
      index_.RemoveRunsBelow(FirstOffset());
    });
  }
  return removed;
}

// Looks at the next events of the index only; gives how many it removed.
int64_t EventWriter::RemoveSome(int64_t time_ms) {
  int64_t removed = 0;
  Transaction([&] {
    Statement remove(connection_, "delete from events where offset = ?1");
    while (removed == 0) {
      const auto entries = entries_.From(IndexKind::kTime, {std::numeric_limits<int64_t>::min(), 0},
                                         time_ms, kRemovedAtOnce);
      if (entries.empty()) return;
      for (const IndexEntry& entry : entries) {
        remove.Bind(1, entry.offset).Run();
        removed += connection_.changes();
      }
      index_.RemoveUpTo(IndexKind::kTime, entries.back());
    }
  });
  return removed;
}

int64_t EventWriter::EraseUser(std::string_view user_id) {
  int64_t removed = 0;
  Transaction([&] {
    Statement(connection_, "delete from keys where user_id = ?1").Bind(1, user_id).Run();
    std::vector<int64_t> offsets = RemoveUser(user_id);
    removed = static_cast<int64_t>(offsets.size());
    std::ranges::sort(offsets);
    index_.Remove(IndexKind::kUser, UserKey(id_, user_id), offsets);
    Statement tail(connection_,
                   "delete from events where offset >= (select indexed from log) and user_id = ?1");
    tail.Bind(1, user_id).Run();
    removed += connection_.changes();
  });
  known_version_ = kNoVersion;  // unindexed_ still has the user
  ForgetWriteAheadLog();
  return removed;
}

// Removes the indexed events of a user; gives their offsets.
std::vector<int64_t> EventWriter::RemoveUser(std::string_view user_id) {
  std::vector<int64_t> offsets;
  entries_.NewestFirst(IndexKind::kUser, UserKey(id_, user_id), kEverything, [&](int64_t offset) {
    offsets.push_back(offset);
    return true;
  });
  Statement remove(connection_, "delete from events where offset = ?1 and user_id = ?2");
  std::erase_if(offsets, [&](int64_t offset) {
    remove.Bind(1, offset).Bind(2, user_id).Run();
    return connection_.changes() == 0;  // of a user with the same hash, or removed before
  });
  return offsets;
}

// What was deleted is overwritten in the file (secure_delete), but the write-ahead log still holds
// older pages until it is emptied, for which no reader may be at work.
void EventWriter::ForgetWriteAheadLog() {
  if (connection_.Int("pragma wal_checkpoint(truncate)") != 0) {
    throw Error(
        Code::kUnavailable,
        "event log: readers kept the write-ahead log busy, which still holds what was erased",
        "erase again");
  }
}

EventReader::EventReader(const std::filesystem::path& path)
    : connection_(path),
      id_(IdOf(connection_)),
      index_(connection_),
      by_offset_(connection_, Select("where offset >= ?1 order by offset limit ?2").c_str()),
      at_(connection_, Select("where offset = ?1").c_str()),
      tail_of_user_(connection_, Select("where offset >= ?1 and offset < ?2 and user_id = ?3 "
                                        "order by offset desc limit ?4")
                                     .c_str()),
      tail_by_time_(
          connection_,
          "select time_ms, offset from events where offset >= ?1 and "
          "(time_ms, offset) > (?2, ?3) and time_ms < ?4 order by time_ms, offset limit ?5"),
      end_(connection_, "select offset from next"),
      position_(connection_, "select position from log"),
      indexed_(connection_, "select indexed from log"),
      key_(connection_, "select offset from keys where user_id = ?1 and key = ?2") {}

std::vector<StoredEvent> EventReader::Read(int64_t from, int limit) {
  by_offset_.Bind(1, from).Bind(2, int64_t{limit});
  return Rows(by_offset_);
}

std::vector<StoredEvent> EventReader::ReadUser(std::string_view user_id, int64_t before,
                                               int limit) {
  const Snapshot snapshot(connection_);
  const int64_t indexed = OnlyInt(indexed_);
  tail_of_user_.Bind(1, indexed).Bind(2, before).Bind(3, user_id).Bind(4, int64_t{limit});
  std::vector<StoredEvent> rows = Rows(tail_of_user_);
  if (std::ssize(rows) >= limit) return rows;
  index_.NewestFirst(IndexKind::kUser, UserKey(id_, user_id), std::min(before, indexed),
                     [&](int64_t offset) {
                       std::optional<StoredEvent> row = At(offset);
                       if (row && row->event.user_id == user_id) rows.push_back(*std::move(row));
                       return std::ssize(rows) < limit;
                     });
  return rows;
}

std::vector<StoredEvent> EventReader::ReadTime(EventLog::TimePosition after, int64_t to_ms,
                                               int limit) {
  const Snapshot snapshot(connection_);
  const int64_t indexed = OnlyInt(indexed_);
  std::vector<StoredEvent> rows;
  IndexEntry last{after.time_ms, after.offset};
  while (std::ssize(rows) < limit) {
    const std::vector<IndexEntry> entries = TimesFrom(last, to_ms, limit, indexed);
    for (const IndexEntry& entry : entries) {
      if (std::ssize(rows) == limit) break;
      if (std::optional<StoredEvent> row = At(entry.offset)) rows.push_back(*std::move(row));
    }
    if (std::ssize(entries) < limit) break;
    last = entries.back();
  }
  return rows;
}

std::vector<IndexEntry> EventReader::TimesFrom(IndexEntry after, int64_t to_ms, int limit,
                                               int64_t indexed) {
  const auto count = static_cast<size_t>(limit);
  std::vector<IndexEntry> entries = index_.From(IndexKind::kTime, after, to_ms, count);
  tail_by_time_.Bind(1, indexed).Bind(2, after.key).Bind(3, after.offset);
  tail_by_time_.Bind(4, to_ms).Bind(5, int64_t{limit});
  while (tail_by_time_.Step()) entries.push_back({tail_by_time_.Int(0), tail_by_time_.Int(1)});
  tail_by_time_.Reset();
  std::ranges::sort(entries);
  if (entries.size() > count) entries.resize(count);
  return entries;
}

std::optional<StoredEvent> EventReader::At(int64_t offset) {
  at_.Bind(1, offset);
  std::vector<StoredEvent> rows = Rows(at_);
  if (rows.empty()) return std::nullopt;
  return std::move(rows.front());
}

int64_t EventReader::End() { return OnlyInt(end_); }
int64_t EventReader::Position() { return OnlyInt(position_); }
int64_t EventReader::OffsetOfKey(const Event& event) { return KeyOffset(key_, event); }

void OwnOffsets::Add(int64_t begin, int64_t end) {
  constexpr size_t kMax = 1024;
  const std::lock_guard lock(mutex_);
  if (!stretches_.empty() && stretches_.back().second == begin) {
    stretches_.back().second = end;
    return;
  }
  stretches_.emplace_back(begin, end);
  if (stretches_.size() > kMax) stretches_.pop_front();
}

int64_t OwnOffsets::EndOf(int64_t from) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [begin, end] : stretches_) {
    if (begin <= from && from < end) return end;
  }
  return from;
}

std::unique_ptr<EventReader> EventReaders::Take() const {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<EventReader> reader = std::move(idle_.back());
      idle_.pop_back();
      return reader;
    }
  }
  return std::make_unique<EventReader>(path_);
}

}  // namespace marquee
