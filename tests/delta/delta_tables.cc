// delta_tables write DIR     writes tables for other readers
// delta_tables compare DIR   compares tables with what other readers found in them; 1 when they
// differ
#include <cstdio>
#include <string_view>

#include "base/error.h"
#include "tables.h"

int main(int argc, char** argv) {
  const std::string_view verb = argc == 3 ? argv[1] : "";
  try {
    if (verb == "write") {
      marquee::lake::WriteTables(argv[2]);
      return 0;
    }
    if (verb == "compare") {
      const auto comparison = marquee::lake::CompareTables(argv[2]);
      for (const auto& same : comparison.same) std::printf("ok   %s\n", same.c_str());
      for (const auto& differs : comparison.differences) std::printf("FAIL %s\n", differs.c_str());
      return comparison.differences.empty() && !comparison.same.empty() ? 0 : 1;
    }
  } catch (const marquee::Error& error) {
    std::fprintf(stderr, "delta_tables: %s\n", error.what());
    return 1;
  }
  std::fputs("usage: delta_tables write|compare DIR\n", stderr);
  return 2;
}
