#include "auth/authenticator.h"

#include <algorithm>

#include "base/text.h"
#include "http/router.h"

namespace marquee::auth {
namespace {

constexpr size_t kMaxRemembered = 4096;
// An issuer that takes a key back is heeded after this time.
constexpr int64_t kMaxRememberedMs = 300'000;

[[noreturn]] void Throw401(std::string message, std::string hint, const std::string& challenge) {
  throw http::StatusError(401, Code::kUnauthenticated, std::move(message), std::move(hint),
                          {{"WWW-Authenticate", challenge}});
}

[[noreturn]] void ThrowBadCredentials(std::string message, std::string hint) {
  Throw401(std::move(message), std::move(hint), R"(Bearer realm="marquee", error="invalid_token")");
}

// The credentials of "Authorization: <scheme> <them>".
std::optional<std::string_view> CredentialsOf(const http::Request& request,
                                              std::string_view scheme) {
  const std::optional<std::string_view> header = request.FindHeader("Authorization");
  if (!header) return std::nullopt;
  const size_t blank = header->find(' ');
  if (blank == std::string_view::npos || AsciiLower(header->substr(0, blank)) != scheme) {
    return std::nullopt;
  }
  return Trim(header->substr(blank));
}

bool MayWait(const http::Request& request) {
  return request.matched != nullptr && request.matched->runs != http::Runs::kOnLoop;
}

}  // namespace

std::optional<TokenSubject> StillValid(const TokenSubject& subject, const Accounts& accounts,
                                       int64_t now_ms) {
  TokenSubject valid = subject;
  if (subject.name.starts_with("key:")) {
    const auto key = accounts.keys.find(std::string_view(subject.name).substr(4));
    if (key == accounts.keys.end() || !key->second.info.ValidAt(now_ms)) return std::nullopt;
    valid.role = std::min(subject.role, key->second.info.role);
    valid.paths = key->second.info.paths;
  } else if (subject.name.starts_with("user:")) {
    const auto user = accounts.users.find(std::string_view(subject.name).substr(5));
    if (user == accounts.users.end() || user->second.generation != subject.generation) {
      return std::nullopt;
    }
    valid.role = std::min(subject.role, user->second.role);
  }
  return valid;
}

std::optional<TokenSubject> Authenticator::Authenticate(const http::Request& request) {
  const std::optional<std::string_view> header = request.FindHeader("X-API-Key");
  const std::optional<std::string_view> bearer = CredentialsOf(request, "bearer");
  if (!header && !bearer) {
    const std::optional<std::string_view> basic = CredentialsOf(request, "basic");
    if (!basic || !MayWait(request)) return std::nullopt;
    return FromBasic(FromBase64(*basic).value_or(""), request.remote_address);
  }
  if (header && bearer && *header != *bearer) {
    throw Error(Code::kInvalidArgument, "both X-API-Key and Authorization: Bearer are given",
                "give one");
  }
  const std::string_view secret = header ? Trim(*header) : *bearer;
  std::optional<TokenSubject> subject = FromKey(secret);
  if (subject) return subject;
  const bool is_token = secret.find('.') != std::string_view::npos;
  if (is_token) subject = FromToken(secret, request.remote_address);
  if (subject) return subject;
  const std::string address = Failures::ByAddress(request.remote_address);
  failures_.RequireFew(address);
  failures_.Count(address);
  ThrowBadCredentials(
      is_token ? "what the token was given for is gone: its key was revoked, or its user has "
                 "another password"
               : "the API key is not valid: it is unknown, revoked or expired",
      is_token ? "get a new token" : "make one with: marquee keys create --role ROLE");
}

std::optional<TokenSubject> Authenticator::FromKey(std::string_view key) {
  const std::shared_ptr<const Accounts> accounts = accounts_.Current();
  const KeyInfo* info = accounts->FindKey(key);
  if (info == nullptr || !info->ValidAt(clock_.NowMs())) return std::nullopt;
  return TokenSubject{.name = "key:" + info->id, .role = info->role, .paths = info->paths};
}

// Checking a signature is dear, so whoever failed often does not get that far.
std::optional<TokenSubject> Authenticator::FromToken(std::string_view token,
                                                     std::string_view remote_address) {
  const std::string hash = SecretHash(token);
  std::optional<AccessTokens::Verified> verified = Remembered(hash);
  if (!verified) {
    const std::string address = Failures::ByAddress(remote_address);
    failures_.RequireFew(address);
    try {
      const std::string kid = UnverifiedKid(token);
      const bool outside = outside_ != nullptr && !tokens_.IsOwn(kid);
      verified = outside ? outside_->Verify(token) : tokens_.Verify(token);
    } catch (const http::StatusError&) {
      throw;
    } catch (const Error& error) {
      failures_.Count(address);
      ThrowBadCredentials(error.message(), error.hint());
    }
    Remember(hash, *verified);
  }
  return StillValid(verified->subject, *accounts_.Current(), clock_.NowMs());
}

TokenSubject Authenticator::FromBasic(const std::string& credentials,
                                      std::string_view remote_address) {
  const size_t colon = std::min(credentials.find(':'), credentials.size());
  const std::string user = credentials.substr(0, colon);
  const std::string password = credentials.substr(std::min(colon + 1, credentials.size()));
  if (const std::optional<TokenSubject> of_key = FromKey(password)) return *of_key;
  const std::string hash = SecretHash(StrCat(salt_, credentials));
  if (const std::optional<AccessTokens::Verified> known = Remembered(hash)) {
    const auto valid = StillValid(known->subject, *accounts_.Current(), clock_.NowMs());
    if (valid) return *valid;
  }
  failures_.RequireFew(Failures::ByAddress(remote_address));
  failures_.RequireFew(Failures::ByUser(user));
  const std::optional<UserInfo> info = accounts_.CheckPassword(user, password);
  if (!info) RefuseBasic(user, remote_address);
  const TokenSubject subject{
      .name = "user:" + info->name, .role = info->role, .generation = info->generation};
  Remember(hash, {subject, clock_.NowMs() + kMaxRememberedMs});
  return subject;
}

void Authenticator::RefuseBasic(const std::string& user, std::string_view remote_address) {
  failures_.Count(Failures::ByAddress(remote_address));
  failures_.Count(Failures::ByUser(user));
  Throw401("the user name or the password is wrong",
           "give a user with a password, or any name with a key as the password",
           R"(Basic realm="marquee")");
}

std::optional<AccessTokens::Verified> Authenticator::Remembered(const std::string& hash) {
  const std::scoped_lock lock(mutex_);
  auto found = recent_.find(hash);
  if (found == recent_.end()) {
    found = older_.find(hash);
    if (found == older_.end()) return std::nullopt;
  }
  if (clock_.NowMs() >= found->second.expires_ms) return std::nullopt;
  return found->second;
}

void Authenticator::Remember(const std::string& hash, const AccessTokens::Verified& verified) {
  const std::scoped_lock lock(mutex_);
  if (recent_.size() >= kMaxRemembered) {
    older_ = std::move(recent_);
    recent_.clear();
  }
  AccessTokens::Verified& kept = recent_[hash] = verified;
  kept.expires_ms = std::min(kept.expires_ms, clock_.NowMs() + kMaxRememberedMs);
}

void Authenticator::DemandCredentials() {
  Throw401("this server wants to know who asks",
           "send a key as X-API-Key, or a token as Authorization: Bearer (see POST /oauth/token)",
           R"(Bearer realm="marquee")");
}

}  // namespace marquee::auth
