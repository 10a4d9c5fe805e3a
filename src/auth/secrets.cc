#include "auth/secrets.h"

#include <sodium.h>

#include <array>

#include "base/check.h"
#include "base/error.h"

namespace marquee::auth {
namespace {

void RequireSodium() {
  static const int started = sodium_init();
  MARQUEE_CHECK(started >= 0);
}

std::string Hex(const unsigned char* bytes, size_t size) {
  std::string hex(2 * size + 1, '\0');
  sodium_bin2hex(hex.data(), hex.size(), bytes, size);
  hex.pop_back();
  return hex;
}

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::string RandomHex(size_t bytes) {
  RequireSodium();
  std::string random(bytes, '\0');
  randombytes_buf(random.data(), bytes);
  return Hex(Bytes(random), bytes);
}

std::string SecretHash(std::string_view secret) {
  RequireSodium();
  std::array<unsigned char, 32> digest{};
  crypto_generichash(digest.data(), digest.size(), Bytes(secret), secret.size(), nullptr, 0);
  return Hex(digest.data(), digest.size());
}

bool SameSecret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

namespace {

std::optional<std::string> DecodedBase64(std::string_view text, int variant) {
  std::string bytes(text.size(), '\0');
  size_t size = 0;
  const char* end = nullptr;
  const int failed = sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(),
                                       text.data(), text.size(), nullptr, &size, &end, variant);
  if (failed != 0 || end != text.data() + text.size()) return std::nullopt;
  bytes.resize(size);
  return bytes;
}

}  // namespace

std::optional<std::string> FromBase64Url(std::string_view text) {
  return DecodedBase64(text, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

std::optional<std::string> FromBase64(std::string_view text) {
  return DecodedBase64(text, sodium_base64_VARIANT_ORIGINAL);
}

std::string HashPassword(std::string_view password, const PasswordCost& cost) {
  RequireSodium();
  std::array<char, crypto_pwhash_STRBYTES> hash{};
  if (crypto_pwhash_str_alg(hash.data(), password.data(), password.size(), cost.operations,
                            cost.memory_bytes, crypto_pwhash_ALG_ARGON2ID13) != 0) {
    throw Error(Code::kResourceExhausted, "there is not the memory to hash a password",
                "free memory, then try again");
  }
  return hash.data();
}

bool PasswordFits(const std::string& hash, std::string_view password) {
  RequireSodium();
  return crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

}  // namespace marquee::auth
