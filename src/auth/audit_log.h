// Who changed what, and when.
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "database/sqlite.h"

namespace marquee::auth {

struct AuditEntry {
  int64_t id = 0;
  int64_t at_ms = 0;
  std::string who = {};         // "key:3f9a2c81d0", "user:ada", "local", "terminal:root"
  std::string role = {};        // that they had
  std::string address = {};     // "" in the terminal
  std::string method = {};      // "DELETE"; "run" in the terminal
  std::string route = {};       // "/keys/{key_id}"; "keys revoke"
  std::string target = {};      // "/keys/3f9a2c81d0": without the query, which may hold secrets
  int64_t status = 0;           // 0 in the terminal, where only what is done is kept
  std::string request_id = {};  // "" in the terminal
};

// Thread-safe. Durable when Append returns: it waits for the disk.
class AuditLog {
 public:
  // Entries older than `retention_ms` are removed, at a start and once a day; 0 keeps all. `clock`
  // must outlive it.
  AuditLog(const std::filesystem::path& path, const Clock& clock, int64_t retention_ms);

  // `entry` without id and at_ms.
  void Append(const AuditEntry& entry);
  // The newest first, those before entry `before`; 0 begins with the newest.
  std::vector<AuditEntry> Page(int64_t before, int64_t limit);

 private:
  void RemoveOld();

  const Clock& clock_;
  const int64_t retention_ms_;
  std::mutex mutex_;
  sqlite::Connection connection_;
  int64_t removed_ms_ = 0;
};

}  // namespace marquee::auth
