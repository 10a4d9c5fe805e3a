// For tests: a home with everything of this module, a clock that stands still, passwords that cost
// nothing.
#pragma once

#include <string>

#include "auth/authenticator.h"
#include "auth/guard.h"
#include "auth/oauth.h"
#include "base/files.h"

namespace marquee::auth {

inline constexpr PasswordCost kCheap{.operations = 1, .memory_bytes = 8192};
inline constexpr int64_t kTestNowMs = 1'700'000'000'000;

struct TestPeople {
  TempDir folder;
  ManualClock clock{kTestNowMs};
  AccountStore accounts{folder.path() / "auth.db", clock, kCheap};
  AccessTokens tokens{folder.path() / "auth.key", clock, 900};
  RefreshTokens refresh{folder.path() / "auth.db", clock, 86'400'000};
  AuditLog audit{folder.path() / "auth.db", clock, 0};
  Failures failures{{.max = 5, .window_s = 3600}};
  Authenticator authenticator{accounts, tokens, nullptr, failures, clock};
  TokenGrants grants{accounts, tokens, refresh, failures, clock};

  AccountStore::NewKey MakeKey(http::Role role, std::vector<std::string> paths = {}) {
    KeyInfo wanted;
    wanted.role = role;
    wanted.paths = std::move(paths);
    return accounts.CreateKey(wanted);
  }
  // All that is on the disk.
  std::string FileBytes() const {
    std::string bytes;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
      bytes += ReadFile(entry.path());
    }
    return bytes;
  }
};

inline http::Request RequestWith(std::vector<http::Header> headers) {
  http::Request request;
  request.headers = std::move(headers);
  request.remote_address = "10.0.0.7";
  return request;
}

}  // namespace marquee::auth
