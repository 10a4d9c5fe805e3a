// Internal: SQLite as RAII. Not thread-safe: a connection belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace marquee::sqlite {

class Connection {
 public:
  // Throws what the log's opening throws.
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

  // The text must live until the next Reset.
  Statement& Bind(int index, std::string_view text);
  Statement& Bind(int index, int64_t value);
  Statement& Bind(int index, double value);  // NaN is null
  // Whether there is a row.
  bool Step();
  // For statements without rows: steps and resets.
  void Run();
  void Reset();

  int64_t Int(int column) const;
  double Double(int column) const;  // null is NaN
  std::string Text(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

}  // namespace marquee::sqlite
