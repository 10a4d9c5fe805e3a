#include "database/sqlite.h"

#include <sqlite3.h>

#include <limits>

#include "base/error.h"
#include "base/text.h"

namespace marquee::sqlite {
namespace {

constexpr int kBusyTimeoutMs = 10'000;

[[noreturn]] void Fail(sqlite3* handle, std::string_view file, std::string_view what) {
  const int extended = sqlite3_extended_errcode(handle);
  const int code = extended & 0xff;
  const std::string message = StrCat(file, ": ", what, ": ", sqlite3_errmsg(handle));
  if (extended == SQLITE_CONSTRAINT_UNIQUE || extended == SQLITE_CONSTRAINT_PRIMARYKEY)
    throw Error(Code::kAlreadyExists, message, "give another key");
  if (code == SQLITE_CONSTRAINT)
    throw Error(Code::kFailedPrecondition, message, "check the values");
  if (code == SQLITE_INTERRUPT)
    throw Error(Code::kDeadlineExceeded, message, "ask for less, or raise the limit");
  if (code == SQLITE_BUSY)
    throw Error(Code::kUnavailable, message, "try again when other programs are done with it");
  if (code == SQLITE_ERROR) throw Error(Code::kInternal, message, "this is a mistake in Marquee");
  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) {
    throw Error(Code::kDataLoss, message,
                "restore the file from a backup, or move it away to start an empty one");
  }
  if (code == SQLITE_FULL)
    throw Error(Code::kUnavailable, message, "free space on the disk of the home folder");
  throw Error(Code::kUnavailable, message,
              "check that the folder can be written and that its disk works");
}

[[noreturn]] void FailStatement(sqlite3* handle, std::string_view sql) {
  const char* const file = sqlite3_db_filename(handle, "main");
  Fail(handle, file == nullptr ? "" : file, sql);
}

void MakeFolder(const std::filesystem::path& folder) {
  if (folder.empty()) return;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!error) return;
  throw Error(Code::kUnavailable, StrCat("cannot make ", folder.string(), ": ", error.message()),
              "check that the folder above it can be written");
}

}  // namespace

void Connection::Close::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

Connection::Connection(const std::filesystem::path& path) {
  // Nobody reads its counts of memory, which all threads take turns to keep.
  static const int without_counts = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  static_cast<void>(without_counts);
  sqlite3* opened = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &opened,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  handle_.reset(opened);
  if (code != SQLITE_OK) Fail(opened, path.string(), "cannot be opened");
  sqlite3_busy_timeout(opened, kBusyTimeoutMs);
}

void Connection::Run(const char* sql) {
  if (sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK)
    FailStatement(handle_.get(), sql);
}

int64_t Connection::Int(const char* sql) {
  Statement statement(*this, sql);
  statement.Step();
  return statement.Int(0);
}

int64_t Connection::changes() const { return sqlite3_changes64(handle_.get()); }
int64_t Connection::last_rowid() const { return sqlite3_last_insert_rowid(handle_.get()); }
bool Connection::in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Statement::Statement(const Connection& connection, const char* sql) {
  sqlite3_stmt* prepared = nullptr;
  if (sqlite3_prepare_v3(connection.raw(), sql, -1, SQLITE_PREPARE_PERSISTENT, &prepared,
                         nullptr) != SQLITE_OK) {
    FailStatement(connection.raw(), sql);
  }
  handle_.reset(prepared);
}

Statement& Statement::Bind(int index, std::string_view text) {
  // A null pointer would bind null.
  sqlite3_bind_text64(handle_.get(), index, text.empty() ? "" : text.data(), text.size(),
                      SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

Statement& Statement::Bind(int index, int64_t value) {
  sqlite3_bind_int64(handle_.get(), index, value);
  return *this;
}

Statement& Statement::Bind(int index, double value) {
  sqlite3_bind_double(handle_.get(), index, value);
  return *this;
}

Statement& Statement::BindBlob(int index, std::string_view bytes) {
  sqlite3_bind_blob64(handle_.get(), index, bytes.empty() ? "" : bytes.data(), bytes.size(),
                      SQLITE_STATIC);
  return *this;
}

Statement& Statement::BindNull(int index) {
  sqlite3_bind_null(handle_.get(), index);
  return *this;
}

size_t Statement::parameters() const {
  return static_cast<size_t>(sqlite3_bind_parameter_count(handle_.get()));
}

bool Statement::Step() {
  const int code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  sqlite3* const connection = sqlite3_db_handle(handle_.get());
  try {
    FailStatement(connection, sqlite3_sql(handle_.get()));
  } catch (...) {
    sqlite3_reset(handle_.get());
    throw;
  }
}

void Statement::Run() {
  Step();
  Reset();
}

void Statement::Reset() { sqlite3_reset(handle_.get()); }

int64_t Statement::Int(int column) const { return sqlite3_column_int64(handle_.get(), column); }

double Statement::Double(int column) const {
  if (sqlite3_column_type(handle_.get(), column) == SQLITE_NULL)
    return std::numeric_limits<double>::quiet_NaN();
  return sqlite3_column_double(handle_.get(), column);
}

std::string Statement::Text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(handle_.get(), column));
  return {text == nullptr ? "" : text,
          static_cast<size_t>(sqlite3_column_bytes(handle_.get(), column))};
}

bool Statement::IsNull(int column) const {
  return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
}

std::string_view Statement::Bytes(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(handle_.get(), column));
  return {bytes == nullptr ? "" : bytes,
          static_cast<size_t>(sqlite3_column_bytes(handle_.get(), column))};
}

Connection Open(const std::filesystem::path& path, const Schema& schema) {
  MakeFolder(path.parent_path());
  Connection connection(path);
  connection.Run("pragma journal_mode = wal");
  connection.Run("pragma synchronous = full");
  const auto newest = static_cast<int64_t>(schema.versions.size());
  int64_t version = 0;
  Transaction(connection, [&] {
    const bool empty = connection.Int("select count(*) from sqlite_schema") == 0;
    if (!empty && connection.Int("pragma application_id") != schema.application_id) {
      throw Error(Code::kDataLoss, StrCat(path.string(), " is a database of something else"),
                  "move it away");
    }
    version = connection.Int("pragma user_version");
    if (version >= newest) return;
    for (int64_t i = version; i < newest; ++i)
      connection.Run(schema.versions[static_cast<size_t>(i)]);
    connection.Run(StrCat("pragma application_id = ", schema.application_id).c_str());
    connection.Run(StrCat("pragma user_version = ", newest).c_str());
  });
  if (version > newest) {
    throw Error(Code::kFailedPrecondition,
                StrCat(path.string(), " has version ", version, "; this program knows ", newest),
                "use the newer Marquee that wrote it");
  }
  return connection;
}

}  // namespace marquee::sqlite
