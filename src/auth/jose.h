// Signed tokens: JSON Web Tokens in compact form (RFC 7519, 7515, 7517), by cjose.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/json.h"

namespace marquee::auth {

// No other is ever taken: not "none", and none that is symmetric.
enum class Algorithm { kEs256, kRs256 };

class JoseKey;

// Signs. Thread-safe; cheap to copy.
class SigningKey {
 public:
  static SigningKey Generate(Algorithm algorithm);
  // From what PrivateJwk gave. Throws invalid_argument for other text.
  static SigningKey Parse(std::string_view private_jwk);

  std::string PrivateJwk() const;
  Json PublicJwk() const;
  const std::string& kid() const;
  // The token; `type` is its "typ". About 50 us with ES256.
  std::string Sign(const Json& claims, const std::string& type) const;

 private:
  explicit SigningKey(std::shared_ptr<JoseKey> key) : key_(std::move(key)) {}
  std::shared_ptr<JoseKey> key_;
};

// Throws unauthenticated: "the token " and why it is refused.
[[noreturn]] void RefuseToken(std::string_view why);

// The public keys of one issuer, by kid. Immutable, thread-safe.
class KeySet {
 public:
  KeySet() = default;
  // {"keys": [...]}; passes over keys that are not for RS256 (2048 bits or more) or ES256
  // signatures, or that have no kid. Throws invalid_argument for text that is no key set.
  static KeySet Parse(std::string_view jwks);

  bool Has(const std::string& kid) const { return keys_.contains(kid); }
  size_t size() const { return keys_.size(); }
  // The claims of a token with a good signature by one of these keys; the claims themselves are not
  // judged. Throws unauthenticated. About 100 us.
  Json Verify(std::string_view token) const;

 private:
  std::map<std::string, std::shared_ptr<JoseKey>> keys_;
};

// The kid of a token, which nothing vouches for yet. Throws unauthenticated for what is no token,
// for an algorithm that is not taken, and without kid.
std::string UnverifiedKid(std::string_view token);

}  // namespace marquee::auth
