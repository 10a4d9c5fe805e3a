#include "auth/access_tokens.h"

#include "auth/private_file.h"
#include "auth/secrets.h"
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"

namespace marquee::auth {
namespace {

// RFC 9068: told from other tokens of the same key.
constexpr const char* kType = "at+jwt";
constexpr const char* kIssuer = "marquee";

SigningKey ReadOrMakeKey(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) {
    CreatePrivateFile(file, SigningKey::Generate(Algorithm::kEs256).PrivateJwk());
  }
  try {
    return SigningKey::Parse(ReadFile(file));
  } catch (const Error& error) {
    if (error.code() != Code::kInvalidArgument) throw;
    throw Error(Code::kDataLoss, StrCat(file.string(), ": ", error.message()),
                "delete it: a new one is made, and tokens given out so far are void");
  }
}

KeySet PublicPartOf(const SigningKey& key) {
  return KeySet::Parse(Json::MakeObject({{"keys", Json(Json::Array{key.PublicJwk()})}}).Dump());
}

}  // namespace

AccessTokens::AccessTokens(const std::filesystem::path& key_file, const Clock& clock,
                           int64_t lifetime_s)
    : clock_(clock),
      lifetime_s_(lifetime_s),
      key_(ReadOrMakeKey(key_file)),
      public_(PublicPartOf(key_)) {}

std::string AccessTokens::Issue(const TokenSubject& subject) const {
  const int64_t now_s = clock_.NowMs() / 1000;
  Json claims = Json::MakeObject({{"iss", kIssuer},
                                  {"aud", kIssuer},
                                  {"sub", subject.name},
                                  {"role", http::RoleName(subject.role)},
                                  {"iat", now_s},
                                  {"exp", now_s + lifetime_s_},
                                  {"jti", RandomHex(8)}});
  if (subject.generation != 0) claims["gen"] = subject.generation;
  for (const std::string& path : subject.paths) claims["paths"].Append(path);
  return key_.Sign(claims, kType);
}

AccessTokens::Verified AccessTokens::Verify(std::string_view token) const {
  const Json claims = public_.Verify(token);
  const int64_t expires_ms = claims.GetInt("exp") * 1000;
  if (clock_.NowMs() >= expires_ms) RefuseToken("has expired");
  if (claims.GetString("aud") != kIssuer) RefuseToken("is meant for somebody else");
  Verified verified{
      .subject = {.name = claims.GetString("sub"),
                  .role = http::ParseRole(claims.GetString("role")).value_or(http::Role::kPublic),
                  .generation = claims.GetInt("gen")},
      .expires_ms = expires_ms};
  if (const Json* paths = claims.Find("paths")) {
    for (const Json& path : paths->AsArray()) verified.subject.paths.push_back(path.AsString());
  }
  return verified;
}

Json AccessTokens::PublicKeys() const {
  return Json::MakeObject({{"keys", Json(Json::Array{key_.PublicJwk()})}});
}

}  // namespace marquee::auth
