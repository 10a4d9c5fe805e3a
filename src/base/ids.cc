#include "base/ids.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <random>

#include "base/hash.h"
#include "base/text.h"

namespace marquee {
namespace {

std::string AsUuid(std::string hex, char version) {
  hex[12] = version;
  // The two upper bits of the digit are 10: of '0' to '9' and 'a' to 'f' the lower two stay.
  const int digit = hex[16] <= '9' ? hex[16] - '0' : hex[16] - 'a' + 10;
  hex[16] = "89ab"[digit % 4];
  for (const size_t at : {8, 13, 18, 23}) hex.insert(at, 1, '-');
  return hex;
}

}  // namespace

std::string NewRunId() {
  std::random_device entropy;
  char buffer[33];
  std::snprintf(buffer, sizeof buffer, "%08x%08x%08x%08x", entropy(), entropy(), entropy(),
                entropy());
  return buffer;
}

std::string NewUuid() { return AsUuid(NewRunId(), '4'); }

std::string UuidOfName(std::string_view name) {
  constexpr std::string_view kNamespace =
      "\x6f\x1d\x8a\x52\x3c\x0b\x4e\x97\xa4\x45\x9e\x21\xd7\x60\x5b\xc8";
  return AsUuid(HashHex(HashKind::kSha1, StrCat(kNamespace, name)).substr(0, 32), '5');
}

}  // namespace marquee
