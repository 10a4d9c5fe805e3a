#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <deque>
#include <limits>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "base/text.h"
#include "database/postgres_connection_internal.h"

namespace marquee::database {
namespace {

constexpr size_t kMaxPrepared = 256;
// Its answers fit into the buffers of a socket: neither side waits for the other to read.
constexpr size_t kBatch = 256;

// From the catalogue pg_type.
constexpr Oid kInferred = 0;
constexpr Oid kBytea = 17;
constexpr Oid kInt8 = 20;
constexpr Oid kText = 25;
constexpr Oid kFloat8 = 701;

bool IsNullValue(const SqlValue& value) {
  const auto* real = std::get_if<double>(&value);
  return std::holds_alternative<std::monostate>(value) || (real != nullptr && std::isnan(*real));
}

Oid TypeOf(const SqlValue& value) {
  if (IsNullValue(value)) return kInferred;
  if (std::holds_alternative<int64_t>(value)) return kInt8;
  if (std::holds_alternative<double>(value)) return kFloat8;
  return std::holds_alternative<Blob>(value) ? kBytea : kText;
}

std::vector<Oid> TypesOf(std::span<const SqlValues> rows) {
  std::vector<Oid> types;
  for (const SqlValues& row : rows) {
    types.resize(std::max(types.size(), row.size()), kInferred);
    for (size_t i = 0; i < row.size(); ++i) {
      if (types[i] == kInferred) types[i] = TypeOf(row[i]);
    }
  }
  return types;
}

// Values as libpq takes them. Points into `values`.
class Parameters {
 public:
  explicit Parameters(const SqlValues& values) {
    numbers_.reserve(values.size());
    for (const SqlValue& value : values) Add(value);
  }

  int size() const { return static_cast<int>(pointers_.size()); }
  const char* const* pointers() const { return pointers_.data(); }
  const int* lengths() const { return lengths_.data(); }
  const int* formats() const { return formats_.data(); }

 private:
  void Add(const SqlValue& value) {
    if (IsNullValue(value)) return Point(nullptr, 0, 0);
    if (const auto* text = std::get_if<std::string>(&value)) return Point(text->c_str(), 0, 0);
    if (const auto* blob = std::get_if<Blob>(&value)) {
      return Point(blob->bytes.c_str(), static_cast<int>(blob->bytes.size()), 1);
    }
    const auto* number = std::get_if<int64_t>(&value);
    std::array<char, 32>& digits = numbers_.emplace_back();
    char* const end = digits.data() + digits.size() - 1;
    const auto written = number != nullptr
                             ? std::to_chars(digits.data(), end, *number)
                             : std::to_chars(digits.data(), end, std::get<double>(value));
    *written.ptr = '\0';
    Point(digits.data(), 0, 0);
  }
  void Point(const char* pointer, int length, int format) {
    pointers_.push_back(pointer);
    lengths_.push_back(length);
    formats_.push_back(format);
  }

  std::vector<std::array<char, 32>> numbers_;
  std::vector<const char*> pointers_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
};

int64_t RowsChanged(PGresult* result) { return ParseInt(PQcmdTuples(result)).value_or(0); }

}  // namespace

// Rows as the server sends them, one a result.
class PostgresCursor : public Rows::Cursor {
 public:
  // The statement has been sent.
  PostgresCursor(PostgresConnection& connection, std::string sql)
      : connection_(connection), sql_(std::move(sql)) {
    connection_.active_ = this;
    try {
      Keep();
    } catch (...) {
      Forget();
      throw;
    }
  }
  // Rows that nobody wants any more still come, and end before the next statement.
  ~PostgresCursor() override {
    if (!is_active()) return;
    while (PostgresResult result{PQgetResult(connection_.handle_.get())}) {
      if (PQresultStatus(result.get()) == PGRES_FATAL_ERROR) connection_.failed_ = true;
    }
    Forget();
  }
  PostgresCursor(const PostgresCursor&) = delete;
  PostgresCursor& operator=(const PostgresCursor&) = delete;

  bool Next() override {
    if (kept_.empty() && is_active()) Keep();
    row_.reset();
    if (kept_.empty()) return false;
    row_ = std::move(kept_.front());
    kept_.pop_front();
    return true;
  }
  void KeepRest() {
    while (is_active()) Keep();
  }

