// Sessions on SQLite.
#include <sqlite3.h>

#include <limits>
#include <map>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "database/connection_internal.h"
#include "database/sqlite.h"

namespace marquee::database {
namespace {

constexpr size_t kMaxStatements = 256;
constexpr int kInstructionsBetweenLooks = 10'000;  // some 0.1 ms

// Stops a step that runs past its limit.
class StepLimit {
 public:
  StepLimit(sqlite3* handle, int limit_ms) : limit_seconds_(limit_ms / 1000.0) {
    sqlite3_progress_handler(handle, kInstructionsBetweenLooks, &StepLimit::IsOver, this);
  }
  StepLimit(const StepLimit&) = delete;
  StepLimit& operator=(const StepLimit&) = delete;

  void Start() { end_ = SteadySeconds() + limit_seconds_; }
  // For what must not be stopped.
  void Lift() { end_ = std::numeric_limits<double>::infinity(); }

 private:
  static int IsOver(void* self) {
    return SteadySeconds() > static_cast<const StepLimit*>(self)->end_ ? 1 : 0;
  }

  const double limit_seconds_;
  double end_ = std::numeric_limits<double>::infinity();
};

void BindValue(sqlite::Statement& statement, int index, const SqlValue& value) {
  if (const auto* number = std::get_if<int64_t>(&value)) {
    statement.Bind(index, *number);
  } else if (const auto* real = std::get_if<double>(&value)) {
    statement.Bind(index, *real);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    statement.Bind(index, *text);
  } else if (const auto* blob = std::get_if<Blob>(&value)) {
    statement.BindBlob(index, blob->bytes);
  } else {
    statement.BindNull(index);
  }
}

class SqliteConnection;

// A statement that is out of the cache while it is used, so that a query within a loop over the
// rows of the same query has its own.
class StatementLease {
 public:
  StatementLease(SqliteConnection& connection, const std::string& sql);
  ~StatementLease();
  StatementLease(const StatementLease&) = delete;
  StatementLease& operator=(const StatementLease&) = delete;

  // `values` must live until the next Bind or the end of the lease.
  void Bind(const SqlValues& values);
  bool Step();
  sqlite::Statement& operator*() { return *statement_; }
  const sqlite::Statement& operator*() const { return *statement_; }

 private:
  SqliteConnection& connection_;
  const std::string sql_;
  std::unique_ptr<sqlite::Statement> statement_;
};

class SqliteCursor : public Rows::Cursor {
 public:
  SqliteCursor(SqliteConnection& connection, const std::string& sql, SqlValues values)
      : values_(std::move(values)), statement_(connection, sql) {
    statement_.Bind(values_);
    has_row_ = statement_.Step();
  }

  bool Next() override {
    if (has_row_ && !std::exchange(is_first_, false)) has_row_ = statement_.Step();
    return has_row_;
  }
  bool IsNull(int column) const override { return (*statement_).IsNull(column); }
  int64_t Int(int column) const override { return (*statement_).Int(column); }
  double Double(int column) const override { return (*statement_).Double(column); }
  std::string Text(int column) const override { return (*statement_).Text(column); }
  std::string Bytes(int column) const override { return std::string((*statement_).Bytes(column)); }

 private:
  const SqlValues values_;
  StatementLease statement_;
  bool has_row_ = false;
  bool is_first_ = true;
};

class SqliteConnection : public Connection {
 public:
  SqliteConnection(const std::string& path, int statement_timeout_ms)
      : name_(path), connection_(path), limit_(connection_.raw(), statement_timeout_ms) {
    connection_.Run("pragma synchronous = full");
    connection_.Run("pragma foreign_keys = on");
  }

  Dialect dialect() const override { return Dialect::kSqlite; }
  Rows Query(const std::string& sql, SqlValues values) override {
    return Rows(std::make_unique<SqliteCursor>(*this, sql, std::move(values)));
  }
  int64_t Run(const std::string& sql, SqlValues values) override {
    return RunMany(sql, {&values, 1});
  }
  int64_t RunMany(const std::string& sql, std::span<const SqlValues> rows) override {
    StatementLease statement(*this, sql);
    int64_t changed = 0;
    for (const SqlValues& values : rows) {
      statement.Bind(values);
      statement.Step();
      changed += connection_.changes();
    }
    return changed;
  }

  void Begin(Access access) override {
    failed_ = false;
    limit_.Lift();
    connection_.Run(access == Access::kWrite ? "begin immediate" : "begin");
  }
  void Commit() override {
    if (failed_) RefuseCommit(name_);
    limit_.Lift();
    connection_.Run("commit");
  }
  void Rollback() noexcept override {
    try {
      limit_.Lift();
      if (connection_.in_transaction()) connection_.Run("rollback");
    } catch (const Error&) {
      usable_ = false;
    }
  }
  bool usable() const override { return usable_; }
  bool should_retry() const override { return false; }  // writers wait for each other

  // Runs `run`, and notes when it throws.
  template <typename Run>
  auto Guarded(const Run& run) {
    limit_.Start();
    try {
      return run();
    } catch (...) {
      failed_ = true;
      throw;
    }
  }
  std::unique_ptr<sqlite::Statement> Take(const std::string& sql) {
    auto node = statements_.extract(sql);
    if (node) return std::move(node.mapped());
    return Guarded([&] { return std::make_unique<sqlite::Statement>(connection_, sql.c_str()); });
  }
  void GiveBack(const std::string& sql, std::unique_ptr<sqlite::Statement> statement) {
    if (statements_.size() >= kMaxStatements) statements_.clear();
    statements_.insert_or_assign(sql, std::move(statement));
  }
  const std::string& name() const { return name_; }

 private:
  const std::string name_;
  sqlite::Connection connection_;
  StepLimit limit_;
  std::map<std::string, std::unique_ptr<sqlite::Statement>, std::less<>> statements_;
  bool failed_ = false;
  bool usable_ = true;
};

StatementLease::StatementLease(SqliteConnection& connection, const std::string& sql)
    : connection_(connection), sql_(sql), statement_(connection.Take(sql)) {}

StatementLease::~StatementLease() {
  statement_->Reset();
  connection_.GiveBack(sql_, std::move(statement_));
}

void StatementLease::Bind(const SqlValues& values) {
  connection_.Guarded([&] {
    CheckValues(connection_.name(), sql_, values, statement_->parameters());
    statement_->Reset();
    for (size_t i = 0; i < values.size(); ++i) {
      BindValue(*statement_, static_cast<int>(i) + 1, values[i]);
    }
  });
}

bool StatementLease::Step() {
  return connection_.Guarded([&] { return statement_->Step(); });
}

}  // namespace

Driver OpenSqlite(const DatabaseOptions& options, const Schema& schema) {
  const std::string path = SqlitePathOf(options.url);
  std::vector<std::string> versions;
  for (const char* version : schema.versions) {
    versions.push_back(InDialect(version, Dialect::kSqlite));
  }
  std::vector<const char*> texts;
  for (const std::string& version : versions) texts.push_back(version.c_str());
  sqlite::Open(path, {schema.application_id, texts});
  return {Dialect::kSqlite, path, [path, limit = options.statement_timeout_ms] {
            return std::make_unique<SqliteConnection>(path, limit);
          }};
}

}  // namespace marquee::database
