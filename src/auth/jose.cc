#include "auth/jose.h"

#include <cjose/cjose.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "auth/secrets.h"
#include "base/error.h"
#include "base/text.h"

namespace marquee::auth {
namespace {

constexpr size_t kMaxTokenBytes = 16 << 10;
constexpr size_t kMaxKidBytes = 256;
constexpr size_t kMinRsaBits = 2048;

template <auto Release>
struct Releaser {
  template <typename T>
  void operator()(T* object) const {
    Release(object);
  }
};
using JwkPtr = std::unique_ptr<cjose_jwk_t, Releaser<cjose_jwk_release>>;
using JwsPtr = std::unique_ptr<cjose_jws_t, Releaser<cjose_jws_release>>;
using HeaderPtr = std::unique_ptr<cjose_header_t, Releaser<cjose_header_release>>;

void Require(bool done, const cjose_err& error, std::string_view what) {
  if (!done) throw Error(Code::kInternal, StrCat("cannot ", what, ": ", error.message));
}

std::string_view AlgorithmName(Algorithm algorithm) {
  return algorithm == Algorithm::kEs256 ? "ES256" : "RS256";
}

struct Head {
  Algorithm algorithm;
  std::string kid;
};

// Before anything else is done with a token.
Head ReadHead(std::string_view token) {
  if (token.size() > kMaxTokenBytes) RefuseToken("is too long");
  const std::vector<std::string_view> parts = Split(token, ".");
  if (parts.size() != 3) RefuseToken("is not three parts with dots between");
  const std::optional<std::string> text = FromBase64Url(parts[0]);
  if (!text) RefuseToken("has a header that is not base64url");
  Json header;
  try {
    header = Json::Parse(*text);
  } catch (const Error&) {
    RefuseToken("has a header that is not JSON");
  }
  const Json* algorithm = header.Find("alg");
  const Json* kid = header.Find("kid");
  if (algorithm == nullptr || !algorithm->is_string()) RefuseToken("names no algorithm");
  if (header.Find("crit") != nullptr) RefuseToken("has a critical header that is not known");
  if (kid == nullptr || !kid->is_string() || kid->AsString().size() > kMaxKidBytes) {
    RefuseToken("names no key (kid)");
  }
  // cjose 0.6 ends the process at base64 of an impossible length.
  if (!FromBase64Url(parts[1]) || !FromBase64Url(parts[2])) RefuseToken("is not base64url");
  if (algorithm->AsString() == "ES256") return {Algorithm::kEs256, kid->AsString()};
  if (algorithm->AsString() == "RS256") return {Algorithm::kRs256, kid->AsString()};
  RefuseToken("is signed by an algorithm other than ES256 and RS256");
}

// As ReadHead has it: what cjose gets can be decoded.
bool HasSoundNumbers(const Json& jwk) {
  constexpr const char* kNumbers[] = {"x", "y", "d", "n", "e", "p", "q", "dp", "dq", "qi", "k"};
  return std::ranges::all_of(kNumbers, [&](const char* name) {
    const Json* number = jwk.Find(name);
    return number == nullptr || (number->is_string() && FromBase64Url(number->AsString()));
  });
}

std::optional<Algorithm> AlgorithmOf(const cjose_jwk_t* key) {
  cjose_err error{};
  const cjose_jwk_kty_t type = cjose_jwk_get_kty(key, &error);
  if (type == CJOSE_JWK_KTY_EC && cjose_jwk_EC_get_curve(key, &error) == CJOSE_JWK_EC_P_256) {
    return Algorithm::kEs256;
  }
  if (type == CJOSE_JWK_KTY_RSA && cjose_jwk_get_keysize(key, &error) >= kMinRsaBits) {
    return Algorithm::kRs256;
  }
  return std::nullopt;
}

}  // namespace

void RefuseToken(std::string_view why) {
  throw Error(Code::kUnauthenticated, StrCat("the token ", why), "get a new token");
}

// A key of cjose, one call at a time: its reference counts are not atomic.
class JoseKey {
 public:
  JoseKey(JwkPtr key, Algorithm algorithm) : key_(std::move(key)), algorithm_(algorithm) {
    cjose_err error{};
    const char* kid = cjose_jwk_get_kid(key_.get(), &error);
    kid_ = kid == nullptr ? "" : kid;
  }

  // Null for a key that is not for signatures of ours.
  static std::shared_ptr<JoseKey> Import(const Json& jwk) {
    if (!HasSoundNumbers(jwk)) return nullptr;
    const std::string text = jwk.Dump();
    cjose_err error{};
    JwkPtr key(cjose_jwk_import(text.data(), text.size(), &error));
    if (key == nullptr) return nullptr;
    const std::optional<Algorithm> algorithm = AlgorithmOf(key.get());
    return algorithm ? std::make_shared<JoseKey>(std::move(key), *algorithm) : nullptr;
  }

  const std::string& kid() const { return kid_; }
  Algorithm algorithm() const { return algorithm_; }

