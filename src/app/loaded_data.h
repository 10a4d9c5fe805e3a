// Which data set a home holds, remembered between runs.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "sources/dataset.h"

namespace marquee {

struct LoadedData {
  std::filesystem::path path;
  sources::OpenOptions options;
  std::string name;         // "movielens-1m"
  std::string fingerprint;  // of the files when they were loaded
};

// Kept in <home>/data/loaded.json. Nothing before the first load; throws data_loss for a broken
// file.
std::optional<LoadedData> ReadLoadedData(const std::filesystem::path& data_folder);
void WriteLoadedData(const std::filesystem::path& data_folder, const LoadedData& loaded);

}  // namespace marquee
