// SQL over files and streams: DuckDB behind a wall. Only this module sees its library.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancel.h"

namespace marquee::lake {

struct EngineOptions {
  int64_t memory_limit_bytes = int64_t{2} << 30;  // beyond it, sorts and joins spill to temp_dir
  int threads = 2;
  std::filesystem::path temp_dir{};  // made when missing; empty: no spilling
};

struct ColumnInfo {
  std::string name;
  std::string sql_type;  // as DuckDB spells it: "BIGINT", "VARCHAR", "TIMESTAMP WITH TIME ZONE",
                         // "VARCHAR[]"
};

// Where a RowSource puts up to capacity() rows. Text is copied; it must be valid UTF-8.
class RowSink {
 public:
  virtual ~RowSink() = default;
  virtual size_t capacity() const = 0;
  virtual void SetText(size_t row, size_t column, std::string_view text) = 0;
  virtual void SetInt(size_t row, size_t column, int64_t value) = 0;
  virtual void SetNull(size_t row, size_t column) = 0;
};

// A stream of rows that SQL can read once. Called from one thread at a time.
class RowSource {
 public:
  virtual ~RowSource() = default;
  // VARCHAR or BIGINT each.
  virtual std::vector<ColumnInfo> Columns() const = 0;
  // Writes the next rows; returns how many, 0 at the end. May throw Error: it comes out of the
  // Query or Execute that reads.
  virtual size_t Fill(RowSink& sink) = 0;
};

// Up to 2,048 rows of a result, column by column. Valid until the next Next().
// REQUIRES of all accessors: the column has that type; rows that are null hold anything.
class Chunk {
 public:
  virtual ~Chunk() = default;
  virtual size_t size() const = 0;
  virtual bool IsNull(size_t column, size_t row) const = 0;
  virtual std::span<const int64_t> Int64(size_t column) const = 0;     // BIGINT
  virtual std::span<const int32_t> Int32(size_t column) const = 0;     // INTEGER
  virtual std::span<const double> Double(size_t column) const = 0;     // DOUBLE
  virtual std::span<const float> Float(size_t column) const = 0;       // FLOAT
  virtual std::span<const uint8_t> Bool(size_t column) const = 0;      // BOOLEAN
  virtual std::string_view Text(size_t column, size_t row) const = 0;  // VARCHAR
  virtual std::vector<std::string> TextList(
      size_t column, size_t row) const = 0;  // VARCHAR[]; null elements are left out
  // Any type, as SQL would cast it to text but for two: TIMESTAMP WITH TIME ZONE is
  // "2000-01-01T01:02:03.5Z", and lists, structs and maps are JSON. "" for null.
  virtual std::string Display(size_t column, size_t row) const = 0;
};

// The rows of a query, in order, computed as they are read: Next throws what Query may. The next
// statement of the session ends it.
class Result {
 public:
  virtual ~Result() = default;
  virtual const std::vector<ColumnInfo>& columns() const = 0;
  // The next rows, or null at the end.
  virtual const Chunk* Next() = 0;
};

// One connection with its own temporary views and tables. Not thread-safe but for Interrupt.
// Every call throws Error: invalid_argument for SQL that is wrong, resource_exhausted for memory or
// disk, cancelled after Interrupt, otherwise what DuckDB says under its nearest code.
class Session {
 public:
  virtual ~Session() = default;
  // Runs statements separated by ';'.
  virtual void Execute(std::string_view sql) = 0;
  // Runs one statement.
  virtual std::unique_ptr<Result> Query(std::string_view sql) = 0;
  // Runs one statement and returns its only value: REQUIRES one column and at least one row. "" for
  // null; QueryInt throws invalid_argument for null and for what is no integer.
  virtual std::string QueryText(std::string_view sql) = 0;
  virtual int64_t QueryInt(std::string_view sql) = 0;
  // Makes `source` readable as a table: select * from <name>. Read once, in one query.
  virtual void AddSource(std::string_view name, std::shared_ptr<RowSource> source) = 0;
  // Ends the running statement, from another thread.
  virtual void Interrupt() = 0;
  // 0..1 of the running statement, from another thread; below 0 when unknown.
  virtual double QueryProgress() = 0;
};

// An in-memory database, its time zone UTC. Thread-safe.
class Engine {
 public:
  explicit Engine(const EngineOptions& options);
  ~Engine();
  std::unique_ptr<Session> NewSession();
  static std::string LibraryVersion();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// 'text' and "name" as SQL literals.
std::string SqlText(std::string_view text);
std::string SqlName(std::string_view name);

}  // namespace marquee::lake
