#include "lake/engine.h"

#include <gmock/gmock.h>

#include <atomic>
#include <functional>
#include <stdexcept>
#include <thread>

#include "base/check.h"
#include "base/error_matchers.h"
#include "base/files.h"
#include "base/json.h"
#include "base/text.h"

namespace marquee::lake {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class EngineTest : public testing::Test {
 protected:
  EngineTest() : engine_({.temp_dir = dir_.path() / "spill"}), session_(engine_.NewSession()) {}

  std::string Text(std::string_view sql) { return session_->QueryText(sql); }

  TempDir dir_;
  Engine engine_;
  std::unique_ptr<Session> session_;
};

// Gives the numbers 0 .. rows-1 as (BIGINT n, VARCHAR name); name is null for every tenth.
class CountingSource : public RowSource {
 public:
  explicit CountingSource(
      int64_t rows, std::function<void(int64_t)> before_row = [](int64_t) {})
      : rows_(rows), before_row_(std::move(before_row)) {}

  std::vector<ColumnInfo> Columns() const override {
    return {{"n", "BIGINT"}, {"name", "VARCHAR"}};
  }

  size_t Fill(RowSink& sink) override {
    size_t filled = 0;
    for (; filled < sink.capacity() && next_ < rows_; ++filled, ++next_) {
      before_row_(next_);
      sink.SetInt(filled, 0, next_);
      if (next_ % 10 == 0) {
        sink.SetNull(filled, 1);
      } else {
        sink.SetText(filled, 1, "the name of row number " + std::to_string(next_));
      }
    }
    return filled;
  }

