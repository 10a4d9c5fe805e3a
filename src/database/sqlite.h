// SQLite as RAII. Not thread-safe: a connection belongs to one thread at a time.
//
// Every call throws Error with the name of the file: data_loss when it is damaged or no database,
// already_exists when a row would break a unique key, failed_precondition for another constraint,
// deadline_exceeded when a progress handler stops it, internal for a bad statement, and unavailable
// when the disk is full or does not work.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace marquee::sqlite {

class Connection {
 public:
  // Creates the file, empty, where there is none.
  explicit Connection(const std::filesystem::path& path);

  // Runs statements that give no rows.
  void Run(const char* sql);
  // The first column of the first row.
  int64_t Int(const char* sql);
  int64_t changes() const;
  int64_t last_rowid() const;
  // Whether a transaction is open: SQLite ends it by itself after some errors.
  bool in_transaction() const;
  sqlite3* raw() const { return handle_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  std::unique_ptr<sqlite3, Close> handle_;
};

// A prepared statement, used again and again: bind from 1, step, read columns from 0, reset.
class Statement {
 public:
  Statement(const Connection& connection, const char* sql);

  // Text and blobs must live until the next Reset.
  Statement& Bind(int index, std::string_view text);
  Statement& Bind(int index, int64_t value);
  Statement& Bind(int index, double value);  // NaN is null
  Statement& BindBlob(int index, std::string_view bytes);
  Statement& BindNull(int index);
  // How many values it takes.
  size_t parameters() const;
  // Whether there is a row.
  bool Step();
  // For statements without rows: steps and resets.
  void Run();
  void Reset();

  int64_t Int(int column) const;
  double Double(int column) const;  // null is NaN
  std::string Text(int column) const;
  bool IsNull(int column) const;
  // Of a blob, until the next Step or Reset.
  std::string_view Bytes(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

// Runs `body` as one transaction; undone when it throws.
template <typename Body>
void Transaction(Connection& connection, Body body) {
  connection.Run("begin immediate");
  try {
    body();
    connection.Run("commit");
  } catch (...) {
    if (connection.in_transaction()) connection.Run("rollback");
    throw;
  }
}

// What a file must be.
struct Schema {
  int64_t application_id;  // tells it from databases of something else
  // The statements that take a database of version i to version i + 1; version 0 is an empty file.
  std::span<const char* const> versions;
};

// Opens `path`, in a folder that is made if need be, with a write-ahead log and commits that
// survive the loss of power, and brings it to the newest version: in one transaction, so that a
// killed process leaves the old one. Throws data_loss for a database of something else,
// failed_precondition for one that a newer program wrote.
Connection Open(const std::filesystem::path& path, const Schema& schema);

}  // namespace marquee::sqlite
