#include "base/hash.h"

#include <gtest/gtest.h>

#include "base/files.h"

namespace marquee {
namespace {

TEST(Hash, KnownDigests) {
  EXPECT_EQ(HashHex(HashKind::kMd5, "abc"), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(HashHex(HashKind::kSha256, "abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Fnv1a(""), 14695981039346656037ull);
  EXPECT_EQ(Fnv1a("bar", Fnv1a("foo")), Fnv1a("foobar"));
}

// RFC 4231, case 2.
TEST(Hash, KnownHmac) {
  EXPECT_EQ(ToHex(HmacSha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Base64, PadsToFourLetters) {
  EXPECT_EQ(ToBase64(""), "");
  EXPECT_EQ(ToBase64("f"), "Zg==");
  EXPECT_EQ(ToBase64("fo"), "Zm8=");
  EXPECT_EQ(ToBase64("foob"), "Zm9vYg==");
  EXPECT_EQ(ToBase64(std::string_view("\xff\xfe\0", 3)), "//4A");
}

TEST(Hash, AFileHasTheDigestOfItsBytes) {
  const TempDir dir;
  const std::string bytes(3 << 20, 'x');
  WriteFileAtomic(dir.path() / "f", bytes);
  EXPECT_EQ(HashFileHex(HashKind::kSha256, dir.path() / "f"), HashHex(HashKind::kSha256, bytes));
}

}  // namespace
}  // namespace marquee