  bool IsNull(int column) const override { return PQgetisnull(row_.get(), 0, column) != 0; }
  int64_t Int(int column) const override;
  double Double(int column) const override;
  std::string Text(int column) const override { return std::string(Value(column)); }
  std::string Bytes(int column) const override;

 private:
  bool is_active() const { return connection_.active_ == this; }
  void Forget() {
    if (is_active()) connection_.active_ = nullptr;
  }
  // The next row, if there is one, to those that are kept.
  void Keep() {
    PostgresResult result(PQgetResult(connection_.handle_.get()));
    const ExecStatusType status = PQresultStatus(result.get());
    if (status == PGRES_SINGLE_TUPLE) {
      kept_.push_back(std::move(result));
      return;
    }
    while (PostgresResult rest{PQgetResult(connection_.handle_.get())}) {
    }
    Forget();
    connection_.Check(result.get(), sql_);
  }
  std::string_view Value(int column) const {
    return {PQgetvalue(row_.get(), 0, column),
            static_cast<size_t>(PQgetlength(row_.get(), 0, column))};
  }

  PostgresConnection& connection_;
  const std::string sql_;
  std::deque<PostgresResult> kept_;
  PostgresResult row_;
};

int64_t PostgresCursor::Int(int column) const {
  if (IsNull(column)) return 0;
  const std::string_view value = Value(column);
  if (value == "t") return 1;
  if (const std::optional<int64_t> number = ParseInt(value)) return *number;
  return static_cast<int64_t>(Double(column));
}

double PostgresCursor::Double(int column) const {
  if (IsNull(column)) return std::numeric_limits<double>::quiet_NaN();
  const std::string_view value = Value(column);
  double number = 0;
  // It reads "Infinity" and "NaN" too.
  std::from_chars(value.data(), value.data() + value.size(), number);
  return number;
}

std::string PostgresCursor::Bytes(int column) const {
  if (IsNull(column)) return {};
  size_t size = 0;
  const std::unique_ptr<unsigned char, decltype(&PQfreemem)> bytes(
      PQunescapeBytea(reinterpret_cast<const unsigned char*>(PQgetvalue(row_.get(), 0, column)),
                      &size),
      &PQfreemem);
  if (bytes == nullptr) throw std::bad_alloc();
  return {reinterpret_cast<const char*>(bytes.get()), size};
}

PostgresConnection::PostgresConnection(const DatabaseOptions& options, const std::string& name,
                                       const std::string& schema)
    : name_(name) {
  const std::string seconds = std::to_string(std::max(2, options.acquire_timeout_ms / 1000));
  // Those before the URL may be changed in it, those after it may not.
  const std::array keywords = {"connect_timeout",  "tcp_user_timeout",
                               "application_name", "dbname",
                               "client_encoding",  static_cast<const char*>(nullptr)};
  const std::array values = {seconds.c_str(),     "30000", "marquee",
                             options.url.c_str(), "UTF8",  static_cast<const char*>(nullptr)};
  handle_.reset(PQconnectdbParams(keywords.data(), values.data(), 1));
  PQsetNoticeProcessor(
      handle_.get(), [](void*, const char*) {}, nullptr);
  if (PQstatus(handle_.get()) != CONNECTION_OK) Fail(nullptr, "cannot connect");
  Execute(StrCat("set statement_timeout = ", options.statement_timeout_ms, "; set search_path = \"",
                 schema, "\"; set extra_float_digits = 1; set bytea_output = hex"));
}

PostgresConnection::~PostgresConnection() = default;

Rows PostgresConnection::Query(const std::string& sql, SqlValues values) {
  SendPrepared(sql, Prepare(sql, TypesOf({&values, 1})), values);
  PQsetSingleRowMode(handle_.get());
  return Rows(std::make_unique<PostgresCursor>(*this, sql));
}

int64_t PostgresConnection::Run(const std::string& sql, SqlValues values) {
  SendPrepared(sql, Prepare(sql, TypesOf({&values, 1})), values);
  PostgresResult last;
  while (PostgresResult result{PQgetResult(handle_.get())}) last = std::move(result);
  Check(last.get(), sql);
  return RowsChanged(last.get());
}

int64_t PostgresConnection::RunMany(const std::string& sql, std::span<const SqlValues> rows) {
  if (rows.empty()) return 0;
  const Prepared& prepared = Prepare(sql, TypesOf(rows));
  for (const SqlValues& row : rows) CheckValues(name_, sql, row, prepared.places);
  if (PQenterPipelineMode(handle_.get()) != 1) Fail(nullptr, sql);
  int64_t changed = 0;
  PostgresResult error;
  while (!rows.empty() && error == nullptr && usable()) {
    const std::span<const SqlValues> batch = rows.first(std::min(kBatch, rows.size()));
    rows = rows.subspan(batch.size());
    for (const SqlValues& row : batch) SendPrepared(sql, prepared, row);
    if (PQpipelineSync(handle_.get()) != 1) Fail(nullptr, sql);
    changed += ReadBatch(&error);
  }
  PQexitPipelineMode(handle_.get());
  if (error != nullptr || !usable()) Fail(error.get(), sql);
  return changed;
}

int64_t PostgresConnection::ReadBatch(PostgresResult* error) {
  int64_t changed = 0;
  while (usable()) {
    // Nothing stands between the answers of two statements.
    PostgresResult result(PQgetResult(handle_.get()));
    if (result == nullptr) continue;
    switch (PQresultStatus(result.get())) {
      case PGRES_PIPELINE_SYNC:
        return changed;
      case PGRES_COMMAND_OK:
      case PGRES_TUPLES_OK:
        changed += RowsChanged(result.get());
        break;
      case PGRES_PIPELINE_ABORTED:
        break;
      default:
        if (*error == nullptr) *error = std::move(result);
    }
  }
  return changed;
}

void PostgresConnection::Begin(Access access) {
  failed_ = false;
  Execute(access == Access::kWrite ? "begin isolation level read committed read write"
                                   : "begin isolation level repeatable read read only");
}

void PostgresConnection::Commit() {
  if (failed_) RefuseCommit(name_);
  Execute("commit");
}

void PostgresConnection::Rollback() noexcept {
  try {
    if (PQtransactionStatus(handle_.get()) != PQTRANS_IDLE && usable()) Execute("rollback");
  } catch (...) {
    // A connection in an unknown state must not be used again.
    handle_.reset();
  }
}

bool PostgresConnection::usable() const {
  return handle_ != nullptr && PQstatus(handle_.get()) == CONNECTION_OK;
}

void PostgresConnection::Execute(const std::string& sql) {
  KeepRestOfActive();
  const PostgresResult result(PQexec(handle_.get(), sql.c_str()));
  Check(result.get(), sql);
}

const PostgresConnection::Prepared& PostgresConnection::Prepare(const std::string& sql,
                                                                std::span<const Oid> types) {
  KeepRestOfActive();
  std::string key;
  for (const Oid type : types) key += StrCat(type, " ");
  key += sql;
  if (const auto found = prepared_.find(key); found != prepared_.end()) return found->second;
  if (prepared_.size() >= kMaxPrepared) {
    Execute("deallocate all");
    prepared_.clear();
  }
  const NumberedSql numbered = NumberPlaces(sql);
  const std::string name = StrCat("s", ++last_statement_);
  const PostgresResult result(PQprepare(handle_.get(), name.c_str(), numbered.text.c_str(),
                                        static_cast<int>(std::min(types.size(), numbered.places)),
                                        types.data()));
  Check(result.get(), sql);
  return prepared_.emplace(key, Prepared{name, numbered.places}).first->second;
}

void PostgresConnection::SendPrepared(const std::string& sql, const Prepared& prepared,
                                      const SqlValues& values) {
  CheckValues(name_, sql, values, prepared.places);
  const Parameters parameters(values);
  if (PQsendQueryPrepared(handle_.get(), prepared.name.c_str(), parameters.size(),
                          parameters.pointers(), parameters.lengths(), parameters.formats(),
                          0) != 1) {
    Fail(nullptr, sql);
  }
}

void PostgresConnection::KeepRestOfActive() {
  should_retry_ = false;
  if (active_ != nullptr) active_->KeepRest();
}

}  // namespace marquee::database