 private:
  int64_t rows_;
  int64_t next_ = 0;
  std::function<void(int64_t)> before_row_;
};

TEST_F(EngineTest, LibraryIsTheVersionTheProjectPins) {
  EXPECT_THAT(Engine::LibraryVersion(), StartsWith("v1.4."));
}

TEST_F(EngineTest, ReadsEachArrayTypeWithoutCopies) {
  const auto result = session_->Query(
      "select 7::bigint, 8::integer, 1.5::double, 2.5::float, true, 'a longer text than twelve', "
      "['x', null, 'yy']");
  const Chunk* chunk = result->Next();
  ASSERT_NE(chunk, nullptr);
  ASSERT_EQ(chunk->size(), 1u);
  EXPECT_THAT(chunk->Int64(0), ElementsAre(7));
  EXPECT_THAT(chunk->Int32(1), ElementsAre(8));
  EXPECT_THAT(chunk->Double(2), ElementsAre(1.5));
  EXPECT_THAT(chunk->Float(3), ElementsAre(2.5f));
  EXPECT_THAT(chunk->Bool(4), ElementsAre(1));
  EXPECT_EQ(chunk->Text(5, 0), "a longer text than twelve");
  EXPECT_THAT(chunk->TextList(6, 0), ElementsAre("x", "yy"));
  EXPECT_EQ(result->Next(), nullptr);
}

TEST_F(EngineTest, NamesTheTypesOfColumns) {
  const auto result = session_->Query(
      "select 1::decimal(9,2) as price, now() as at, ['a'] as genres, "
      "map {'k': {'a': 1::bigint}} as stats, 'x'::enum('x', 'y''z') as kind, "
      "[1.5::float, 2]::float[2] as pair");
  std::vector<std::string> types;
  for (const ColumnInfo& column : result->columns()) {
    types.push_back(column.name + " " + column.sql_type);
  }
  EXPECT_THAT(types, ElementsAre("price DECIMAL(9,2)", "at TIMESTAMP WITH TIME ZONE",
                                 "genres VARCHAR[]", "stats MAP(VARCHAR, STRUCT(\"a\" BIGINT))",
                                 "kind ENUM('x', 'y''z')", "pair FLOAT[2]"));
}

TEST_F(EngineTest, TellsNullsFromValuesInEveryRow) {
  const auto result = session_->Query(
      "select case when n % 3 = 0 then null else n end, case when n % 2 = 0 then null else 'x' end "
      "from range(100) t(n) order by n");
  const Chunk* chunk = result->Next();
  ASSERT_NE(chunk, nullptr);
  for (size_t row = 0; row < 100; ++row) {
    EXPECT_EQ(chunk->IsNull(0, row), row % 3 == 0);
    EXPECT_EQ(chunk->IsNull(1, row), row % 2 == 0);
    EXPECT_EQ(chunk->Text(1, row), row % 2 == 0 ? "" : "x");
  }
}

TEST_F(EngineTest, AResultWithoutRowsStillHasColumns) {
  const auto result = session_->Query("select 1 as a, 'x' as b where false");
  EXPECT_EQ(result->columns().size(), 2u);
  EXPECT_EQ(result->Next(), nullptr);
}

TEST_F(EngineTest, RowsComeInOrderOverManyChunks) {
  const auto result = session_->Query("select n from range(100000) t(n)");
  int64_t expected = 0;
  while (const Chunk* chunk = result->Next()) {
    EXPECT_LE(chunk->size(), 2048u);
    for (const int64_t n : chunk->Int64(0)) ASSERT_EQ(n, expected++);
  }
  EXPECT_EQ(expected, 100000);
}

TEST_F(EngineTest, AResultOutlivesItsSession) {
  const auto result = session_->Query("select n from range(10000) t(n)");
  ASSERT_NE(result->Next(), nullptr);
  session_.reset();
}

// Display

struct Shown {
  const char* sql;
  const char* text;
};

class DisplayTest : public EngineTest, public testing::WithParamInterface<Shown> {};

TEST_P(DisplayTest, ShowsTheValue) {
  EXPECT_EQ(Text(StrCat("select ", GetParam().sql)), GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    Numbers, DisplayTest,
    testing::Values(
        Shown{"(-128)::tinyint", "-128"}, Shown{"255::utinyint", "255"},
        Shown{"(-32768)::smallint", "-32768"}, Shown{"65535::usmallint", "65535"},
        Shown{"(-2147483648)::integer", "-2147483648"}, Shown{"4294967295::uinteger", "4294967295"},
        Shown{"(-9223372036854775808)::bigint", "-9223372036854775808"},
        Shown{"18446744073709551615::ubigint", "18446744073709551615"},
        Shown{"(-170141183460469231731687303715884105728)::hugeint",
              "-170141183460469231731687303715884105728"},
        Shown{"340282366920938463463374607431768211455::uhugeint",
              "340282366920938463463374607431768211455"},
        Shown{"3::double", "3.0"}, Shown{"0.1::double", "0.1"}, Shown{"1e16::double", "1e+16"},
        Shown{"'nan'::double", "nan"}, Shown{"'-inf'::double", "-inf"}, Shown{"0.1::float", "0.1"},
        Shown{"-0.05::decimal(4,2)", "-0.05"}, Shown{"12.30::decimal(18,2)", "12.30"},
        Shown{"123456789012345678901234567.89::decimal(38,2)", "123456789012345678901234567.89"},
        Shown{"5::decimal(4,0)", "5"}));

INSTANTIATE_TEST_SUITE_P(
    Times, DisplayTest,
    testing::Values(
        Shown{"date '1969-12-31'", "1969-12-31"}, Shown{"'infinity'::date", "infinity"},
        Shown{"timestamptz '2000-01-01 01:02:03+02'", "1999-12-31T23:02:03Z"},
        Shown{"timestamptz '1969-12-31 23:59:59.25+00'", "1969-12-31T23:59:59.25Z"},
        Shown{"timestamp '2000-01-01 01:02:03.123456'", "2000-01-01 01:02:03.123456"},
        Shown{"'2000-01-01 01:02:03.5'::timestamp_ms", "2000-01-01 01:02:03.5"},
        Shown{"'2000-01-01 01:02:03'::timestamp_s", "2000-01-01 01:02:03"},
        Shown{"'2000-01-01 01:02:03.000000001'::timestamp_ns", "2000-01-01 01:02:03.000000001"},
        Shown{"time '01:02:03.5'", "01:02:03.5"},
        Shown{"interval '14 months 3 days 4 seconds'", "1 year 2 months 3 days 00:00:04"}));

INSTANTIATE_TEST_SUITE_P(
    Others, DisplayTest,
    testing::Values(Shown{"true", "true"}, Shown{"'caf\xc3\xa9'", "caf\xc3\xa9"}, Shown{"null", ""},
                    Shown{"'a\\xFF'::blob", "a\\xFF"},
                    Shown{"'8f0c2b1e-0102-4304-8506-0708090a0b0c'::uuid",
                          "8f0c2b1e-0102-4304-8506-0708090a0b0c"},
                    Shown{"'mid'::enum('low', 'mid')", "mid"},
                    Shown{"['a', null, 'b\"c']", R"(["a",null,"b\"c"])"},
                    Shown{"[[1, 2], []]", "[[1,2],[]]"}, Shown{"[1, 2]::integer[2]", "[1,2]"},
                    Shown{"{'a': 1, 'b': {'c': 2.5::double}}", R"({"a":1,"b":{"c":2.5}})"},
                    Shown{"map {'rating': map {'min': '1', 'max': '5'}, 'none': null}",
                          R"({"rating":{"min":"1","max":"5"},"none":null})"},
                    Shown{"{'at': timestamptz '2000-01-01 00:00:00+00'}",
                          R"({"at":"2000-01-01T00:00:00Z"})"}));

TEST_F(EngineTest, TypesWithoutATextFormAreNamed) {
  EXPECT_THAT([&] { Text("select '101'::bit"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("BIT")));
}

TEST_F(EngineTest, ShowsTheStatisticsOfAWrittenFileAsJson) {
  const auto result = session_->Query(
      StrCat("copy (select n, null::integer as nothing from range(1, 6) t(n)) to ",
             SqlText((dir_.path() / "t.parquet").string()), " (format parquet, return_stats)"));
  const Chunk* chunk = result->Next();
  ASSERT_NE(chunk, nullptr);
  size_t stats = 0;
  while (result->columns().at(stats).name != "column_statistics") ++stats;
  const Json json = Json::Parse(chunk->Display(stats, 0));
  const Json& column = json.At("\"n\"");
  EXPECT_EQ(column.GetString("min"), "1");
  EXPECT_EQ(column.GetString("max"), "5");
}

// Statements

TEST_F(EngineTest, ExecuteRunsSeveralStatements) {
  session_->Execute("create temp table t(a int); insert into t values (1), (2);");
  EXPECT_EQ(session_->QueryInt("select sum(a) from t"), 3);
}

TEST_F(EngineTest, QueryIntRefusesWhatIsNoInteger) {
  EXPECT_THAT([&] { session_->QueryInt("select null"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("null is not an integer")));
  EXPECT_THAT([&] { session_->QueryInt("select 'x'"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("'x' is not an integer")));
}

TEST_F(EngineTest, QueryTextRefusesAResultWithoutRows) {
  EXPECT_THAT([&] { Text("select 1 where false"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("no row")));
}

TEST_F(EngineTest, TimesAreUtc) {
  EXPECT_EQ(Text("select current_setting('TimeZone')"), "UTC");
  EXPECT_EQ(Text("select hour(timestamptz '2000-01-01 01:00:00+03')"), "22");
}

TEST_F(EngineTest, LiteralsKeepQuotes) {
  EXPECT_EQ(Text("select " + SqlText("it's \"so\"")), "it's \"so\"");
  const auto result = session_->Query("select 1 as " + SqlName("it's \"so\""));
  EXPECT_EQ(result->columns()[0].name, "it's \"so\"");
}

// Errors by code

TEST_F(EngineTest, WrongSqlIsAnInvalidArgument) {
  const auto fails = [&](const char* sql, const char* part) {
    EXPECT_THAT([&] { session_->Execute(sql); },
                ThrowsError(Code::kInvalidArgument, HasSubstr(part)));
    EXPECT_THAT(
        [&] {
          while (session_->Query(sql)->Next()) continue;
        },
        ThrowsError(Code::kInvalidArgument, HasSubstr(part)));
  };
  fails("selec 1", "Parser Error");
  fails("select nothing_like_it", "Binder Error");
  fails("select * from no_such_table", "Catalog Error");
  fails("select x::int from (values ('five')) t(x)", "Conversion Error");
  fails("select error('our own')", "our own");
}

TEST_F(EngineTest, AStatementWithAZeroByteIsRefused) {
  EXPECT_THAT([&] { session_->Execute(std::string_view("select 1\0; drop", 15)); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("zero byte")));
}

TEST_F(EngineTest, AMissingFileIsNotFound) {
  EXPECT_THAT([&] { session_->Execute("select * from read_parquet('/no/such.parquet')"); },
              ThrowsError(Code::kNotFound, HasSubstr("/no/such.parquet")));
  EXPECT_THAT([&] { session_->Query("select * from read_csv('/no/such.csv')"); },
              ThrowsError(Code::kNotFound, HasSubstr("/no/such.csv")));
}

TEST_F(EngineTest, AFullDiskIsResourceExhausted) {
  EXPECT_THAT(
      [&] {
        session_->Execute("copy (select range from range(1000000)) to '/dev/full' (format csv)");
      },
      ThrowsError(Code::kResourceExhausted, HasSubstr("No space left")));
}

TEST_F(EngineTest, AnExtensionIsNeverFetched) {
  EXPECT_ANY_THROW(session_->Query("select * from read_xlsx('a.xlsx')"));
  EXPECT_EQ(Text("select current_setting('autoinstall_known_extensions')"), "false");
  EXPECT_EQ(Text("select current_setting('autoload_known_extensions')"), "false");
}

TEST_F(EngineTest, ASessionGoesOnAfterAnError) {
  EXPECT_ANY_THROW(session_->Execute("selec 1"));
  EXPECT_EQ(session_->QueryInt("select 1"), 1);
}

// Row sources

TEST_F(EngineTest, ReadsASourceOfManyChunksInOrder) {
  session_->AddSource("rows", std::make_shared<CountingSource>(100'000));
  const auto result = session_->Query("select n, name from rows");
  int64_t expected = 0;
  while (const Chunk* chunk = result->Next()) {
    for (size_t row = 0; row < chunk->size(); ++row, ++expected) {
      ASSERT_EQ(chunk->Int64(0)[row], expected);
      ASSERT_EQ(chunk->IsNull(1, row), expected % 10 == 0);
      if (expected % 10 != 0) {
        ASSERT_EQ(chunk->Text(1, row), "the name of row number " + std::to_string(expected));
      }
    }
  }
  EXPECT_EQ(expected, 100'000);
}

TEST_F(EngineTest, WritesASourceToAFileInOrder) {
  const std::string file = SqlText((dir_.path() / "t.parquet").string());
  session_->AddSource("rows", std::make_shared<CountingSource>(300'000));
  session_->Execute("copy (select * from rows) to " + file + " (format parquet)");
  EXPECT_EQ(session_->QueryInt("select count(*) from " + file + " where n = file_row_number"),
            300'000);
}

TEST_F(EngineTest, AnEmptySourceIsAnEmptyTable) {
  session_->AddSource("rows", std::make_shared<CountingSource>(0));
  EXPECT_EQ(session_->QueryInt("select count(*) from rows"), 0);
}

TEST_F(EngineTest, WhatASourceThrowsComesOutUnchanged) {
  const auto break_at = [](int64_t row) {
    if (row == 50'000)
      throw Error(Code::kDataLoss, "ratings.csv: line 50001 is cut", "get it again");
  };
  session_->AddSource("a", std::make_shared<CountingSource>(100'000, break_at));
  EXPECT_THAT([&] { session_->Execute("create temp table t as select * from a"); },
              ThrowsError(Code::kDataLoss, "ratings.csv: line 50001 is cut"));
  session_->AddSource("b", std::make_shared<CountingSource>(100'000, break_at));
  EXPECT_THAT(
      [&] {
        const auto result = session_->Query("select n from b");
        while (result->Next()) continue;
      },
      testing::Throws<Error>(AllOf(testing::Property(&Error::code, Code::kDataLoss),
                                   testing::Property(&Error::hint, "get it again"))));
}

TEST_F(EngineTest, AnExceptionOfAnotherTypeKeepsItsType) {
  session_->AddSource("a", std::make_shared<CountingSource>(
                               10, [](int64_t) { throw std::length_error("too long"); }));
  EXPECT_THROW(session_->Execute("select * from a"), std::length_error);
}

TEST_F(EngineTest, AnOldErrorOfASourceDoesNotComeBack) {
  session_->AddSource("a", std::make_shared<CountingSource>(
                               10, [](int64_t) { throw Error(Code::kDataLoss, "broken"); }));
  EXPECT_ANY_THROW(session_->Execute("select * from a"));
  EXPECT_THAT([&] { session_->Execute("selec 1"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("Parser Error")));
}

TEST_F(EngineTest, ASourceIsReadOnce) {
  session_->AddSource("rows", std::make_shared<CountingSource>(10));
  EXPECT_EQ(session_->QueryInt("select count(*) from rows"), 10);
  EXPECT_THAT([&] { session_->QueryInt("select count(*) from rows"); },
              ThrowsError(Code::kFailedPrecondition, HasSubstr("source rows")));
}

TEST_F(EngineTest, ANewSourceReplacesTheOldOne) {
  auto old = std::make_shared<CountingSource>(10);
  const std::weak_ptr<CountingSource> released = old;
  session_->AddSource("rows", std::move(old));
  session_->AddSource("rows", std::make_shared<CountingSource>(20));
  EXPECT_TRUE(released.expired());
  EXPECT_EQ(session_->QueryInt("select count(*) from rows"), 20);
}

TEST_F(EngineTest, ASourceIsSeenByItsSessionOnly) {
  session_->AddSource("rows", std::make_shared<CountingSource>(10));
  EXPECT_THAT([&] { engine_.NewSession()->Execute("select * from rows"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("rows")));
}

TEST_F(EngineTest, ASourceWithAnotherTypeIsRefused) {
  class DateSource : public RowSource {
    std::vector<ColumnInfo> Columns() const override { return {{"day", "DATE"}}; }
    size_t Fill(RowSink&) override { return 0; }
  };
  EXPECT_THAT([&] { session_->AddSource("days", std::make_shared<DateSource>()); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("column day is of type DATE")));
}

// Threads and memory

constexpr std::string_view kEndless =
    "select count(*) from range(4000000000) a(x), range(4000000000) b(y) where (x * y) % 7 = 3";

TEST_F(EngineTest, InterruptEndsARunningStatement) {
  std::atomic<bool> ended = false;
  std::thread interrupter([&] {
    while (!ended) {
      session_->Interrupt();
      std::this_thread::yield();
    }
  });
  EXPECT_THAT([&] { session_->Execute(kEndless); },
              ThrowsError(Code::kCancelled, HasSubstr("interrupted")));
  EXPECT_THAT([&] { session_->QueryInt(kEndless); },
              ThrowsError(Code::kCancelled, HasSubstr("interrupted")));
  ended = true;
  interrupter.join();
  EXPECT_EQ(session_->QueryInt("select 1"), 1);
}

TEST_F(EngineTest, ProgressIsAFractionOrUnknown) {
  EXPECT_LT(session_->QueryProgress(), 0);
  std::atomic<bool> ended = false;
  std::thread watcher([&] {
    while (!ended) {
      const double progress = session_->QueryProgress();
      EXPECT_LE(progress, 1);
      EXPECT_TRUE(progress == -1 || progress >= 0);
    }
  });
  session_->Execute("select sum(x) from range(3000000) t(x)");
  ended = true;
  watcher.join();
}

// 3 M rows of 40 bytes do not fit: the sort must spill.
constexpr std::string_view kBigSort =
    "select count(*) from (select md5(x::varchar) as h from range(3000000) t(x) order by h limit "
    "2900000)";

TEST(EngineMemory, SpillsToTheTemporaryFolderAndCleansUp) {
  const TempDir dir;
  {
    Engine engine({.memory_limit_bytes = 100 << 20, .temp_dir = dir.path() / "a" / "b"});
    EXPECT_EQ(engine.NewSession()->QueryInt(kBigSort), 2'900'000);
  }
  EXPECT_TRUE(std::filesystem::exists(dir.path() / "a" / "b"));
  EXPECT_TRUE(std::filesystem::is_empty(dir.path() / "a" / "b"));
}

TEST(EngineMemory, ATemporaryFolderThatCannotBeIsNamed) {
  EXPECT_THAT(
      [] { Engine engine({.temp_dir = "/dev/null/spill"}); },
      testing::Throws<Error>(testing::Property(&Error::message, HasSubstr("/dev/null/spill"))));
}

TEST(EngineMemory, WithoutATemporaryFolderTheLimitIsHard) {
  Engine engine({.memory_limit_bytes = 50 << 20});
  EXPECT_THAT([&] { engine.NewSession()->QueryInt(kBigSort); },
              testing::Throws<Error>(
                  AllOf(testing::Property(&Error::code, Code::kResourceExhausted),
                        testing::Property(&Error::hint, HasSubstr("lake.memory_limit")))));
}

TEST(EngineMemory, AStreamedScanHoldsFewRows) {
  Engine engine({.memory_limit_bytes = 50 << 20});
  const auto session = engine.NewSession();
  const auto result =
      session->Query("select x, x::varchar || '.............' from range(5000000) t(x)");
  size_t rows = 0;
  while (const Chunk* chunk = result->Next()) rows += chunk->size();
  EXPECT_EQ(rows, 5'000'000u);
}

TEST(EngineThreads, SessionsRunInParallel) {
  Engine engine({});
  const auto work = [&](int64_t rows, int64_t* sum) {
    const auto session = engine.NewSession();
    for (int round = 0; round < 5; ++round) {
      session->AddSource("rows", std::make_shared<CountingSource>(rows));
      *sum += session->QueryInt("select sum(n) from rows");
    }
  };
  int64_t first = 0;
  int64_t second = 0;
  std::thread other(work, 30'000, &first);
  work(20'000, &second);
  other.join();
  EXPECT_EQ(first, 5 * (30'000ll * 29'999 / 2));
  EXPECT_EQ(second, 5 * (20'000ll * 19'999 / 2));
}

TEST(EngineOptionsTest, RefusesALimitBelowOne) {
  EXPECT_THAT([] { Engine engine({.memory_limit_bytes = 0}); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("memory limit 0")));
}

}  // namespace
}  // namespace marquee::lake
