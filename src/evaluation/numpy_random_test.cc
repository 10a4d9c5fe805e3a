#include "evaluation/numpy_random.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <string>

#include "base/hash.h"
#include "base/text.h"
#include "evaluation/numpy_vectors.h"

namespace marquee {
namespace {

std::string Digest(const std::vector<int64_t>& values) {
  std::vector<std::string> texts;
  for (const int64_t value : values) texts.push_back(StrCat(value));
  return HashHex(HashKind::kMd5, Join(texts, " "));
}

uint32_t SeedOf(const std::vector<std::string>& words) {
  return static_cast<uint32_t>(ParseInt(words.at(1)).value());
}

TEST(NumpyRandom, GivesTheBitsOfNumpy) {
  for (const auto& words : NumpyVectors("bits")) {
    NumpyRandom random(SeedOf(words));
    for (size_t i = 2; i < words.size(); ++i)
      EXPECT_EQ(StrCat(random.Next()), words[i]) << Join(words, " ");
  }
}

TEST(NumpyRandom, PermutesAsNumpy) {
  for (const auto& words : NumpyVectors("permutation")) {
    const int64_t n = ParseInt(words.at(2)).value();
    EXPECT_EQ(Digest(NumpyRandom(SeedOf(words)).Permutation(n)), words.at(3)) << Join(words, " ");
  }
}

TEST(NumpyRandom, ChoosesAsNumpyOneCallAfterAnother) {
  std::string seed;
  NumpyRandom random(0);
  for (const auto& words : NumpyVectors("choice")) {
    if (words.at(1) != seed) random = NumpyRandom(SeedOf(words));
    seed = words.at(1);
    const auto values = random.Choice(ParseInt(words.at(2)).value(), ParseInt(words.at(3)).value());
    EXPECT_EQ(Digest(values), words.at(4)) << Join(words, " ");
  }
}

}  // namespace
}  // namespace marquee
