#include "lake/engine.h"

#include <duckdb.h>

#include <map>
#include <optional>
#include <system_error>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "base/files.h"
#include "base/ids.h"
#include "base/text.h"
#include "lake/engine_error.h"
#include "lake/engine_source_internal.h"
#include "lake/engine_value_internal.h"

namespace marquee::lake {
namespace {

class Database {
 public:
  explicit Database(const EngineOptions& options);
  ~Database();

  SourceTable& sources() { return sources_; }
  duckdb_connection Connect();

 private:
  SourceTable sources_;
  std::filesystem::path spill_dir_;  // this engine's own: DuckDB's file names are not unique
  duckdb_database database_ = nullptr;
};

void Set(duckdb_config config, const char* name, const std::string& value) {
  MARQUEE_CHECK(duckdb_set_config(config, name, value.c_str()) == DuckDBSuccess);
}

// DuckDB makes the folder itself when it spills, but not its parents.
std::filesystem::path NewSpillDir(const std::filesystem::path& temp_dir) {
  std::error_code error;
  std::filesystem::create_directories(temp_dir, error);
  if (error) ThrowFileError(error.value(), "create", temp_dir);
  return temp_dir / ("engine-" + NewRunId());
}

Database::Database(const EngineOptions& options) {
  if (options.memory_limit_bytes < 1 || options.threads < 1) {
    throw Error(Code::kInvalidArgument,
                StrCat("SQL engine: memory limit ", options.memory_limit_bytes, " and threads ",
                       options.threads, " must be at least 1"));
  }
  if (!options.temp_dir.empty()) spill_dir_ = NewSpillDir(options.temp_dir);
  duckdb_config config = nullptr;
  MARQUEE_CHECK(duckdb_create_config(&config) == DuckDBSuccess);
  Set(config, "memory_limit", StrCat(options.memory_limit_bytes, "B"));
  Set(config, "threads", std::to_string(options.threads));
  Set(config, "temp_directory", spill_dir_.string());
  Set(config, "preserve_insertion_order", "true");
  Set(config, "autoinstall_known_extensions", "false");
  Set(config, "autoload_known_extensions", "false");
  char* message = nullptr;
  const duckdb_state state = duckdb_open_ext(nullptr, &database_, config, &message);
  duckdb_destroy_config(&config);
  if (state != DuckDBSuccess) {
    const Error error = EngineError(message ? message : "cannot open");
    duckdb_free(message);
    throw error.WithContext("SQL engine");
  }
  duckdb_connection connection = Connect();
  sources_.Register(connection);
  duckdb_disconnect(&connection);
}

Database::~Database() {
  duckdb_close(&database_);
  std::error_code ignored;
  if (!spill_dir_.empty()) std::filesystem::remove_all(spill_dir_, ignored);
}

duckdb_connection Database::Connect() {
  duckdb_connection connection = nullptr;
  if (duckdb_connect(database_, &connection) != DuckDBSuccess) {
    throw Error(Code::kInternal, "SQL engine: cannot open a session");
  }
  return connection;
}

// What a session and its results share, so that either may go first.
struct Connection {
  explicit Connection(std::shared_ptr<Database> owner)
      : database(std::move(owner)), handle(database->Connect()) {}
  ~Connection() { duckdb_disconnect(&handle); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Throws what a row source threw, otherwise what DuckDB says.
  [[noreturn]] void Throw(std::string_view message) {
    if (const std::exception_ptr source = thrown->Take()) std::rethrow_exception(source);
    throw EngineError(message);
  }

  std::shared_ptr<Database> database;
  duckdb_connection handle;
  std::shared_ptr<ThrownSlot> thrown = std::make_shared<ThrownSlot>();
};

std::string Terminated(std::string_view sql) {
  if (sql.find('\0') != std::string_view::npos) {
    throw Error(Code::kInvalidArgument, "SQL: the statement holds a zero byte");
  }
  return std::string(sql);
}

class VectorChunk : public Chunk {
 public:
  explicit VectorChunk(const std::vector<ValueType>& types) : types_(types) {}
  ~VectorChunk() override { Reset(nullptr); }
  VectorChunk(const VectorChunk&) = delete;
  VectorChunk& operator=(const VectorChunk&) = delete;

  // Takes `chunk`, which may be null.
  void Reset(duckdb_data_chunk chunk) {
    if (chunk_) duckdb_destroy_data_chunk(&chunk_);
    chunk_ = chunk;
    size_ = chunk ? duckdb_data_chunk_get_size(chunk) : 0;
    vectors_.clear();
    for (size_t i = 0; chunk && i < types_.size(); ++i) {
      vectors_.push_back(duckdb_data_chunk_get_vector(chunk, i));
    }
  }

