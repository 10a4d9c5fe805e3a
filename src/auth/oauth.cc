#include "auth/oauth.h"

#include <algorithm>

#include "auth/authenticator.h"
#include "base/log.h"
#include "base/text.h"

namespace marquee::auth {
namespace {

// The role asked for: one's own unless a lower one is named.
http::Role Granted(const std::string& scope, http::Role own) {
  if (scope.empty()) return own;
  const std::optional<http::Role> wanted = http::ParseRole(scope);
  if (!wanted) {
    throw GrantError(400, "invalid_scope", "scope is not viewer, service, operator or admin");
  }
  if (*wanted > own) {
    throw GrantError(400, "invalid_scope",
                     StrCat("scope ", scope, " is more than the role ", http::RoleName(own)));
  }
  return *wanted;
}

void RequireField(std::string_view name, const std::string& value) {
  if (value.empty()) throw GrantError(400, "invalid_request", StrCat(name, " is missing"));
}

}  // namespace

GrantAnswer TokenGrants::Grant(const GrantRequest& request) {
  RequireField("grant_type", request.grant_type);
  failures_.RequireFew(Failures::ByAddress(request.address));
  if (request.grant_type == "password") return ByPassword(request);
  if (request.grant_type == "client_credentials") return ByKey(request);
  if (request.grant_type == "refresh_token") return ByRefreshToken(request);
  throw GrantError(400, "unsupported_grant_type",
                   "grant_type must be password, client_credentials or refresh_token");
}

void TokenGrants::Fail(const GrantRequest& request, std::string_view error,
                       std::string_view message) {
  failures_.Count(Failures::ByAddress(request.address));
  throw GrantError(error == "invalid_client" ? 401 : 400, std::string(error), std::string(message));
}

GrantAnswer TokenGrants::ByPassword(const GrantRequest& request) {
  RequireField("username", request.username);
  RequireField("password", request.password);
  const std::string name = Failures::ByUser(request.username);
  failures_.RequireFew(name);
  const std::optional<UserInfo> user = accounts_.CheckPassword(request.username, request.password);
  if (!user) {
    failures_.Count(name);
    Fail(request, "invalid_grant", "the user name or the password is wrong");
  }
  const http::Role role = Granted(request.scope, user->role);
  const RefreshTokens::Grant grant{user->name, user->generation, role};
  return Answer({.name = "user:" + user->name, .role = role, .generation = user->generation},
                refresh_.Begin(grant));
}

GrantAnswer TokenGrants::ByKey(const GrantRequest& request) {
  RequireField("client_id", request.client_id);
  RequireField("client_secret", request.client_secret);
  const std::shared_ptr<const Accounts> accounts = accounts_.Current();
  const bool whole = request.client_secret.starts_with("mq_");
  const KeyInfo* key = accounts->FindKey(
      whole ? request.client_secret : StrCat("mq_", request.client_id, "_", request.client_secret));
  if (key == nullptr || key->id != request.client_id || !key->ValidAt(clock_.NowMs())) {
    Fail(request, "invalid_client", "the client_id or the client_secret is wrong");
  }
  return Answer(
      {.name = "key:" + key->id, .role = Granted(request.scope, key->role), .paths = key->paths},
      "");
}

GrantAnswer TokenGrants::ByRefreshToken(const GrantRequest& request) {
  RequireField("refresh_token", request.refresh_token);
  const RefreshTokens::Exchanged exchanged = refresh_.Exchange(request.refresh_token);
  if (exchanged.outcome == RefreshTokens::Exchanged::Outcome::kReused) {
    LogWarning(StrCat("auth: a refresh token of user ", exchanged.grant.user,
                      " came a second time, from ", request.address,
                      ": all of that login are void"));
  }
  TokenSubject subject{.name = "user:" + exchanged.grant.user,
                       .role = exchanged.grant.role,
                       .generation = exchanged.grant.generation};
  const std::optional<TokenSubject> valid =
      StillValid(subject, *accounts_.Current(), clock_.NowMs());
  if (exchanged.outcome != RefreshTokens::Exchanged::Outcome::kGood || !valid) {
    Fail(request, "invalid_grant", "the refresh token is unknown, used or expired");
  }
  subject.role = Granted(request.scope, valid->role);
  return Answer(subject, exchanged.next);
}

GrantAnswer TokenGrants::Answer(const TokenSubject& subject, std::string refresh_token) const {
  return {.access_token = tokens_.Issue(subject),
          .expires_in_s = tokens_.lifetime_s(),
          .refresh_token = std::move(refresh_token),
          .scope = std::string(http::RoleName(subject.role)),
          .who = subject.name};
}

}  // namespace marquee::auth
