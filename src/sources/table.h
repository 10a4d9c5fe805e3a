// A file of delimited text as a raw table.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sources/byte_source.h"
#include "sources/dataset.h"
#include "sources/delimited.h"

namespace marquee::sources {

struct TableColumn {
  std::string name;
  int field = -1;                            // index of its field in the record; -1: null
  std::optional<std::string> constant = {};  // this text in every row, when there is no field
};

// Appends the text of a column that is made of several fields to `value`; returns why the record is
// malformed, or "".
using DeriveColumn =
    std::function<std::string(std::span<const std::string_view> fields, std::string* value)>;

struct TableFormat {
  std::string table;            // "ratings"
  std::string file;             // its name in the tree
  std::string shown_file = {};  // what source_file says
  DelimitedOptions delimited;
  bool has_header = false;
  std::vector<TableColumn> columns = {};
  int derived_column = -1;  // index in `columns` of the one that `derive` makes; -1: none
  DeriveColumn derive = {};
  // False where another table reads the same file and reports its malformed lines already.
  bool report_malformed = true;
};

RawTable MakeTable(TableFormat format, std::shared_ptr<const FileTree> files);

// The fields of the first record; empty for an empty file. Throws invalid_argument, naming `label`,
// when it cannot be split.
std::vector<std::string> ReadHeader(const FileTree& files, const std::string& file,
                                    const DelimitedOptions& options, std::string_view label);

}  // namespace marquee::sources
