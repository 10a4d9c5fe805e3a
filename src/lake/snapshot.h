// Snapshots from log states, and the SQL that reads them. Inside the module only.
#pragma once

#include <filesystem>
#include <string>

#include "lake/actions.h"
#include "lake/lake.h"

namespace marquee::lake {

// Throws data_loss for a broken schema or statistics, failed_precondition for a path or type that
// is not supported.
Snapshot MakeSnapshot(const std::string& table, const TableState& state);

// "(select ...)" over the files: columns by name, partition columns from the log.
std::string ScanSql(const Snapshot& snapshot, const std::filesystem::path& table_folder);

// Throws when files of the snapshot are gone: data_loss for the latest version, failed_precondition
// for an older one, which vacuum may take.
void CheckFilesExist(const Snapshot& snapshot, const std::filesystem::path& table_folder,
                     bool is_latest);

bool IsTableName(std::string_view table);

}  // namespace marquee::lake
