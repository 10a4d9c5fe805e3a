// Internal: sessions on PostgreSQL, over libpq.
#pragma once

#include <libpq-fe.h>

#include <map>
#include <memory>
#include <span>
#include <string>

#include "database/connection_internal.h"

namespace marquee::database {

struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using PostgresResult = std::unique_ptr<PGresult, ClearResult>;

class PostgresCursor;

class PostgresConnection : public Connection {
 public:
  // `name` stands for `options.url`, without its secrets, in errors.
  PostgresConnection(const DatabaseOptions& options, const std::string& name,
                     const std::string& schema);
  ~PostgresConnection() override;

  Dialect dialect() const override { return Dialect::kPostgres; }
  Rows Query(const std::string& sql, SqlValues values) override;
  int64_t Run(const std::string& sql, SqlValues values) override;
  int64_t RunMany(const std::string& sql, std::span<const SqlValues> rows) override;

  void Begin(Access access) override;
  void Commit() override;
  void Rollback() noexcept override;
  bool usable() const override;
  bool should_retry() const override { return should_retry_; }

  // Statements without values, several at once.
  void Execute(const std::string& sql);

 private:
  friend class PostgresCursor;

  struct Close {
    void operator()(PGconn* handle) const { PQfinish(handle); }
  };
  struct Prepared {
    std::string name;
    size_t places;
  };

  // Of `types`, an OID for each value.
  const Prepared& Prepare(const std::string& sql, std::span<const Oid> types);
  void SendPrepared(const std::string& sql, const Prepared& prepared, const SqlValues& values);
  // Throws what `result` says, if it is an error.
  void Check(const PGresult* result, std::string_view sql);
  [[noreturn]] void Fail(const PGresult* result, std::string_view sql);
  // The answers to one batch of a pipeline: how many rows were changed; the first error is kept.
  int64_t ReadBatch(PostgresResult* error);
  void KeepRestOfActive();

  const std::string name_;
  std::unique_ptr<PGconn, Close> handle_;
  std::map<std::string, Prepared, std::less<>> prepared_;  // by types and text
  int64_t last_statement_ = 0;
  PostgresCursor* active_ = nullptr;  // its rows are still coming
  bool failed_ = false;
  bool should_retry_ = false;
};

// Brings the tables of `schema` to the newest version.
void MigratePostgres(PostgresConnection& connection, const std::string& name, const Schema& schema);

}  // namespace marquee::database
