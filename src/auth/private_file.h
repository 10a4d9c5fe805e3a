// Files that only their owner may read.
#pragma once

#include <filesystem>
#include <string_view>

namespace marquee::auth {

// Creates the file with these bytes, whole or not at all, with mode 0600, and its folder; leaves a
// file that is there as it is. Throws what base/files.h throws.
void CreatePrivateFile(const std::filesystem::path& path, std::string_view bytes);

}  // namespace marquee::auth
