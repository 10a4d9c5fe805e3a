#include "lake/quality.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "base/error_matchers.h"
#include "base/text.h"

namespace marquee::lake {
namespace {

using testing::ElementsAre;
using testing::Eq;
using testing::HasSubstr;
using testing::IsEmpty;

class QualityTest : public testing::Test {
 protected:
  QualityTest() : engine_({}), session_(engine_.NewSession()) {
    session_->Execute(R"(create schema silver; create view silver.ratings as select
      'u' || n % 7 as user_id,
      case when n % 4 = 0 then null else n % 5 + 0.5::double end as rating,
      n as line,
      timestamptz '2000-01-01 00:00:00+00' + n * interval 1 day as rated_at,
      date '2000-01-01' + n::integer as day,
      n % 2 = 0 as odd,
      [n::varchar] as tags,
      (n / 2)::decimal(9, 2) as price,
      null::integer as nothing
      from range(100) t(n))");
  }

  TableProfile Profile() { return ProfileTable(*session_, "silver.ratings", "silver.ratings"); }

  ColumnProfile Column(std::string_view name) {
    for (const ColumnProfile& column : Profile().columns) {
      if (column.name == name) return column;
    }
    ADD_FAILURE() << "no column " << name;
    return {};
  }

  Engine engine_;
  std::unique_ptr<Session> session_;
};

std::vector<double> Numbers(const std::vector<Json>& values) {
  std::vector<double> numbers;
  for (const Json& value : values) numbers.push_back(value.AsDouble());
  return numbers;
}

size_t WidestLine(const std::string& text) {
  size_t widest = 0;
  for (const std::string_view line : Split(text, "\n")) {
    widest = std::max(widest, DisplayWidth(line));
  }
  return widest;
}

TEST_F(QualityTest, CountsRowsAndMissing) {
  EXPECT_EQ(Profile().rows, 100);
  EXPECT_EQ(Column("rating").missing, 25);
  EXPECT_EQ(Column("user_id").missing, 0);
  EXPECT_EQ(Column("nothing").missing, 100);
}

TEST_F(QualityTest, CountsDistinctValuesWithoutMissing) {
  EXPECT_TRUE(Profile().exact);
  EXPECT_EQ(Column("user_id").distinct, 7);
  EXPECT_EQ(Column("rating").distinct, 5);
  EXPECT_EQ(Column("nothing").distinct, 0);
  EXPECT_EQ(Column("tags").distinct, 100);
}

TEST_F(QualityTest, ExtremesHaveTheTypeOfTheColumn) {
  EXPECT_EQ(Column("user_id").min, Json("u0"));
  EXPECT_EQ(Column("user_id").max, Json("u6"));
  EXPECT_EQ(Column("line").max, Json(99));
  EXPECT_EQ(Column("rating").min, Json(0.5));
  EXPECT_EQ(Column("rated_at").max, Json("2000-04-09T00:00:00Z"));
  EXPECT_EQ(Column("day").min, Json("2000-01-01T00:00:00Z"));
  EXPECT_EQ(Column("odd").max, Json(true));
  EXPECT_EQ(Column("price").max, Json(49.5));
  EXPECT_EQ(Column("nothing").min, Json());
  EXPECT_EQ(Column("tags").min, Json());
}

TEST_F(QualityTest, QuantilesOfNumbersAndTimes) {
  EXPECT_THAT(Numbers(Column("line").quantiles), ElementsAre(4, 24, 49, 74, 94));
  EXPECT_THAT(Numbers(Column("price").quantiles), ElementsAre(2, 12, 24.5, 37, 47));
  EXPECT_EQ(Column("rated_at").quantiles.at(2), Json("2000-02-19T00:00:00Z"));
  EXPECT_THAT(Column("user_id").quantiles, IsEmpty());
  EXPECT_THAT(Column("tags").quantiles, IsEmpty());
}

TEST_F(QualityTest, ATableWithoutRowsHasAProfile) {
  const TableProfile profile =
      ProfileTable(*session_, "none", "(select * from silver.ratings where false)");
  EXPECT_EQ(profile.rows, 0);
  EXPECT_EQ(profile.columns.size(), 9u);
  EXPECT_EQ(profile.columns[1].min, Json());
  EXPECT_THAT(profile.ToText(), HasSubstr("none   0 rows\n"));
}

TEST_F(QualityTest, LargeTablesAreEstimatedAndSaySo) {
  const TableProfile profile =
      ProfileTable(*session_, "big", "(select n, to_timestamp(n) as at from range(1000000) t(n))");
  EXPECT_FALSE(profile.exact);
  EXPECT_NEAR(static_cast<double>(profile.columns[0].distinct), 1e6, 5e4);  // HyperLogLog: 2 %
  EXPECT_NEAR(profile.columns[0].quantiles.at(2).AsDouble(), 5e5, 5e3);     // t-digest: 1 %
  EXPECT_THAT(profile.columns[1].quantiles.at(2).AsString(), testing::StartsWith("1970-01-0"));
  EXPECT_THAT(profile.ToText(), HasSubstr("estimates"));
  EXPECT_THAT(profile.ToText(), HasSubstr("  ~"));
}

TEST_F(QualityTest, AMissingTableIsAnError) {
  EXPECT_THAT([&] { ProfileTable(*session_, "t", "silver.none"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("none")));
}

TEST_F(QualityTest, JsonHoldsEveryColumn) {
  const Json json = Profile().ToJson();
  EXPECT_EQ(json.GetString("table"), "silver.ratings");
  const Json& line = json.At("columns").AsArray().at(2);
  EXPECT_EQ(line.Dump(),
            R"({"name":"line","type":"BIGINT","missing":0,"distinct":100,"min":0,"max":99,)"
            R"("quantiles":{"0.05":4,"0.25":24,"0.50":49,"0.75":74,"0.95":94}})");
}

TEST_F(QualityTest, ProfilePageIsAligned) {
  const TableProfile profile = ProfileTable(
      *session_, "t",
      "(select n * 1000 as count, n::varchar as id, case when n > 5 then 1999 end as year, "
      "timestamptz '2000-01-01 10:00:00+00' as at from range(20) t(n))");
  EXPECT_EQ(profile.ToText(),
            "t   20 rows\n"
            "  column  type         missing          distinct  min                  max\n"
            "  count   bigint             0                20  0                    19,000\n"
            "  id      varchar            0                20  0                    9\n"
            "  year    integer            6  30.0 %         1  1999                 1999\n"
            "  at      timestamptz        0                 1  2000-01-01 10:00:00  2000-01-01 "
            "10:00:00\n"
            "\n"
            "  quantiles         5 %        25 %        50 %        75 %        95 %\n"
            "  count               0        4000        9000      14,000      18,000\n"
            "  year             1999        1999        1999        1999        1999\n"
            "  at         2000-01-01  2000-01-01  2000-01-01  2000-01-01  2000-01-01\n");
}

TEST_F(QualityTest, ThePageFitsTheTerminalWhateverTheValues) {
  const TableProfile profile = ProfileTable(
      *session_, "t",
      "(select repeat('x\xc3\xa9\n', 200) as a_very_long_name_of_a_column_indeed, "
      "9e300::double as big, -123456789012345::bigint as deep, "
      "{'a': 1, 'b': 'some text'} as parts, null::bigint as gone from range(1200) t(n))");
  const std::string text = profile.ToText();
  EXPECT_LE(WidestLine(text), 100u);
  EXPECT_TRUE(IsValidUtf8(text));
}

LoadReport SampleReport() {
  LoadReport report{.load_id = "8f0c2b1e", .dataset = "movielens-1m"};
  report.loaded_at_ms = 1'704'416'523'000;
  report.seconds = 4.21;
  report.tables = {{.table = "silver.ratings",
                    .version = 3,
                    .rows_in = 1'000'209,
                    .rows_out = 1'000'100,
                    .rejects = {{"rating", "outside 0.5 .. 5", 11}, {"", "line is cut", 1}}}};
  report.users = 6040;
  report.new_users = 40;
  report.items = 3706;
  report.first_ms = 956'703'932'000;
  report.last_ms = 1'046'454'590'000;
  return report;
}

TEST(LoadReport, RowsAreAccountedFor) {
  const TableLoad load = SampleReport().tables[0];
  EXPECT_EQ(load.rejected(), 12);
  EXPECT_EQ(load.replaced(), 97);
}

TEST(LoadReport, PageSaysWhatBecameOfEveryRow) {
  EXPECT_EQ(SampleReport().ToText(),
            "Load 8f0c2b1e of movielens-1m\n"
            "  2024-01-05 01:02:03 UTC, took 4.2 s\n"
            "\n"
            "  table           version    rows in   rows out  rejected  replaced\n"
            "  silver.ratings        3  1,000,209  1,000,100        12        97\n"
            "\n"
            "  rejected  table           column  reason\n"
            "        11  silver.ratings  rating  outside 0.5 .. 5\n"
            "         1  silver.ratings          line is cut\n"
            "\n"
            "  6,040 users (40 new), 3,706 items (0 new), interactions from 2000-04-25 to "
            "2003-02-28\n");
}

TEST(LoadReport, JsonHasTheSameFacts) {
  LoadReport report = SampleReport();
  report.profiles.push_back({.table = "silver.ratings", .rows = 1});
  const Json json = report.ToJson();
  EXPECT_EQ(json.GetString("loaded_at"), "2024-01-05T01:02:03.000Z");
  EXPECT_EQ(json.GetString("last_interaction").substr(0, 10), "2003-02-28");
  EXPECT_EQ(json.GetInt("new_users"), 40);
  const Json& load = json.At("tables").AsArray().at(0);
  EXPECT_EQ(load.GetInt("rejected"), 12);
  EXPECT_EQ(load.At("rejects").AsArray().at(0).GetString("reason"), "outside 0.5 .. 5");
  EXPECT_EQ(json.At("profiles").size(), 1u);
}

TEST(LoadReport, ALoadWithoutInteractionsHasNoTimeSpan) {
  LoadReport report = SampleReport();
  report.first_ms.reset();
  report.last_ms.reset();
  EXPECT_TRUE(report.ToJson().At("first_interaction").is_null());
  EXPECT_THAT(report.ToText(), testing::Not(HasSubstr("interactions from")));
}

}  // namespace
}  // namespace marquee::lake
