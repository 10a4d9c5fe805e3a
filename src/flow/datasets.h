// Internal: what a try says that it read and wrote (docs/flow.md).
#pragma once

#include <filesystem>
#include <string>

#include "base/json.h"

namespace marquee::flow {

// From lines of {"input": {...}} and {"output": {...}} to {"inputs": [...], "outputs": [...]}, each
// once; null when the file says nothing. Lines that are something else are counted in `problem`, a
// sentence, which stays as it was when all is well. At most the first mebibyte is read.
Json ReadDatasets(const std::filesystem::path& file, std::string* problem);

}  // namespace marquee::flow
