// TOML files as values.
#pragma once

#include <filesystem>

#include "base/json.h"

namespace marquee {

// The document as an object; dates and times as their text. Throws invalid_argument with file and
// line for a broken file, and what ReadFile throws.
Json ReadTomlFile(const std::filesystem::path& file);

}  // namespace marquee
