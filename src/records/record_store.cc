#include "records/record_store.h"

#include <mutex>
#include <utility>

#include "base/error.h"
#include "base/hash.h"
#include "base/ids.h"
#include "base/text.h"
#include "database/sqlite.h"

namespace marquee {
namespace {

using sqlite::Statement;

constexpr const char* kVersions[] = {R"(
create table records (
  kind integer not null,
  id text not null,
  fields text not null,
  added integer not null,
  deleted integer not null,
  created_ms integer not null,
  revision integer not null,
  primary key (kind, id)
);
create table erasures (hash text primary key, requested_ms integer not null, done_ms integer not null);
create table facts (name text primary key, value text not null);
)",
                                     "alter table erasures add column user_id text"};
constexpr sqlite::Schema kSchema{0x4d525152, kVersions};  // "MRQR"

constexpr const char* kColumns =
    "select id, fields, added, deleted, created_ms, revision from records ";

Record ReadRecord(const Statement& row) {
  return {row.Text(0), Json::Parse(row.Text(1)), row.Int(2) != 0, row.Int(3) != 0, row.Int(4),
          row.Int(5)};
}

}  // namespace

struct RecordStore::State {
  explicit State(const std::filesystem::path& path) : connection(sqlite::Open(path, kSchema)) {}

  std::optional<Record> Find(Kind kind, std::string_view id) const {
    Statement find(connection, StrCat(kColumns, "where kind = ?1 and id = ?2").c_str());
    find.Bind(1, static_cast<int64_t>(kind)).Bind(2, id);
    if (!find.Step()) return std::nullopt;
    return ReadRecord(find);
  }

  mutable std::mutex mutex;
  mutable sqlite::Connection connection;  // guarded by mutex, as is the next
  int64_t own_changes = 0;
};

RecordStore::RecordStore(const std::filesystem::path& path, const Clock& clock)
    : state_(std::make_unique<State>(path)), clock_(clock) {
  state_->connection.Run("pragma secure_delete = on");
  sqlite::Transaction(state_->connection, [&] {
    Statement(state_->connection, "insert or ignore into facts values ('salt', ?1)")
        .Bind(1, NewRunId())
        .Run();
  });
  Statement read(state_->connection, "select value from facts where name = 'salt'");
  read.Step();
  salt_ = read.Text(0);
}

RecordStore::~RecordStore() = default;

std::vector<Record> RecordStore::List(Kind kind) const {
  const std::lock_guard lock(state_->mutex);
  Statement list(state_->connection,
                 StrCat(kColumns, "where kind = ?1 order by created_ms, rowid").c_str());
  list.Bind(1, static_cast<int64_t>(kind));
  std::vector<Record> records;
  while (list.Step()) records.push_back(ReadRecord(list));
  return records;
}

std::optional<Record> RecordStore::Find(Kind kind, std::string_view id) const {
  const std::lock_guard lock(state_->mutex);
  return state_->Find(kind, id);
}

Record RecordStore::Update(Kind kind, std::string_view id,
                           const std::function<Record(std::optional<Record>)>& change) {
  const std::lock_guard lock(state_->mutex);
  sqlite::Connection& connection = state_->connection;
  Record written;
  sqlite::Transaction(connection, [&] {
    std::optional<Record> old = state_->Find(kind, id);
    const int64_t created_ms = old ? old->created_ms : clock_.NowMs();
    written = change(std::move(old));
    written.id = id;
    written.created_ms = created_ms;
    written.revision = 1 + connection.Int("select coalesce(max(revision), 0) from records");
    const std::string fields = written.fields.Dump();
    Statement(connection,
              "insert into records values (?1, ?2, ?3, ?4, ?5, ?6, ?7) on conflict do update set "
              "fields = ?3, added = ?4, deleted = ?5, revision = ?7")
        .Bind(1, static_cast<int64_t>(kind))
        .Bind(2, id)
        .Bind(3, fields)
        .Bind(4, int64_t{written.added})
        .Bind(5, int64_t{written.deleted})
        .Bind(6, written.created_ms)
        .Bind(7, written.revision)
        .Run();
  });
  ++state_->own_changes;
  return written;
}

int64_t RecordStore::version() const {
  const std::lock_guard lock(state_->mutex);
  // data_version tells of others alone. Both only grow.
  return state_->connection.Int("pragma data_version") + state_->own_changes;
}

std::string RecordStore::HashOf(std::string_view user_id) const {
  return HashHex(HashKind::kSha256, StrCat(salt_, user_id));
}

void RecordStore::BeginErasure(std::string_view user_id) {
  const std::string hash = HashOf(user_id);
  const std::lock_guard lock(state_->mutex);
  sqlite::Connection& connection = state_->connection;
  sqlite::Transaction(connection, [&] {
    Statement(connection,
              "insert into erasures values (?1, ?2, 0, ?3) on conflict do update set "
              "requested_ms = ?2, done_ms = 0, user_id = ?3")
        .Bind(1, hash)
        .Bind(2, clock_.NowMs())
        .Bind(3, user_id)
        .Run();
    Statement(connection, "delete from records where kind = ?1 and id = ?2")
        .Bind(1, static_cast<int64_t>(Kind::kUser))
        .Bind(2, user_id)
        .Run();
  });
  ++state_->own_changes;
  DropOldPages();
}

void RecordStore::FinishErasure(std::string_view user_id) {
  const std::string hash = HashOf(user_id);
  const std::lock_guard lock(state_->mutex);
  Statement(state_->connection, "update erasures set done_ms = ?2, user_id = null where hash = ?1")
      .Bind(1, hash)
      .Bind(2, clock_.NowMs())
      .Run();
  ++state_->own_changes;
  DropOldPages();
}

// What was deleted is overwritten in the file; the write-ahead log still holds older pages.
void RecordStore::DropOldPages() {
  if (state_->connection.Int("pragma wal_checkpoint(truncate)") == 0) return;
  throw Error(Code::kUnavailable, "another process kept the write-ahead log of the records busy",
              "erase again");
}

std::vector<Erasure> RecordStore::Erasures() const {
  const std::lock_guard lock(state_->mutex);
  Statement list(state_->connection, "select hash, requested_ms, done_ms, user_id from erasures");
  std::vector<Erasure> erasures;
  while (list.Step()) erasures.push_back({list.Text(0), list.Int(1), list.Int(2), list.Text(3)});
  return erasures;
}

}  // namespace marquee
