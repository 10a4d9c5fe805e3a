#include "base/ids.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <random>

namespace marquee {

std::string NewRunId() {
  std::random_device entropy;
  char buffer[33];
  std::snprintf(buffer, sizeof buffer, "%08x%08x%08x%08x", entropy(), entropy(), entropy(),
                entropy());
  return buffer;
}

std::string NewUuid() {
  std::string hex = NewRunId();
  hex[12] = '4';
  hex[16] = "89ab"[hex[16] % 4];
  for (const size_t at : {8, 13, 18, 23}) hex.insert(at, 1, '-');
  return hex;
}

}  // namespace marquee
