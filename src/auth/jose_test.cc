#include "auth/jose.h"

#include <gmock/gmock.h>

#include "auth/secrets.h"
#include "base/error_matchers.h"
#include "base/text.h"

namespace marquee::auth {
namespace {

using testing::HasSubstr;

std::string Base64Url(std::string_view bytes) {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  uint32_t bits = 0;
  int count = 0;
  for (const char byte : bytes) {
    bits = (bits << 8) | static_cast<unsigned char>(byte);
    for (count += 8; count >= 6; count -= 6) text += kLetters[(bits >> (count - 6)) & 63];
  }
  if (count > 0) text += kLetters[(bits << (6 - count)) & 63];
  return text;
}

Json Claims() { return Json::MakeObject({{"sub", "ada"}, {"n", 5}}); }

KeySet SetOf(const std::vector<Json>& jwks) {
  return KeySet::Parse(Json::MakeObject({{"keys", Json(Json::Array(jwks))}}).Dump());
}

class JoseTest : public testing::TestWithParam<Algorithm> {
 protected:
  // Made once: an RSA key takes a while.
  static const SigningKey& Key(Algorithm algorithm) {
    static const SigningKey es256 = SigningKey::Generate(Algorithm::kEs256);
    static const SigningKey rs256 = SigningKey::Generate(Algorithm::kRs256);
    return algorithm == Algorithm::kEs256 ? es256 : rs256;
  }
  static const SigningKey& Key() { return Key(GetParam()); }
  static KeySet Set() { return SetOf({Key().PublicJwk()}); }
  static std::string WithHeader(const Json& header, const std::string& token) {
    return Base64Url(header.Dump()) + token.substr(token.find('.'));
  }
  static void ExpectRefused(const KeySet& set, const std::string& token, const char* why) {
    EXPECT_THAT([&] { set.Verify(token); }, ThrowsError(Code::kUnauthenticated, HasSubstr(why)))
        << token;
  }
};

TEST_P(JoseTest, WhatIsSignedIsVerified) {
  const std::string token = Key().Sign(Claims(), "at+jwt");
  EXPECT_EQ(Set().Verify(token), Claims());
  EXPECT_EQ(UnverifiedKid(token), Key().kid());
  EXPECT_EQ(SigningKey::Parse(Key().PrivateJwk()).kid(), Key().kid());
}

TEST_P(JoseTest, ThePublicPartHoldsNothingSecret) {
  const Json jwk = Key().PublicJwk();
  for (const char* part : {"d", "p", "q", "dp", "dq", "qi"}) {
    EXPECT_EQ(jwk.Find(part), nullptr) << part;
  }
  EXPECT_THAT([&] { SigningKey::Parse(jwk.Dump()); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("no private key")));
}

TEST_P(JoseTest, AChangeOfAnyPartIsNoticed) {
  const std::string token = Key().Sign(Claims(), "JWT");
  const std::string other = Key().Sign(Json::MakeObject({{"sub", "eve"}}), "JWT");
  const size_t first = token.find('.');
  const size_t last = token.rfind('.');
  const std::string forged =
      token.substr(0, first) + other.substr(first, other.rfind('.') - first) + token.substr(last);
  ExpectRefused(Set(), forged, "has a bad signature");
  ExpectRefused(Set(), token.substr(0, last + 1), "has a bad signature");
  std::string flipped = token;
  flipped[last + 5] = flipped[last + 5] == 'A' ? 'B' : 'A';
  ExpectRefused(Set(), flipped, "has a bad signature");
}

TEST_P(JoseTest, NoAlgorithmAndSymmetricOnesAreRefused) {
  const std::string token = Key().Sign(Claims(), "JWT");
  for (const char* algorithm : {"none", "None", "HS256", "ES384", "PS256", "RS512", ""}) {
    ExpectRefused(Set(),
                  WithHeader(Json::MakeObject({{"alg", algorithm}, {"kid", Key().kid()}}), token),
                  "an algorithm other than ES256 and RS256");
  }
}

TEST_P(JoseTest, AnAlgorithmTheKeyIsNotForIsRefused) {
  const bool es = GetParam() == Algorithm::kEs256;
  const std::string token = Key().Sign(Claims(), "JWT");
  ExpectRefused(
      Set(),
      WithHeader(Json::MakeObject({{"alg", es ? "RS256" : "ES256"}, {"kid", Key().kid()}}), token),
      "names an algorithm its key is not for");
}

TEST_P(JoseTest, HeadersThatMeanMoreThanIsKnownAreRefused) {
  const std::string token = Key().Sign(Claims(), "JWT");
  const char* name = GetParam() == Algorithm::kEs256 ? "ES256" : "RS256";
  ExpectRefused(Set(), WithHeader(Json::MakeObject({{"alg", name}}), token), "names no key");
  ExpectRefused(Set(), WithHeader(Json::MakeObject({{"alg", name}, {"kid", 5}}), token),
                "names no key");
  ExpectRefused(Set(), WithHeader(Json::MakeObject({{"alg", name}, {"kid", "other"}}), token),
                "names a key that its issuer does not have");
  ExpectRefused(
      Set(),
      WithHeader(Json::MakeObject(
                     {{"alg", name}, {"kid", Key().kid()}, {"crit", Json(Json::Array{"exp"})}}),
                 token),
      "a critical header");
}

INSTANTIATE_TEST_SUITE_P(Algorithms, JoseTest,
                         testing::Values(Algorithm::kEs256, Algorithm::kRs256),
                         [](const auto& parameter) {
                           return parameter.param == Algorithm::kEs256 ? "Es256" : "Rs256";
                         });

TEST_F(JoseTest, WhatIsNoTokenIsRefused) {
  const KeySet set = SetOf({Key(Algorithm::kEs256).PublicJwk()});
  ExpectRefused(set, "", "three parts");
  ExpectRefused(set, "a.b", "three parts");
  ExpectRefused(set, "a.b.c.d", "three parts");
  ExpectRefused(set, "a+.b.c", "not base64url");
  ExpectRefused(set, Base64Url("{") + ".b.c", "not JSON");
  ExpectRefused(set, Base64Url(std::string(500, '[')) + ".b.c", "not JSON");
  ExpectRefused(set, Base64Url("[]") + ".b.c", "names no algorithm");
  ExpectRefused(set, std::string(20'000, 'a'), "too long");
  // Five characters are no base64.
  const std::string token = Key(Algorithm::kEs256).Sign(Json::MakeObject(), "JWT");
  const std::string head = token.substr(0, token.find('.'));
  ExpectRefused(set, head + ".YWJjZ" + token.substr(token.rfind('.')), "not base64url");
  ExpectRefused(set, token.substr(0, token.rfind('.')) + ".YWJjZ", "not base64url");
}

TEST_F(JoseTest, OfAKeySetOnlyWhatSignsIsTaken) {
  const Json good = Key(Algorithm::kRs256).PublicJwk();
  Json encrypts = Key(Algorithm::kEs256).PublicJwk();
  encrypts["use"] = "enc";
  Json other_algorithm = Key(Algorithm::kEs256).PublicJwk();
  other_algorithm["alg"] = "ES512";
  Json weak = good;
  weak["kid"] = "weak";
  weak["n"] = Base64Url(std::string(128, '\xC1'));
  const Json secret = Json::MakeObject({{"kty", "oct"}, {"k", "c2VjcmV0"}, {"kid", "s"}});
  Json broken = good;
  broken["kid"] = "broken";
  broken["n"] = "YWJjZ";  // no base64 has five characters
  Json nameless = Json::MakeObject();
  for (const auto& [name, value] : good.AsObject()) {
    if (name != "kid") nameless[name] = value;
  }
  const KeySet set =
      SetOf({encrypts, other_algorithm, weak, secret, broken, nameless, Json(5), good});
  EXPECT_EQ(set.size(), 1);
  EXPECT_TRUE(set.Has(Key(Algorithm::kRs256).kid()));
  for (const char* bad : {"", "{}", "[]", R"({"keys": 5})"}) {
    EXPECT_THAT([&] { KeySet::Parse(bad); }, ThrowsError(Code::kInvalidArgument, testing::_))
        << bad;
  }
}

TEST(FromBase64Url, TakesNoOtherAlphabet) {
  EXPECT_EQ(FromBase64Url("_-8"), "\xff\xef");
  EXPECT_EQ(FromBase64Url(""), "");
  for (const char* bad : {"/+8", "_-8=", "_", "_-8 ", "a\n"}) EXPECT_FALSE(FromBase64Url(bad));
}

}  // namespace
}  // namespace marquee::auth
