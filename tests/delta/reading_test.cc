// Tables that delta-rs and Polars write, as Marquee reads them, version by version.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <set>

#include "base/clock.h"
#include "base/files.h"
#include "base/text.h"
#include "lake/engine.h"
#include "lake/lake.h"

namespace marquee::lake {
namespace {

namespace fs = std::filesystem;

fs::path Shared() {
  const char* folder = std::getenv("MARQUEE_SHARED");
  return fs::absolute(folder && *folder ? folder : "../shared");
}

std::string ShellQuoted(const std::string& text) {
  return "'" + ReplaceAll(text, "'", "'\\''") + "'";
}

int64_t RowsOnlyIn(Session& session, const std::string& a, const std::string& b,
                   const std::string& columns) {
  return session.QueryInt(StrCat("select count(*) from (select ", columns, " from ", a,
                                 " except all select ", columns, " from ", b, ")"));
}

std::string Columns(const Snapshot& snapshot) {
  std::string columns;
  for (const Field& field : snapshot.fields) {
    columns += (columns.empty() ? "" : ", ") + SqlName(field.name);
  }
  return columns;
}

TEST(DeltaReading, EveryVersionOfTheirTablesHasTheRowsTheyRead) {
  const fs::path tool = Shared() / "tools/deltalake";
  if (!fs::exists(tool)) GTEST_SKIP() << "no " << tool.string() << ": set MARQUEE_SHARED";
  const TempDir dir;
  const std::string command =
      StrCat(ShellQuoted(tool.string()), " run tests/delta/write_tables.py ",
             ShellQuoted(dir.path().string()));
  ASSERT_EQ(std::system(command.c_str()), 0) << command;

  const SystemClock clock;
  Engine engine{EngineOptions{}};
  const auto session = engine.NewSession();
  const Lake lake(dir.path(), clock);
  std::set<std::string> tables;
  int versions = 0;
  for (const auto& entry : fs::directory_iterator(dir.path() / "expected")) {
    const std::string stem = entry.path().stem().string();
    const auto parts = Split(stem, ".");
    ASSERT_EQ(parts.size(), 2U);
    const std::string table = StrCat("theirs.", parts[0]);
    SCOPED_TRACE(StrCat(table, " version ", parts[1]));
    const std::string expected = StrCat("read_parquet(", SqlText(entry.path().string()), ")");
    const Snapshot snapshot = lake.CreateView(*session, table, {.version = ParseInt(parts[1])});
    const std::string columns = Columns(snapshot);
    EXPECT_EQ(session->QueryInt(StrCat("select count(*) from ", table)),
              session->QueryInt(StrCat("select count(*) from ", expected)));
    EXPECT_EQ(RowsOnlyIn(*session, table, expected, columns), 0);
    EXPECT_EQ(RowsOnlyIn(*session, expected, table, columns), 0);
    tables.insert(table);
    ++versions;
  }
  EXPECT_EQ(tables.size(), 11U);
  EXPECT_GE(versions, 50);
}

}  // namespace
}  // namespace marquee::lake
