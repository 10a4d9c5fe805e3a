// Tables that Marquee writes, as delta-rs and Polars read them, version by version.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "base/clock.h"
#include "base/files.h"
#include "base/text.h"
#include "lake/engine.h"
#include "lake/lake.h"
#include "tables.h"

namespace marquee::lake {
namespace {

namespace fs = std::filesystem;
using Mode = WriteRequest::Mode;

class DeltaConformance : public ::testing::Test {
 protected:
  void SetUp() override {
    tool_ = Shared() / "tools/delta-conformance";
    if (!fs::exists(tool_)) GTEST_SKIP() << "no " << tool_.string() << ": set MARQUEE_SHARED";
  }

  int64_t Write(WriteRequest request) {
    request.run_id = "0123456789abcdef";
    return lake_.Write(*session_, request).version;
  }
  int64_t Overwrite(const std::string& table, const std::string& select) {
    return Write({.table = table, .select = select});
  }
  int64_t Append(const std::string& table, const std::string& select,
                 const std::string& partition_column = {}) {
    return Write({.table = table,
                  .select = select,
                  .mode = Mode::kAppend,
                  .partition_column = partition_column});
  }

  void ExpectConforms(const std::string& table) {
    const fs::path folder = dir_.path() / ReplaceAll(table, ".", "/");
    const std::string command =
        ShellQuoted(tool_.string()) + " " + ShellQuoted(folder.string()) + " 2>&1";
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
  }

  fs::path tool_;
  TempDir dir_;
  SystemClock clock_;
  Engine engine_{EngineOptions{}};
  std::unique_ptr<Session> session_ = engine_.NewSession();
  Lake lake_{dir_.path(), clock_};
};

TEST_F(DeltaConformance, AllTypesAndModes) {
  const std::string table = "silver.all_types";
  Overwrite(table, AllTypes(0, 200));
  for (int i = 1; i <= 11; ++i) Append(table, AllTypes(i * 1000, i * 1000 + 10 * i));
  EXPECT_EQ(Overwrite(table, AllTypes(5000, 5050)), 12);
  Append(table, StrCat("select *, i as new_column from (", AllTypes(7000, 7020),
                       ") cross join (select 1::bigint as i)"));
  Overwrite(table, "select 1::bigint as user_id where false");
  EXPECT_EQ(lake_.Restore(table, 5), 15);
  Append(table, AllTypes(9000, 9001));
  lake_.Restore(table, 13);
  EXPECT_EQ(lake_.Vacuum(table, 0, true).files.size(), 13U);
  ExpectConforms(table);
}

TEST_F(DeltaConformance, PartitionsWithOddValues) {
  const std::string table = "bronze.parts";
  const std::string odd = OddPartitions();
  Write({.table = table, .select = odd, .partition_column = "genre"});
  Append(table, odd, "genre");
  const auto replace = [&](const std::string& value, int rows) {
    const std::string text = value.empty() ? "null::varchar" : SqlText(value);
    return Write({.table = table,
                  .select = StrCat("select i::bigint as id, 'new ' || i as text, ", text,
                                   " as genre from range(", rows, ") r(i)"),
                  .mode = Mode::kReplacePartition,
                  .partition_column = "genre",
                  .partition_value = value});
  };
  replace("Film Noir", 7);
  replace("a/b", 0);
  replace("", 3);
  replace("it's \"q\" [a]*?", 5);
  for (int i = 0; i < 8; ++i) replace("2024-01-05", i + 1);
  lake_.Restore(table, 1);
  lake_.CreateView(*session_, table);
  EXPECT_EQ(session_->QueryInt("select count(*) from bronze.parts"), 800);
  EXPECT_EQ(session_->QueryInt("select count(distinct genre) from bronze.parts"), 7);
  EXPECT_EQ(session_->QueryInt("select count(*) from bronze.parts where genre is null"), 100);
  ExpectConforms(table);
}

TEST_F(DeltaConformance, TypedPartitions) {
  for (const std::string value : {"i::bigint", "date '2024-01-01' + i::integer", "i % 2 = 0"}) {
    Write({.table = "bronze.typed",
           .select = StrCat("select i::integer as id, ", value, " as p from range(5) r(i)"),
           .partition_column = "p"});
  }
  ExpectConforms("bronze.typed");
}

TEST_F(DeltaConformance, AfterVacuum) {
  const std::string table = "gold.items";
  for (int i = 1; i <= 12; ++i) {
    Write({.table = table,
           .select = StrCat("select i as id, ", i, " as load from range(", i, ") r(i)"),
           .column_comments = {{"id", "dense index, \"quoted\""}},
           .inputs = {{"silver.ratings", i}}});
  }
  const fs::path orphan = dir_.path() / "gold/items/part-of-a-writer-that-died.parquet";
  WriteFileAtomic(orphan, "PAR1");
  fs::last_write_time(orphan, fs::file_time_type::clock::now() - std::chrono::hours(2));
  EXPECT_EQ(lake_.Vacuum(table, int64_t{3600} * 1000, false).files,
            std::vector<std::string>{"part-of-a-writer-that-died.parquet"});
  EXPECT_FALSE(fs::exists(orphan));
  ExpectConforms(table);
}

}  // namespace
}  // namespace marquee::lake
