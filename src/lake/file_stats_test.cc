#include "lake/file_stats.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace marquee::lake {
namespace {

std::string Low(const Json& type, std::string_view text) {
  const auto bound = LowerBound(type, text);
  return bound ? bound->Dump() : "none";
}

std::string High(const Json& type, std::string_view text) {
  const auto bound = UpperBound(type, text);
  return bound ? bound->Dump() : "none";
}

TEST(FileStats, NumbersAreNumbers) {
  EXPECT_EQ(Low("long", "-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(High("byte", "7"), "7");
  EXPECT_EQ(High("double", "1e300"), "1e+300");
  EXPECT_EQ(High("decimal(10,2)", "-12.50"), "-12.5");
}

TEST(FileStats, AFloatIsTheDoubleItEquals) {
  EXPECT_EQ(UpperBound("float", "0.1")->AsDouble(), double{0.1f});
}

TEST(FileStats, ZeroAsAMinimumIsNegative) {
  EXPECT_EQ(Low("double", "0.0"), "-0.0");
  EXPECT_EQ(High("double", "-0.0"), "0.0");
}

TEST(FileStats, NoBoundWhereJsonHasNoExactOne) {
  EXPECT_EQ(High("double", "inf"), "none");
  EXPECT_EQ(High("double", "nan"), "none");
  EXPECT_EQ(High("decimal(38,2)", "12345678901234567.89"), "none");
  EXPECT_EQ(Low("date", "0044-03-15 (BC)"), "none");
  EXPECT_EQ(High("date", "infinity"), "none");
  EXPECT_EQ(High("date", "99999-01-01"), "none");
  EXPECT_EQ(High("timestamp", "infinity"), "none");
  EXPECT_EQ(High("boolean", "true"), "none");
  EXPECT_EQ(High("binary", "ab"), "none");
  EXPECT_EQ(High(Json::MakeObject({{"type", "array"}}), "1"), "none");
}

TEST(FileStats, TimesAreRoundedOutwardsToMilliseconds) {
  EXPECT_EQ(Low("timestamp", "2024-01-01 00:00:00.123456+00"), "\"2024-01-01T00:00:00.123Z\"");
  EXPECT_EQ(High("timestamp", "2024-01-01 00:00:00.123456+00"), "\"2024-01-01T00:00:00.124Z\"");
  EXPECT_EQ(High("timestamp", "2023-12-31 23:59:59.9999+00"), "\"2024-01-01T00:00:00.000Z\"");
  EXPECT_EQ(High("timestamp", "2024-01-01 00:00:00.123+00"), "\"2024-01-01T00:00:00.123Z\"");
  EXPECT_EQ(Low("timestamp", "1969-12-31 23:59:59.9995+00"), "\"1969-12-31T23:59:59.999Z\"");
  EXPECT_EQ(High("timestamp_ntz", "2024-01-01 00:00:00"), "\"2024-01-01 00:00:00.000\"");
}

TEST(FileStats, LongTextsAreCutOutwardsBetweenCodePoints) {
  const std::string text(100, 'a');
  EXPECT_EQ(Low("string", text), "\"" + text.substr(0, 64) + "\"");
  EXPECT_EQ(High("string", text), "\"" + text.substr(0, 63) + "b\"");
  const std::string accents = "x" + []() {
    std::string many;
    for (int i = 0; i < 40; ++i) many += "é";
    return many;
  }();
  EXPECT_EQ(LowerBound("string", accents)->AsString(), accents.substr(0, 63));
  EXPECT_EQ(UpperBound("string", accents)->AsString(), accents.substr(0, 61) + "ê");
}

TEST(FileStats, RaisingPassesOverWhatCannotBeRaised) {
  const std::string highest = "\xF4\x8F\xBF\xBF";  // U+10FFFF
  std::string text = "a";
  for (int i = 0; i < 20; ++i) text += highest;
  EXPECT_EQ(UpperBound("string", text)->AsString(), "b");
  EXPECT_EQ(High("string", text.substr(1)), "none");
  std::string before_surrogates;
  for (int i = 0; i < 30; ++i) before_surrogates += "\xED\x9F\xBF";  // U+D7FF
  EXPECT_TRUE(UpperBound("string", before_surrogates)->AsString().ends_with("\xEE\x80\x80"));
}

TEST(FileStats, AreTakenFromWhatTheCopyReturns) {
  const Json statistics = Json::Parse(R"({
      "\"id\"": {"min": "1", "max": "9", "null_count": "0"},
      "\"a \"\"b\"": {"min": "x", "max": "y", "null_count": "3"},
      "\"odd\"": {"min": "1.0", "max": "2.0", "has_nan": "true", "null_count": "1"},
      "\"list\".\"element\"": {"min": "1", "max": "2"}})");
  const std::vector<Field> fields = {{"id", "long", ""},
                                     {"a \"b", "string", ""},
                                     {"odd", "double", ""},
                                     {"list", Json::MakeObject({{"type", "array"}}), ""},
                                     {"partition", "string", ""}};
  EXPECT_EQ(FileStats(10, statistics, fields),
            Json::Parse(R"({"numRecords": 10, "minValues": {"id": 1, "a \"b": "x"},
                "maxValues": {"id": 9, "a \"b": "y"},
                "nullCount": {"id": 0, "a \"b": 3, "odd": 1}})"));
}

TEST(FileStats, CoverTheFirst32Columns) {
  Json statistics = Json::MakeObject();
  std::vector<Field> fields;
  for (int i = 0; i < 40; ++i) {
    const std::string name = "c" + std::to_string(i);
    fields.push_back({name, "long", ""});
    statistics[SqlName(name)] = Json::MakeObject({{"min", "1"}, {"max", "2"}, {"null_count", "0"}});
  }
  const Json stats = FileStats(1, statistics, fields);
  EXPECT_EQ(stats.At("minValues").size(), 32U);
  EXPECT_NE(stats.At("minValues").Find("c31"), nullptr);
}

}  // namespace
}  // namespace marquee::lake
