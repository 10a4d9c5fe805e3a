// Who sends a request: from its headers to a name and a role.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "auth/access_tokens.h"
#include "auth/accounts.h"
#include "auth/failures.h"
#include "auth/outside_issuer.h"
#include "auth/secrets.h"
#include "http/message.h"

namespace marquee::auth {

// The role and paths that remain of what a token says, now that its key or user may have changed;
// nothing when they are gone.
std::optional<TokenSubject> StillValid(const TokenSubject& subject, const Accounts& accounts,
                                       int64_t now_ms);

// Thread-safe. A request with an API key costs a hash; one with a token, the first time, the check
// of its signature, and then a hash too.
class Authenticator {
 public:
  // `outside` may be null. What is passed in must outlive it.
  Authenticator(AccountStore& accounts, const AccessTokens& tokens, OutsideIssuer* outside,
                Failures& failures, const Clock& clock)
      : accounts_(accounts),
        tokens_(tokens),
        outside_(outside),
        failures_(failures),
        clock_(clock) {}

  // Reads X-API-Key and Authorization: Bearer, whose value may be a key or a token; on a route that
  // may wait also Authorization: Basic, a user with a password, or a key in its place, since a
  // check of a password takes long, once in a few minutes. Nothing without any of them. Throws
  // StatusError 401 with WWW-Authenticate, 429 after too many failures from that address, 503 while
  // an issuer's keys are on their way; never with the secret in its text.
  std::optional<TokenSubject> Authenticate(const http::Request& request);

  // 401 with WWW-Authenticate, for a request that needs credentials and has none.
  [[noreturn]] static void DemandCredentials();

 private:
  std::optional<TokenSubject> FromKey(std::string_view key);
  std::optional<TokenSubject> FromToken(std::string_view token, std::string_view remote_address);
  TokenSubject FromBasic(const std::string& credentials, std::string_view remote_address);
  [[noreturn]] void RefuseBasic(const std::string& user, std::string_view remote_address);
  std::optional<AccessTokens::Verified> Remembered(const std::string& hash);
  void Remember(const std::string& hash, const AccessTokens::Verified& verified);

  AccountStore& accounts_;
  const AccessTokens& tokens_;
  OutsideIssuer* const outside_;
  Failures& failures_;
  const Clock& clock_;

  const std::string salt_ = RandomHex(16);  // of hashes of passwords, which are kept in memory only
  std::mutex mutex_;  // guards the tokens that were found good, by hash, in two generations
  std::unordered_map<std::string, AccessTokens::Verified> recent_;
  std::unordered_map<std::string, AccessTokens::Verified> older_;
};

}  // namespace marquee::auth
