// Randomness, hashes and passwords (libsodium). Thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace marquee::auth {

// Lower-case hex of so many random bytes.
std::string RandomHex(size_t bytes);
// BLAKE2b-256 as hex: for secrets made by RandomHex, which cannot be guessed however fast the hash
// is; not for passwords.
std::string SecretHash(std::string_view secret);
// In a time that does not depend on where they differ.
bool SameSecret(std::string_view a, std::string_view b);
// Nothing for text that is not base64url without padding.
std::optional<std::string> FromBase64Url(std::string_view text);
// Nothing for text that is not base64 with padding.
std::optional<std::string> FromBase64(std::string_view text);

// What guessing one password costs.
struct PasswordCost {
  unsigned long long operations = 2;
  size_t memory_bytes = 64 << 20;  // of each check under way
};
// Argon2id with a salt of its own, as text that holds salt and cost. About 60 ms.
std::string HashPassword(std::string_view password, const PasswordCost& cost);
bool PasswordFits(const std::string& hash, std::string_view password);

}  // namespace marquee::auth
