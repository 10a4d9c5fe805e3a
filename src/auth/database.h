// Internal: the file with keys, users, refresh tokens and the audit log.
#pragma once

#include <filesystem>

#include "database/sqlite.h"

namespace marquee::auth {

// The file is its owner's only (mode 0600). Each caller has a connection of its own. Throws what
// sqlite::Open throws.
sqlite::Connection OpenDatabase(const std::filesystem::path& path);

}  // namespace marquee::auth
