#include "sources/table.h"

#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace marquee::sources {
namespace {

class TableRows : public lake::RowSource {
 public:
  TableRows(std::shared_ptr<const TableFormat> format, const FileTree& files)
      : format_(std::move(format)), reader_(files.Open(format_->file), format_->delimited) {
    if (format_->has_header) SkipHeader();
  }

  std::vector<lake::ColumnInfo> Columns() const override {
    std::vector<lake::ColumnInfo> columns;
    for (const TableColumn& column : format_->columns) columns.push_back({column.name, "VARCHAR"});
    columns.push_back({"source_file", "VARCHAR"});
    columns.push_back({"line", "BIGINT"});
    columns.push_back({"malformed", "VARCHAR"});
    columns.push_back({"raw_line", "VARCHAR"});
    return columns;
  }

  size_t Fill(lake::RowSink& sink) override {
    size_t row = 0;
    Record record;
    while (row < sink.capacity() && reader_.Next(&record)) {
      std::string reason(record.malformed);
      derived_.clear();
      if (reason.empty() && format_->derive) reason = format_->derive(record.fields, &derived_);
      if (reason.empty()) {
        PutFields(record, row++, sink);
      } else if (format_->report_malformed) {
        PutMalformed(record, reason, row++, sink);
      }
    }
    return row;
  }

 private:
  // A header has as many fields as the rows, unless it is itself malformed: then OpenDataset has
  // said so.
  void SkipHeader() {
    Record header;
    reader_.set_num_fields(0);
    reader_.Next(&header);
    reader_.set_num_fields(format_->delimited.num_fields);
  }

  void PutFields(const Record& record, size_t row, lake::RowSink& sink) {
    const std::vector<TableColumn>& columns = format_->columns;
    for (size_t i = 0; i < columns.size(); ++i) {
      const TableColumn& column = columns[i];
      if (static_cast<int>(i) == format_->derived_column) {
        sink.SetText(row, i, derived_);
      } else if (column.field >= 0) {
        sink.SetText(row, i, record.fields[static_cast<size_t>(column.field)]);
      } else if (column.constant) {
        sink.SetText(row, i, *column.constant);
      } else {
        sink.SetNull(row, i);
      }
    }
    PutPlace(record, row, sink);
    sink.SetNull(row, columns.size() + 2);
    sink.SetNull(row, columns.size() + 3);
  }

  void PutMalformed(const Record& record, std::string_view reason, size_t row,
                    lake::RowSink& sink) {
    const size_t num_columns = format_->columns.size();
    for (size_t i = 0; i < num_columns; ++i) sink.SetNull(row, i);
    PutPlace(record, row, sink);
    sink.SetText(row, num_columns + 2, reason);
    sink.SetText(row, num_columns + 3, record.malformed.empty() ? JoinFields(record) : record.raw);
  }

  void PutPlace(const Record& record, size_t row, lake::RowSink& sink) {
    sink.SetText(row, format_->columns.size(), format_->shown_file);
    sink.SetInt(row, format_->columns.size() + 1, record.line);
  }

  // The line of a record that could be split but is wrong.
  std::string_view JoinFields(const Record& record) {
    joined_.clear();
    for (size_t i = 0; i < record.fields.size(); ++i) {
      if (i > 0) joined_ += format_->delimited.separator;
      joined_ += record.fields[i];
    }
    return joined_;
  }

  const std::shared_ptr<const TableFormat> format_;
  DelimitedReader reader_;
  std::string derived_;
  std::string joined_;
};

}  // namespace

RawTable MakeTable(TableFormat format, std::shared_ptr<const FileTree> files) {
  RawTable table;
  table.name = format.table;
  for (const TableColumn& column : format.columns) table.columns.push_back(column.name);
  const FileEntry* entry = files->Find(format.file);
  table.size_bytes = entry == nullptr ? 0 : entry->size_bytes;
  table.open = [format = std::make_shared<const TableFormat>(std::move(format)),
                files = std::move(files)]() -> std::shared_ptr<lake::RowSource> {
    return std::make_shared<TableRows>(format, *files);
  };
  return table;
}

std::vector<std::string> ReadHeader(const FileTree& files, const std::string& file,
                                    const DelimitedOptions& options, std::string_view label) {
  DelimitedReader reader(files.Open(file), options);
  reader.set_num_fields(0);
  Record header;
  if (!reader.Next(&header)) return {};
  if (!header.malformed.empty())
    throw Error(Code::kInvalidArgument,
                StrCat(label, ": its header is unreadable: ", header.malformed),
                "the first line must name the columns, as UTF-8 text");
  std::vector<std::string> names;
  for (const std::string_view field : header.fields) names.emplace_back(Trim(field));
  return names;
}

}  // namespace marquee::sources
