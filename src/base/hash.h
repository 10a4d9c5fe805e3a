// Checksums of files and messages (OpenSSL), and a hash for tables.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace marquee {

enum class HashKind { kMd5, kSha1, kSha256 };

// Lower-case hex.
std::string ToHex(std::string_view bytes);

// Feed bytes, then take the digest once. Not thread-safe.
class Hasher {
 public:
  explicit Hasher(HashKind kind);
  ~Hasher();
  Hasher(Hasher&&) noexcept;

  void Update(std::string_view bytes);
  // Lower-case hex.
  std::string Finish() { return ToHex(FinishBytes()); }
  std::string FinishBytes();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string HashHex(HashKind kind, std::string_view bytes);
// The digest itself.
std::string HashBytes(HashKind kind, std::string_view bytes);
// The 32 bytes of HMAC-SHA256 (RFC 2104).
std::string HmacSha256(std::string_view key, std::string_view message);
// Throws not_found or unavailable as ReadFile does; reads in blocks.
std::string HashFileHex(HashKind kind, const std::string& path);

// With padding: RFC 4648, section 4.
std::string ToBase64(std::string_view bytes);

// 64-bit FNV-1a: the same on every machine, not for untrusted keys. Of two texts together it is
// that of the second begun with that of the first.
constexpr uint64_t kFnv1aBegin = 0xcbf29ce484222325;
uint64_t Fnv1a(std::string_view bytes, uint64_t begin = kFnv1aBegin);

}  // namespace marquee
