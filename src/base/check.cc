#include "base/check.h"

#include <cstdio>
#include <cstdlib>
#include <string>

namespace marquee::internal {

void CheckFailed(std::string_view condition, std::string_view file, int line) {
  std::fprintf(stderr, "marquee: bug at %s:%d: %s does not hold\n", std::string(file).c_str(), line,
               std::string(condition).c_str());
  std::abort();
}

}  // namespace marquee::internal
