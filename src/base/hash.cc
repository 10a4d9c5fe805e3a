#include "base/hash.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <fstream>
#include <vector>

#include "base/check.h"
#include "base/error.h"
#include "base/text.h"

namespace marquee {

struct Hasher::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
};

namespace {

const EVP_MD* DigestOf(HashKind kind) {
  if (kind == HashKind::kMd5) return EVP_md5();
  return kind == HashKind::kSha1 ? EVP_sha1() : EVP_sha256();
}

}  // namespace

Hasher::Hasher(HashKind kind) : state_(std::make_unique<State>()) {
  MARQUEE_CHECK(EVP_DigestInit_ex(state_->context, DigestOf(kind), nullptr) == 1);
}

Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;

void Hasher::Update(std::string_view bytes) {
  MARQUEE_CHECK(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1);
}

std::string Hasher::FinishBytes() {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  MARQUEE_CHECK(EVP_DigestFinal_ex(state_->context, digest, &size) == 1);
  return {reinterpret_cast<const char*>(digest), size};
}

std::string HashBytes(HashKind kind, std::string_view bytes) {
  Hasher hasher(kind);
  hasher.Update(bytes);
  return hasher.FinishBytes();
}

std::string HmacSha256(std::string_view key, std::string_view message) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  MARQUEE_CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                     reinterpret_cast<const unsigned char*>(message.data()), message.size(), digest,
                     &size) != nullptr);
  return {reinterpret_cast<const char*>(digest), size};
}

std::string ToHex(std::string_view bytes) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string hex;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    hex.append({kHex[byte >> 4], kHex[byte & 15]});
  }
  return hex;
}

std::string HashHex(HashKind kind, std::string_view bytes) { return ToHex(HashBytes(kind, bytes)); }

std::string HashFileHex(HashKind kind, const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw Error(Code::kNotFound, StrCat("cannot open ", path));
  Hasher hasher(kind);
  std::vector<char> block(1 << 20);
  while (in) {
    in.read(block.data(), static_cast<std::streamsize>(block.size()));
    hasher.Update({block.data(), static_cast<size_t>(in.gcount())});
  }
  if (in.bad()) throw Error(Code::kUnavailable, StrCat("cannot read ", path));
  return hasher.Finish();
}

std::string ToBase64(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');  // EVP_EncodeBlock adds a zero byte
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                  reinterpret_cast<const unsigned char*>(bytes.data()),
                  static_cast<int>(bytes.size()));
  text.pop_back();
  return text;
}

uint64_t Fnv1a(std::string_view bytes, uint64_t begin) {
  uint64_t hash = begin;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  return hash;
}

}  // namespace marquee