  bool holds_rows() const { return chunk_ != nullptr; }
  size_t size() const override { return size_; }
  bool IsNull(size_t column, size_t row) const override { return !IsValid(vectors_[column], row); }
  std::span<const int64_t> Int64(size_t column) const override {
    return Values<int64_t>(column, DUCKDB_TYPE_BIGINT);
  }
  std::span<const int32_t> Int32(size_t column) const override {
    return Values<int32_t>(column, DUCKDB_TYPE_INTEGER);
  }
  std::span<const double> Double(size_t column) const override {
    return Values<double>(column, DUCKDB_TYPE_DOUBLE);
  }
  std::span<const float> Float(size_t column) const override {
    return Values<float>(column, DUCKDB_TYPE_FLOAT);
  }
  std::span<const uint8_t> Bool(size_t column) const override {
    return Values<uint8_t>(column, DUCKDB_TYPE_BOOLEAN);
  }
  std::string_view Text(size_t column, size_t row) const override {
    MARQUEE_CHECK(types_[column].id == DUCKDB_TYPE_VARCHAR && row < size_);
    return IsNull(column, row) ? std::string_view() : TextAt(vectors_[column], row);
  }
  std::vector<std::string> TextList(size_t column, size_t row) const override;
  std::string Display(size_t column, size_t row) const override {
    return DisplayValue(types_[column], vectors_[column], row);
  }

 private:
  template <typename T>
  std::span<const T> Values(size_t column, duckdb_type type) const {
    MARQUEE_CHECK(types_[column].id == type);
    return {static_cast<const T*>(duckdb_vector_get_data(vectors_[column])), size_};
  }

  const std::vector<ValueType>& types_;
  duckdb_data_chunk chunk_ = nullptr;
  size_t size_ = 0;
  std::vector<duckdb_vector> vectors_;
};

std::vector<std::string> VectorChunk::TextList(size_t column, size_t row) const {
  const ValueType& type = types_[column];
  MARQUEE_CHECK(type.id == DUCKDB_TYPE_LIST && type.children[0].id == DUCKDB_TYPE_VARCHAR);
  std::vector<std::string> list;
  if (IsNull(column, row)) return list;
  const auto range =
      static_cast<const duckdb_list_entry*>(duckdb_vector_get_data(vectors_[column]))[row];
  duckdb_vector child = duckdb_list_vector_get_child(vectors_[column]);
  for (uint64_t i = range.offset; i < range.offset + range.length; ++i) {
    if (IsValid(child, i)) list.emplace_back(TextAt(child, i));
  }
  return list;
}

// Runs `sql` up to its first rows.
duckdb_result Start(Connection& connection, const std::string& sql) {
  duckdb_prepared_statement statement = nullptr;
  duckdb_result result{};
  std::string message;
  if (duckdb_prepare(connection.handle, sql.c_str(), &statement) != DuckDBSuccess) {
    const char* error = duckdb_prepare_error(statement);
    message = error ? error : "no reason given";
  } else if (duckdb_execute_prepared_streaming(statement, &result) != DuckDBSuccess) {
    const char* error = duckdb_result_error(&result);
    message = error ? error : "no reason given";
    duckdb_destroy_result(&result);
  }
  duckdb_destroy_prepare(&statement);
  if (!message.empty()) connection.Throw(message);
  return result;
}

class StreamResult : public Result {
 public:
  StreamResult(std::shared_ptr<Connection> connection, const std::string& sql)
      : connection_(std::move(connection)), result_(Start(*connection_, sql)) {
    for (idx_t i = 0; i < duckdb_column_count(&result_); ++i) {
      duckdb_logical_type type = duckdb_column_logical_type(&result_, i);
      types_.push_back(ReadValueType(type));
      duckdb_destroy_logical_type(&type);
      columns_.push_back({duckdb_column_name(&result_, i), SqlTypeName(types_.back())});
    }
  }
  ~StreamResult() override {
    chunk_.Reset(nullptr);
    duckdb_destroy_result(&result_);
  }
  StreamResult(const StreamResult&) = delete;
  StreamResult& operator=(const StreamResult&) = delete;

  const std::vector<ColumnInfo>& columns() const override { return columns_; }

