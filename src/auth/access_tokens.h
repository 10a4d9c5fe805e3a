// Marquee's own access tokens: short-lived, signed with the key of the home.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "auth/jose.h"
#include "base/clock.h"
#include "http/role.h"

namespace marquee::auth {

// What a token says of who has it.
struct TokenSubject {
  std::string name = {};  // "key:<id>", "user:<name>"
  http::Role role = http::Role::kViewer;
  std::vector<std::string> paths = {};  // as of KeyInfo
  int64_t generation = 0;               // of a user
};

// Thread-safe.
class AccessTokens {
 public:
  // Reads the key from `key_file`, or makes one there (mode 0600). `clock` must outlive it. Throws
  // data_loss for a file that holds no key.
  AccessTokens(const std::filesystem::path& key_file, const Clock& clock, int64_t lifetime_s);

  std::string Issue(const TokenSubject& subject) const;
  int64_t lifetime_s() const { return lifetime_s_; }
  // Whether a token says that it is signed with this key.
  bool IsOwn(const std::string& kid) const { return public_.Has(kid); }

  struct Verified {
    TokenSubject subject;
    int64_t expires_ms;
  };
  // Throws unauthenticated.
  Verified Verify(std::string_view token) const;
  // {"keys": [...]}: for who else is to accept these tokens.
  Json PublicKeys() const;

 private:
  const Clock& clock_;
  const int64_t lifetime_s_;
  const SigningKey key_;
  const KeySet public_;
};

}  // namespace marquee::auth
