// Getting a data set into a home: shared by up, import and the single steps.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/loaded_data.h"
#include "cli/context.h"
#include "pipelines/import.h"

namespace CLI {
class App;
}

namespace marquee::cli {

struct DataFlags {
  std::string data;
  std::string source = "auto";
  std::vector<std::string> map;
  std::string download;
  std::vector<std::string> simulate;
};

// --data, --source, --map, --download, --simulate
void AddDataFlags(CLI::App& command, DataFlags& flags);

// What the flags name, downloaded or simulated when they say so; what the home was loaded from when
// they say nothing; nothing when that was nothing.
struct WantedData {
  std::filesystem::path path;
  sources::OpenOptions options;
};
std::optional<WantedData> FindWantedData(Context& context, const DataFlags& flags);

struct ImportFlags {
  std::string date;  // "": today
  bool force = false;
};

// Scale, date and who was erased.
LoadOptions LoadOptionsOf(const Environment& environment, const ImportFlags& flags);

// Bronze, silver and gold of a data set; prints the quality report and remembers the data set.
void Import(Context& context, const WantedData& wanted, const sources::Dataset& dataset,
            const ImportFlags& flags);

// Imports what the flags name, or the simulated world when they name nothing, unless the home
// already holds just that. Throws failed_precondition when the home holds another data set.
void LoadIfNeeded(Context& context, const DataFlags& flags);

// Takes what was changed over the API into the tables, and makes silver and gold anew where
// something was.
void LearnRecords(Context& context);

}  // namespace marquee::cli
