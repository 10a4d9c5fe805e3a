#include "auth/database.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/files.h"

namespace marquee::auth {
namespace {

constexpr int64_t kApplicationId = 0x6d717561;  // "mqua"

constexpr const char* kVersions[] = {R"sql(
  create table keys (
    id text primary key,
    name text not null,
    role text not null,
    paths text not null,
    secret_hash text not null,
    created_ms integer not null,
    expires_ms integer not null,
    revoked_ms integer not null
  ) strict;
  create table users (
    name text primary key,
    role text not null,
    password_hash text not null,
    generation integer not null,
    created_ms integer not null
  ) strict;
  create table refresh_tokens (
    hash text primary key,
    family text not null,
    user text not null,
    generation integer not null,
    role text not null,
    expires_ms integer not null,
    used_ms integer not null
  ) strict;
  create index refresh_tokens_by_family on refresh_tokens (family);
  create table audit (
    id integer primary key autoincrement,
    at_ms integer not null,
    who text not null,
    role text not null,
    address text not null,
    method text not null,
    route text not null,
    target text not null,
    status integer not null,
    request_id text not null
  ) strict;
  create index audit_by_time on audit (at_ms);
)sql"};

}  // namespace

// An empty file is a database of version 0; its log and its index take over its mode. A file that
// is there must not be opened here: to close it would drop the locks that SQLite has on it.
sqlite::Connection OpenDatabase(const std::filesystem::path& path) {
  std::error_code ignored;
  std::filesystem::create_directories(path.parent_path(), ignored);
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0 && errno != EEXIST) ThrowFileError(errno, "create", path);
  if (fd >= 0) ::close(fd);
  return sqlite::Open(path, {.application_id = kApplicationId, .versions = kVersions});
}

}  // namespace marquee::auth