  std::string ToJson(bool with_private) {
    const std::scoped_lock lock(mutex_);
    cjose_err error{};
    char* text = cjose_jwk_to_json(key_.get(), with_private, &error);
    Require(text != nullptr, error, "write a key");
    std::string json = text;
    cjose_get_dealloc()(text);
    return json;
  }

  std::string Sign(const std::string& claims, const std::string& type) {
    const std::scoped_lock lock(mutex_);
    cjose_err error{};
    const HeaderPtr header(cjose_header_new(&error));
    Require(header != nullptr, error, "make a token");
    const auto set = [&](const char* name, const std::string& value) {
      Require(cjose_header_set(header.get(), name, value.c_str(), &error), error, "make a token");
    };
    set(CJOSE_HDR_ALG, std::string(AlgorithmName(algorithm_)));
    set(CJOSE_HDR_KID, kid_);
    set("typ", type);
    const JwsPtr jws(cjose_jws_sign(key_.get(), header.get(),
                                    reinterpret_cast<const uint8_t*>(claims.data()), claims.size(),
                                    &error));
    Require(jws != nullptr, error, "sign a token");
    const char* token = nullptr;
    Require(cjose_jws_export(jws.get(), &token, &error), error, "sign a token");
    return token;
  }

  // The payload, or nothing for a bad signature.
  std::optional<std::string> Verify(std::string_view token) {
    const std::scoped_lock lock(mutex_);
    cjose_err error{};
    const JwsPtr jws(cjose_jws_import(token.data(), token.size(), &error));
    if (jws == nullptr || !cjose_jws_verify(jws.get(), key_.get(), &error)) return std::nullopt;
    uint8_t* bytes = nullptr;
    size_t size = 0;
    if (!cjose_jws_get_plaintext(jws.get(), &bytes, &size, &error)) return std::nullopt;
    return std::string(reinterpret_cast<const char*>(bytes), size);
  }

 private:
  std::mutex mutex_;
  const JwkPtr key_;
  const Algorithm algorithm_;
  std::string kid_;
};

SigningKey SigningKey::Generate(Algorithm algorithm) {
  cjose_err error{};
  constexpr uint8_t kExponent[] = {1, 0, 1};
  JwkPtr key(algorithm == Algorithm::kEs256
                 ? cjose_jwk_create_EC_random(CJOSE_JWK_EC_P_256, &error)
                 : cjose_jwk_create_RSA_random(kMinRsaBits, kExponent, sizeof kExponent, &error));
  Require(key != nullptr, error, "make a signing key");
  const std::string kid = RandomHex(8);
  Require(cjose_jwk_set_kid(key.get(), kid.data(), kid.size(), &error), error, "name a key");
  return SigningKey(std::make_shared<JoseKey>(std::move(key), algorithm));
}

SigningKey SigningKey::Parse(std::string_view private_jwk) {
  const Json json = Json::Parse(private_jwk);
  std::shared_ptr<JoseKey> key = JoseKey::Import(json);
  if (key == nullptr || key->kid().empty() || json.Find("d") == nullptr) {
    throw Error(Code::kInvalidArgument, "the signing key is no private key for ES256 or RS256",
                "delete its file: a new one is made, and tokens given out so far are void");
  }
  return SigningKey(std::move(key));
}

std::string SigningKey::PrivateJwk() const { return key_->ToJson(true); }

Json SigningKey::PublicJwk() const {
  Json jwk = Json::Parse(key_->ToJson(false));
  jwk["use"] = "sig";
  jwk["alg"] = AlgorithmName(key_->algorithm());
  return jwk;
}

const std::string& SigningKey::kid() const { return key_->kid(); }

std::string SigningKey::Sign(const Json& claims, const std::string& type) const {
  return key_->Sign(claims.Dump(), type);
}

KeySet KeySet::Parse(std::string_view jwks) {
  const Json parsed = Json::Parse(jwks);
  KeySet set;
  for (const Json& jwk : parsed.At("keys").AsArray()) {
    if (!jwk.is_object() || jwk.GetString("use", "sig") != "sig") continue;
    std::shared_ptr<JoseKey> key = JoseKey::Import(jwk);
    if (key == nullptr || key->kid().empty()) continue;
    const std::string name(AlgorithmName(key->algorithm()));
    if (jwk.GetString("alg", name) != name) continue;
    set.keys_[key->kid()] = std::move(key);
  }
  return set;
}

// The key says which algorithm it is for; what the token says must be the same, or a public key
// would serve as a secret.
Json KeySet::Verify(std::string_view token) const {
  const Head head = ReadHead(token);
  const auto key = keys_.find(head.kid);
  if (key == keys_.end()) RefuseToken("names a key that its issuer does not have");
  if (key->second->algorithm() != head.algorithm)
    RefuseToken("names an algorithm its key is not for");
  const std::optional<std::string> payload = key->second->Verify(token);
  if (!payload) RefuseToken("has a bad signature");
  try {
    Json claims = Json::Parse(*payload);
    if (claims.is_object()) return claims;
  } catch (const Error&) {
  }
  RefuseToken("holds no JSON object");
}

std::string UnverifiedKid(std::string_view token) { return ReadHead(token).kid; }

}  // namespace marquee::auth
