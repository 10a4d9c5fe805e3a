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

namespace marquee::lake {
namespace {

namespace fs = std::filesystem;
using Mode = WriteRequest::Mode;

fs::path Shared() {
  const char* folder = std::getenv("MARQUEE_SHARED");
  return fs::absolute(folder && *folder ? folder : "../shared");
}

std::string ShellQuoted(const std::string& text) {
  return "'" + ReplaceAll(text, "'", "'\\''") + "'";
}

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

// Every type that Delta has, nulls, extremes and texts that need care.
std::string AllTypes(int from, int to) {
  return StrCat(R"sql(
      select i::bigint * 1000000007 as user_id, (i - 50)::integer as k, (i % 300)::smallint as small,
        (i % 100)::tinyint as tiny,
        case when i % 5 = 0 then null else (i % 10) / 2.0 end::float as rating,
        case when i % 7 = 0 then 'nan'::double else i / 3.0 end as not_always_a_number,
        i / 3.0 - 10 as score, case when i % 2 = 0 then 'infinity'::double else -0.0 end as edge,
        timestamptz '2024-01-01 00:00:00.123456+00' + i * interval 1 second as rated_at,
        date '2024-01-01' + i::integer as day, (i / 4.0 - 3)::decimal(10, 2) as price,
        (i / 8.0)::decimal(30, 6) as big_price, i % 2 = 0 as seen, 'x'::blob as bytes,
        'Film “' || i || '” 東京 🎬' as title, repeat('é', 40) || i as long_title,
        repeat('😀', 20) as emoji, '' as blank, null::varchar as nothing,
        case when i % 3 = 0 then null else 'a''b"c\' end as quoted,
        [i::varchar, null] as tags, {'a': i::bigint, 'b': ['x', null]} as nested,
        map {'k': i::integer} as pairs, 'b'::enum('a', 'b') as kind, '{"a": 1}'::json as document
      from range()sql",
                from, ", ", to, ") r(i)");
}

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
  const std::string odd = R"sql(
      select i::bigint as id, 'row ' || i as text,
        case i % 8 when 0 then null when 1 then 'Film Noir' when 2 then 'a/b' when 3 then 'x=y&z'
          when 4 then '100% é 東' when 5 then 'it''s "q" [a]*?' when 6 then 'NULL' else '2024-01-05'
        end as genre
      from range(400) r(i))sql";
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
