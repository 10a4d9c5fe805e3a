// Tokens, API keys and the record of changes, over HTTP.
#pragma once

#include <string>

#include "auth/access_tokens.h"
#include "auth/accounts.h"
#include "auth/audit_log.h"
#include "auth/oauth.h"
#include "base/clock.h"
#include "http/message.h"

namespace marquee {

// What is shown of a key, in HTTP and the terminal: {"id", "name", "role", "paths", "state",
// "created", "expires", "revoked"}; state is "valid", "expired" or "revoked", times are UTC text or
// null.
Json RenderKey(const auth::KeyInfo& key, int64_t now_ms);
// The same with "key", which is shown this once.
Json RenderNewKey(const auth::AccountStore::NewKey& made, int64_t now_ms);
// {"id", "at", "who", "role", "address", "method", "route", "target", "status", "request_id"}
Json RenderAuditEntry(const auth::AuditEntry& entry);

// Thread-safe. What is passed in must outlive it. All but PublicKeys wait for a disk or for
// Argon2id: Runs::kOnWorker.
class AuthService {
 public:
  AuthService(auth::AccountStore& accounts, auth::TokenGrants& grants,
              const auth::AccessTokens& tokens, auth::AuditLog& audit, const Clock& clock)
      : accounts_(accounts), grants_(grants), tokens_(tokens), audit_(audit), clock_(clock) {}

  // POST /oauth/token: a form, as RFC 6749 has it, in its words for errors too. Client credentials
  // may come as Authorization: Basic.
  http::Response Token(const http::Request& request) const;
  // POST /auth/token: {"username", "password"} as JSON or a form; 201 with {"access_token"}, as
  // clients of Airflow ask.
  http::Response TokenForAirflow(const http::Request& request) const;
  // GET /oauth/jwks: the public key of the tokens given out.
  http::Response PublicKeys(const http::Request& request) const;

  // GET /keys: {"keys": [RenderKey...]}
  http::Response ListKeys(const http::Request& request) const;
  // POST /keys: {"role", "name"?, "expires_in_s"?, "paths"?}; 201 with RenderNewKey.
  http::Response CreateKey(const http::Request& request) const;
  // DELETE /keys/{key_id}: 204.
  http::Response RevokeKey(const http::Request& request) const;

  // GET /audit?limit=100&before=: {"entries": [RenderAuditEntry...], "next"}, the newest first;
  // next, when there are more, is what to give as before.
  http::Response Audit(const http::Request& request) const;

 private:
  auth::GrantAnswer Grant(const http::Request& request, const auth::GrantRequest& grant) const;

  auth::AccountStore& accounts_;
  auth::TokenGrants& grants_;
  const auth::AccessTokens& tokens_;
  auth::AuditLog& audit_;
  const Clock& clock_;
};

}  // namespace marquee
