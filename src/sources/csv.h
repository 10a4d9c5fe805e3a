// A CSV file with a header as a data set.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "sources/dataset.h"

namespace marquee::sources {

// Separator: whichever of , ; tab | is most frequent in the header. `mapping` as in OpenOptions.
// Throws what OpenDataset says.
Dataset OpenCsv(const std::filesystem::path& path,
                const std::map<std::string, std::string>& mapping);

}  // namespace marquee::sources
