// For tests: a whole raw table as text.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/text.h"
#include "lake/engine.h"
#include "sources/dataset.h"

namespace marquee::sources {

// A row by column name; a null column is absent.
using TextRow = std::map<std::string, std::string>;

class CollectingSink : public lake::RowSink {
 public:
  CollectingSink(std::vector<lake::ColumnInfo> columns, size_t capacity)
      : columns_(std::move(columns)), rows_(capacity) {}

  size_t capacity() const override { return rows_.size(); }
  void SetText(size_t row, size_t column, std::string_view text) override {
    all_utf8_ = all_utf8_ && IsValidUtf8(text);
    rows_.at(row)[columns_.at(column).name] = text;
  }
  void SetInt(size_t row, size_t column, int64_t value) override {
    rows_.at(row)[columns_.at(column).name] = std::to_string(value);
  }
  void SetNull(size_t row, size_t column) override {
    rows_.at(row).erase(columns_.at(column).name);
  }

  const std::vector<TextRow>& rows() const { return rows_; }
  bool all_utf8() const { return all_utf8_; }

 private:
  const std::vector<lake::ColumnInfo> columns_;
  std::vector<TextRow> rows_;
  bool all_utf8_ = true;
};

inline std::vector<TextRow> Collect(lake::RowSource& source, size_t capacity = 2048) {
  CollectingSink sink(source.Columns(), capacity);
  std::vector<TextRow> all;
  while (const size_t count = source.Fill(sink))
    all.insert(all.end(), sink.rows().begin(),
               sink.rows().begin() + static_cast<std::ptrdiff_t>(count));
  return all;
}

inline const RawTable* FindTable(const Dataset& dataset, std::string_view name) {
  const auto found = std::find_if(dataset.tables.begin(), dataset.tables.end(),
                                  [&](const RawTable& table) { return table.name == name; });
  return found == dataset.tables.end() ? nullptr : &*found;
}

inline std::vector<TextRow> CollectTable(const Dataset& dataset, std::string_view name) {
  const RawTable* table = FindTable(dataset, name);
  return table == nullptr ? std::vector<TextRow>{} : Collect(*table->open());
}

}  // namespace marquee::sources
