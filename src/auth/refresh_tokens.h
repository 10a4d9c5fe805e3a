// Tokens that are good for one exchange each, against a new token and the next refresh token.
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "database/sqlite.h"
#include "http/role.h"

namespace marquee::auth {

// Thread-safe; kept hashed. A login begins a family; a token that comes a second time was stolen by
// somebody, so its whole family ends (RFC 9700, section 4.14.2).
class RefreshTokens {
 public:
  struct Grant {
    std::string user;
    int64_t generation = 0;  // of the user when they logged in
    http::Role role = http::Role::kViewer;
  };
  // `clock` must outlive it.
  RefreshTokens(const std::filesystem::path& path, const Clock& clock, int64_t lifetime_ms);

  // The first of a new family. Of one user at most a thousand live, the newest.
  std::string Begin(const Grant& grant);

  struct Exchanged {
    enum class Outcome { kGood, kUnknown, kReused } outcome = Outcome::kUnknown;
    Grant grant;
    std::string next;  // kGood only
  };
  // kUnknown: expired ones too. kReused: grant tells whose; the family is gone.
  Exchanged Exchange(const std::string& token);

 private:
  std::string Insert(const Grant& grant, const std::string& family);

  const Clock& clock_;
  const int64_t lifetime_ms_;
  std::mutex mutex_;
  sqlite::Connection connection_;
};

}  // namespace marquee::auth
