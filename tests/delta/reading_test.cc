// Tables that delta-rs and Polars write, as Marquee reads them, version by version.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <set>

#include "base/files.h"
#include "base/text.h"
#include "tables.h"

namespace marquee::lake {
namespace {

TEST(DeltaReading, EveryVersionOfTheirTablesHasTheRowsTheyRead) {
  const std::filesystem::path tool = Shared() / "tools/deltalake";
  if (!std::filesystem::exists(tool)) {
    GTEST_SKIP() << "no " << tool.string() << ": set MARQUEE_SHARED";
  }
  const TempDir dir;
  const std::string command =
      StrCat(ShellQuoted(tool.string()), " run tests/delta/write_tables.py ",
             ShellQuoted(dir.path().string()));
  ASSERT_EQ(std::system(command.c_str()), 0) << command;
  const Comparison comparison = CompareTables(dir.path());
  EXPECT_THAT(comparison.differences, ::testing::IsEmpty());
  EXPECT_GE(comparison.same.size(), 55U);
  std::set<std::string> tables;
  for (const std::string& same : comparison.same) tables.emplace(Split(same, " ")[0]);
  EXPECT_EQ(tables.size(), 11U);
}

}  // namespace
}  // namespace marquee::lake
