// One connection to a relational database: statements with "?" for values, rows read forward. The
// same text runs on SQLite and PostgreSQL.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace marquee::database {

struct Blob {
  std::string bytes;

  bool operator==(const Blob&) const = default;
};

// std::monostate is null, and so is a double that is NaN. The sign of a zero may get lost. Text is
// UTF-8 without NUL; other text throws invalid_argument.
using SqlValue = std::variant<std::monostate, int64_t, double, std::string, Blob>;
using SqlValues = std::vector<SqlValue>;

enum class Dialect { kSqlite, kPostgres };

// The rows of a query, read as they come: memory is that of one row, also for a million of them.
// A move-only handle; must not outlive its transaction.
class Rows {
 public:
  // One driver's way to them.
  class Cursor {
   public:
    virtual ~Cursor() = default;
    virtual bool Next() = 0;
    virtual bool IsNull(int column) const = 0;
    virtual int64_t Int(int column) const = 0;
    virtual double Double(int column) const = 0;
    virtual std::string Text(int column) const = 0;
    virtual std::string Bytes(int column) const = 0;
  };

  explicit Rows(std::unique_ptr<Cursor> cursor) : cursor_(std::move(cursor)) {}

  // To the first row, then to the next one; false after the last.
  bool Next() { return cursor_->Next(); }

  // Columns count from 0. Null is 0, NaN and "".
  bool IsNull(int column) const { return cursor_->IsNull(column); }
  int64_t Int(int column) const { return cursor_->Int(column); }  // a truth value is 0 or 1
  double Double(int column) const { return cursor_->Double(column); }
  std::string Text(int column) const { return cursor_->Text(column); }
  std::string Bytes(int column) const { return cursor_->Bytes(column); }  // of a blob

 private:
  std::unique_ptr<Cursor> cursor_;
};

// What the body of a transaction works with (database.h). Not thread-safe.
//
// A "?" outside of quotes and comments stands for the next value. Statements are prepared once and
// kept, so their text must not hold values: a bounded number of texts. A number goes to PostgreSQL
// as bigint or double precision, text as text.
//
// Errors name the database: already_exists when a row would break a unique key,
// failed_precondition for another constraint, deadline_exceeded past the limit of a statement,
// unavailable when the server is gone or the disk is full, internal for a bad statement. After an
// error the transaction cannot be committed: let it pass.
class Session {
 public:
  virtual ~Session() = default;

  virtual Dialect dialect() const = 0;
  // Has run when it returns: also an "insert ... returning". Another statement before the last row
  // is read is fine, but PostgreSQL then keeps the rest in memory.
  virtual Rows Query(const std::string& sql, SqlValues values = {}) = 0;
  // How many rows it changed.
  virtual int64_t Run(const std::string& sql, SqlValues values = {}) = 0;
  // One statement for each of `rows`, in order and without waiting for each; how many rows they
  // changed. Each place holds one type or null. Made for thousands.
  virtual int64_t RunMany(const std::string& sql, std::span<const SqlValues> rows) = 0;
};

}  // namespace marquee::database
