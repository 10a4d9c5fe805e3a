// Getting tokens: the grants of OAuth 2.0 (RFC 6749) without a browser, as functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "auth/access_tokens.h"
#include "auth/accounts.h"
#include "auth/failures.h"
#include "auth/refresh_tokens.h"
#include "http/message.h"

namespace marquee::auth {

// A refusal in the words of RFC 6749, section 5.2.
class GrantError : public http::StatusError {
 public:
  GrantError(int status, std::string error, std::string message)
      : StatusError(status, Code::kUnauthenticated, std::move(message)), error_(std::move(error)) {}
  const std::string& error() const { return error_; }

 private:
  std::string error_;
};

struct GrantRequest {
  std::string grant_type = {};  // "password", "client_credentials", "refresh_token"
  std::string username = {};
  std::string password = {};
  std::string client_id = {};      // a key's id
  std::string client_secret = {};  // the key, whole or what stands after the id
  std::string refresh_token = {};
  std::string scope = {};  // a role, at most one's own; "": one's own
  std::string address = {};
};

struct GrantAnswer {
  std::string access_token;
  int64_t expires_in_s;
  std::string refresh_token;  // "" with client_credentials: the key itself lasts (section 4.4.3)
  std::string scope;          // the role
  std::string who;            // for the audit
};

// Thread-safe.
class TokenGrants {
 public:
  // What is passed in must outlive it.
  TokenGrants(AccountStore& accounts, const AccessTokens& tokens, RefreshTokens& refresh,
              Failures& failures, const Clock& clock)
      : accounts_(accounts),
        tokens_(tokens),
        refresh_(refresh),
        failures_(failures),
        clock_(clock) {}

  // Waits for Argon2id with a password (Runs::kOnWorker). Throws GrantError; StatusError 429 after
  // too many failures of the address or the user name.
  GrantAnswer Grant(const GrantRequest& request);

 private:
  GrantAnswer ByPassword(const GrantRequest& request);
  GrantAnswer ByKey(const GrantRequest& request);
  GrantAnswer ByRefreshToken(const GrantRequest& request);
  GrantAnswer Answer(const TokenSubject& subject, std::string refresh_token) const;
  [[noreturn]] void Fail(const GrantRequest& request, std::string_view error,
                         std::string_view message);

  AccountStore& accounts_;
  const AccessTokens& tokens_;
  RefreshTokens& refresh_;
  Failures& failures_;
  const Clock& clock_;
};

}  // namespace marquee::auth
