#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "base/text.h"
#include "lake/engine_source_internal.h"

namespace marquee::lake {
namespace {

using EntryPtr = std::shared_ptr<SourceEntry>;

constexpr int kMaxThreads = 64;

// Runs `body` in a callback of DuckDB: nothing it throws reaches DuckDB's frames; the session
// throws it again once the statement has ended.
template <typename SetError, typename Body>
void Guard(const EntryPtr& entry, SetError set_error, Body body) {
  try {
    body();
  } catch (const std::exception& error) {
    entry->thrown->Put(std::current_exception());
    set_error(error.what());
  }
}

const EntryPtr& EntryOf(void* bind_data) { return *static_cast<EntryPtr*>(bind_data); }

void AddColumn(duckdb_bind_info info, const ColumnInfo& column) {
  const bool text = column.sql_type == "VARCHAR";
  if (!text && column.sql_type != "BIGINT") {
    throw Error(Code::kInvalidArgument, StrCat("row source: column ", column.name, " is of type ",
                                               column.sql_type, ": must be VARCHAR or BIGINT"));
  }
  duckdb_logical_type type =
      duckdb_create_logical_type(text ? DUCKDB_TYPE_VARCHAR : DUCKDB_TYPE_BIGINT);
  duckdb_bind_add_result_column(info, column.name.c_str(), type);
  duckdb_destroy_logical_type(&type);
}

void Bind(duckdb_bind_info info) {
  const auto* table = static_cast<const SourceTable*>(duckdb_bind_get_extra_info(info));
  duckdb_value parameter = duckdb_bind_get_parameter(info, 0);
  const int64_t id = duckdb_get_int64(parameter);
  duckdb_destroy_value(&parameter);
  EntryPtr entry = table->Find(id);
  if (!entry) {
    duckdb_bind_set_error(info, "row source: it was replaced or its session has ended");
    return;
  }
  Guard(
      entry, [&](const char* what) { duckdb_bind_set_error(info, what); },
      [&] {
        for (const ColumnInfo& column : entry->source->Columns()) AddColumn(info, column);
        duckdb_bind_set_bind_data(info, new EntryPtr(entry),
                                  [](void* data) { delete static_cast<EntryPtr*>(data); });
      });
}

void Init(duckdb_init_info info) {
  const EntryPtr& entry = EntryOf(duckdb_init_get_bind_data(info));
  // The rows come one chunk at a time, what is done with them does not: more threads than DuckDB
  // has do no harm. A statement that keeps the order of rows reads with one.
  duckdb_init_set_max_threads(info, kMaxThreads);
  Guard(
      entry, [&](const char* what) { duckdb_init_set_error(info, what); },
      [&] {
        if (entry->read.exchange(true)) {
          throw Error(Code::kFailedPrecondition,
                      StrCat("row source ", entry->name, ": its rows were read before"),
                      "copy them into a temporary table to read them twice");
        }
      });
}

class VectorSink : public RowSink {
 public:
  explicit VectorSink(duckdb_data_chunk chunk)
      : columns_(duckdb_data_chunk_get_column_count(chunk)) {
    for (size_t i = 0; i < columns_.size(); ++i) {
      columns_[i].vector = duckdb_data_chunk_get_vector(chunk, i);
      columns_[i].data = static_cast<int64_t*>(duckdb_vector_get_data(columns_[i].vector));
    }
  }

  size_t capacity() const override { return duckdb_vector_size(); }

  void SetText(size_t row, size_t column, std::string_view text) override {
    duckdb_vector_assign_string_element_len(columns_[column].vector, row, text.data(), text.size());
  }

  void SetInt(size_t row, size_t column, int64_t value) override {
    columns_[column].data[row] = value;
  }

  void SetNull(size_t row, size_t column) override {
    Column& to = columns_[column];
    if (!to.validity) {
      duckdb_vector_ensure_validity_writable(to.vector);
      to.validity = duckdb_vector_get_validity(to.vector);
    }
    duckdb_validity_set_row_invalid(to.validity, row);
  }

 private:
  struct Column {
    duckdb_vector vector = nullptr;
    int64_t* data = nullptr;
    uint64_t* validity = nullptr;
  };
  std::vector<Column> columns_;
};

void Scan(duckdb_function_info info, duckdb_data_chunk output) {
  const EntryPtr& entry = EntryOf(duckdb_function_get_bind_data(info));
  Guard(
      entry, [&](const char* what) { duckdb_function_set_error(info, what); },
      [&] {
        VectorSink sink(output);
        const std::lock_guard lock(entry->mutex);
        if (entry->ended) return duckdb_data_chunk_set_size(output, 0);
        entry->ended = true;  // also when Fill throws
        const size_t rows = entry->source->Fill(sink);
        MARQUEE_CHECK(rows <= sink.capacity());
        entry->ended = rows == 0;
        duckdb_data_chunk_set_size(output, rows);
      });
}

}  // namespace

void ThrownSlot::Put(std::exception_ptr thrown) {
  const std::lock_guard lock(mutex_);
  if (!thrown_) thrown_ = std::move(thrown);
}

std::exception_ptr ThrownSlot::Take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(thrown_, nullptr);
}

int64_t SourceTable::Add(std::shared_ptr<SourceEntry> entry) {
  const std::lock_guard lock(mutex_);
  entries_.emplace(next_id_, std::move(entry));
  return next_id_++;
}

void SourceTable::Remove(int64_t id) {
  const std::lock_guard lock(mutex_);
  entries_.erase(id);
}

std::shared_ptr<SourceEntry> SourceTable::Find(int64_t id) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : found->second;
}

void SourceTable::Register(duckdb_connection connection) {
  duckdb_table_function function = duckdb_create_table_function();
  duckdb_table_function_set_name(function, "marquee_source");
  duckdb_logical_type bigint = duckdb_create_logical_type(DUCKDB_TYPE_BIGINT);
  duckdb_table_function_add_parameter(function, bigint);
  duckdb_destroy_logical_type(&bigint);
  duckdb_table_function_set_extra_info(function, this, nullptr);
  duckdb_table_function_set_bind(function, Bind);
  duckdb_table_function_set_init(function, Init);
  duckdb_table_function_set_function(function, Scan);
  const duckdb_state state = duckdb_register_table_function(connection, function);
  duckdb_destroy_table_function(&function);
  MARQUEE_CHECK(state == DuckDBSuccess);
}

}  // namespace marquee::lake