  const Chunk* Next() override {
    do {
      chunk_.Reset(duckdb_fetch_chunk(result_));
      if (!chunk_.holds_rows()) {
        if (const char* message = duckdb_result_error(&result_)) connection_->Throw(message);
        return nullptr;
      }
    } while (chunk_.size() == 0);
    return &chunk_;
  }

 private:
  std::shared_ptr<Connection> connection_;
  duckdb_result result_;
  std::vector<ColumnInfo> columns_;
  std::vector<ValueType> types_;
  VectorChunk chunk_{types_};
};

class DuckSession : public Session {
 public:
  explicit DuckSession(std::shared_ptr<Database> database)
      : connection_(std::make_shared<Connection>(std::move(database))) {
    Execute(
        "set TimeZone = 'UTC'; set Calendar = 'gregorian';"
        "set enable_progress_bar = true; set enable_progress_bar_print = false");
  }
  ~DuckSession() override {
    for (const auto& [name, id] : source_ids_) connection_->database->sources().Remove(id);
  }

  void Execute(std::string_view sql) override {
    connection_->thrown->Take();
    duckdb_result result{};
    std::string message;
    if (duckdb_query(connection_->handle, Terminated(sql).c_str(), &result) != DuckDBSuccess) {
      const char* error = duckdb_result_error(&result);
      message = error ? error : "no reason given";
    }
    duckdb_destroy_result(&result);
    if (!message.empty()) connection_->Throw(message);
  }

  std::unique_ptr<Result> Query(std::string_view sql) override {
    connection_->thrown->Take();
    return std::make_unique<StreamResult>(connection_, Terminated(sql));
  }

  std::string QueryText(std::string_view sql) override { return OnlyValue(sql).value_or(""); }

  int64_t QueryInt(std::string_view sql) override {
    const std::optional<std::string> text = OnlyValue(sql);
    const std::optional<int64_t> value = text ? ParseInt(*text) : std::nullopt;
    if (!value) {
      throw Error(Code::kInvalidArgument,
                  StrCat("SQL: ", text ? "'" + *text + "'" : "null", " is not an integer: ", sql));
    }
    return *value;
  }

  void AddSource(std::string_view name, std::shared_ptr<RowSource> source) override;
  void Interrupt() override { duckdb_interrupt(connection_->handle); }
  double QueryProgress() override {
    const double percentage = duckdb_query_progress(connection_->handle).percentage;
    return percentage < 0 ? -1 : percentage / 100;
  }

 private:
  std::optional<std::string> OnlyValue(std::string_view sql) {
    const auto result = Query(sql);
    const Chunk* chunk = result->Next();
    if (!chunk || result->columns().size() != 1) {
      throw Error(Code::kInvalidArgument,
                  StrCat("SQL: one value expected, but got ", chunk ? "" : "no row and ",
                         result->columns().size(), " columns: ", sql));
    }
    if (chunk->IsNull(0, 0)) return std::nullopt;
    return chunk->Display(0, 0);
  }

  std::shared_ptr<Connection> connection_;
  std::map<std::string, int64_t, std::less<>> source_ids_;
};

void DuckSession::AddSource(std::string_view name, std::shared_ptr<RowSource> source) {
  MARQUEE_CHECK(source != nullptr);
  SourceTable& sources = connection_->database->sources();
  auto entry = std::make_shared<SourceEntry>();
  entry->name = name;
  entry->source = std::move(source);
  entry->thrown = connection_->thrown;
  const int64_t id = sources.Add(std::move(entry));
  try {
    Execute(StrCat("create or replace temporary view ", SqlName(name),
                   " as select * from marquee_source(", id, ")"));
  } catch (...) {
    sources.Remove(id);
    throw;
  }
  const auto [old, inserted] = source_ids_.emplace(name, id);
  if (!inserted) sources.Remove(std::exchange(old->second, id));
}

std::string Quoted(std::string_view text, std::string_view quote) {
  const std::string twice = StrCat(quote, quote);
  return StrCat(quote, ReplaceAll(text, quote, twice), quote);
}

}  // namespace

struct Engine::State {
  std::shared_ptr<Database> database;
};

Engine::Engine(const EngineOptions& options)
    : state_(std::make_unique<State>(State{std::make_shared<Database>(options)})) {}

Engine::~Engine() = default;

std::unique_ptr<Session> Engine::NewSession() {
  return std::make_unique<DuckSession>(state_->database);
}

std::string Engine::LibraryVersion() { return duckdb_library_version(); }

std::string SqlText(std::string_view text) { return Quoted(text, "'"); }

std::string SqlName(std::string_view name) { return Quoted(name, "\""); }

}  // namespace marquee::lake
