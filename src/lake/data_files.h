// Writes the rows of a select as the Parquet files of a table. Inside the module only.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lake/actions.h"
#include "lake/engine.h"
#include "lake/lake.h"

namespace marquee::lake {

// The columns of a select in Delta's types. Runs nothing. Throws invalid_argument for a column that
// Delta cannot hold, naming it and what to do.
std::vector<Field> SelectFields(Session& session, std::string_view select,
                                const std::map<std::string, std::string>& comments);

struct DataFilesRequest {
  std::filesystem::path table_folder;
  std::string_view select;
  const std::vector<Field>& fields;
  std::string partition_column{};  // empty: none
  bool one_partition = false;      // all rows have partition_value; throws when one has not
  std::string partition_value{};
  int64_t modified_ms = 0;
};

struct DataFiles {
  std::vector<AddFile> files;
  int64_t rows = 0;
  int64_t size_bytes = 0;
};

// One file, or one or more a partition; none for no rows. They are durable when it returns; when it
// throws, none is left. A file that a crash leaves is in no version, so vacuum deletes it.
DataFiles WriteDataFiles(Session& session, const DataFilesRequest& request);

// "genre=Film%20Noir": the folder of a partition.
std::string PartitionFolder(std::string_view column, const std::optional<std::string>& value);

}  // namespace marquee::lake
