// A relational database that many threads share: SQLite, a file, or PostgreSQL.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "database/session.h"

namespace marquee::database {

class Connection;

struct DatabaseOptions {
  // "sqlite:PATH" or a path: a file, made if need be, with a write-ahead log and commits that
  // survive the loss of power. "postgresql://user:password@host:port/database?sslmode=...": as
  // libpq reads it.
  std::string url;
  int max_connections = 16;           // more only help a server with as many cores
  int acquire_timeout_ms = 10'000;    // how long to wait for a free one, and to connect
  int statement_timeout_ms = 60'000;  // of a statement; with SQLite, of each of its rows
};

// What the tables must be. Several programs may bring them to the newest version at once.
struct Schema {
  // PostgreSQL: the tables stand in a schema of that name, so that several share a database.
  std::string_view name;
  int64_t application_id;  // 32 bits; tells a file or schema from those of something else
  // The statements, each ended by ";", that take version i to version i + 1; version 0 is empty.
  // Words that the dialects spell differently:
  //   {identity}       a primary key that numbers itself
  //   {text}           text in the order of its bytes
  //   {blob}           bytes
  //   {without_rowid}  at the end of a table: rows stand in the order of the primary key
  std::span<const char* const> versions;
};

// Thread-safe: any number of threads and processes. SQLite has one writer at a time.
class Database {
 public:
  // Connects, and brings the tables to the newest version in one transaction. Throws
  // invalid_argument for a bad URL, failed_precondition when a newer program wrote the tables,
  // data_loss when they are of something else, unavailable.
  Database(const DatabaseOptions& options, const Schema& schema);
  ~Database();

  // Runs body(Session&) as one transaction, and returns what it returns; undone when it throws.
  // PostgreSQL reads what others committed before each statement, and runs the body again after a
  // deadlock: nothing but the session may show that it ran. Must not be called in a body. Throws
  // resource_exhausted when no connection gets free in time; and what Session does. A commit that
  // throws unavailable may have been made.
  template <typename Body>
  auto Write(const Body& body) {
    return Call(body, [this](const auto& transaction) { RunWrite(transaction); });
  }
  // The same for a body that only reads, from one moment's state: nobody's commit shows meanwhile.
  template <typename Body>
  auto Read(const Body& body) {
    return Call(body, [this](const auto& transaction) { RunRead(transaction); });
  }

  Dialect dialect() const { return dialect_; }
  // The URL without user and password.
  const std::string& name() const { return name_; }

 private:
  class Lease;
  using Transaction = std::function<void(Session&)>;

  template <typename Body, typename Runner>
  static auto Call(const Body& body, const Runner& run) {
    using Result = std::invoke_result_t<const Body&, Session&>;
    if constexpr (std::is_void_v<Result>) {
      run(Transaction([&](Session& session) { body(session); }));
    } else {
      std::optional<Result> result;
      run(Transaction([&](Session& session) { result.emplace(body(session)); }));
      return *std::move(result);
    }
  }
  void RunWrite(const Transaction& transaction);
  void RunRead(const Transaction& transaction);
  std::unique_ptr<Connection> Acquire();
  void Release(std::unique_ptr<Connection> connection);

  const DatabaseOptions options_;
  std::string name_;
  Dialect dialect_;
  std::function<std::unique_ptr<Connection>()> connect_;
  std::mutex write_mutex_;  // SQLite: a queue in the process, where its own waiting polls
  std::mutex mutex_;
  std::condition_variable released_;
  int open_ = 0;
  std::vector<std::unique_ptr<Connection>> free_;
};

}  // namespace marquee::database
