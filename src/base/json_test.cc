#include "base/json.h"

#include <gmock/gmock.h>

#include <cmath>

#include "base/error_matchers.h"
#include "base/text.h"

namespace marquee {
namespace {

using testing::HasSubstr;

TEST(Json, DumpAndParseAreInverse) {
  const std::string text =
      R"({"a":[1,-2.5,true,null,"x\"\n\u0001é"],"b":{"c":9223372036854775807}})";
  EXPECT_EQ(Json::Parse(text).Dump(), text);
}

TEST(Json, DoublesStayDoublesAndReadBackExactly) {
  EXPECT_EQ(Json(1.0).Dump(), "1.0");
  EXPECT_EQ(Json(0.1).Dump(), "0.1");
  const double third = 1.0 / 3;
  EXPECT_EQ(Json::Parse(Json(third).Dump()).AsDouble(), third);
  EXPECT_EQ(Json(std::nan("")).Dump(), "null");
}

TEST(Json, ObjectsKeepTheirOrderAndReplaceByKey) {
  Json json = Json::MakeObject({{"z", 1}, {"a", 2}});
  json["z"] = "new";
  EXPECT_EQ(json.Dump(), R"({"z":"new","a":2})");
}

TEST(Json, EveryDoubleIsTheNearestToItsText) {
  for (int i = 1; i <= 3000; ++i) {
    const double value = 1.0 / i;
    EXPECT_EQ(Json::Parse(Json(value).Dump()).AsDouble(), value);
    EXPECT_EQ(Json::Parse(StrCat("[-", Json(value * 1e-200).Dump(), "]")).AsArray()[0].AsDouble(),
              -value * 1e-200);
  }
  EXPECT_EQ(Json::Parse("0.09090909090909091").AsDouble(), 0.09090909090909091);
  EXPECT_EQ(Json::Parse("5e-324").AsDouble(), 5e-324);
  EXPECT_EQ(Json::Parse("1.7976931348623157e308").AsDouble(), 1.7976931348623157e308);
  EXPECT_EQ(Json::Parse("18446744073709551615").AsDouble(), 18446744073709551615.0);
}

TEST(Json, ARepeatedKeyKeepsItsLastValueAndItsFirstPlace) {
  EXPECT_EQ(Json::Parse(R"({"a":1,"b":{"c":1,"c":2},"a":[3]})").Dump(), R"({"a":[3],"b":{"c":2}})");
  std::string text = "{";
  for (int i = 0; i < 20'000; ++i) text += StrCat("\"k", i % 10'000, "\":", i, ",");
  const Json wide = Json::Parse(text + "\"last\":0}");
  EXPECT_EQ(wide.size(), 10'001u);
  EXPECT_EQ(wide.AsObject().front().first, "k0");
  EXPECT_EQ(wide.AsObject().front().second, Json(10'000));
  EXPECT_EQ(wide.AsObject().back().first, "last");
}

TEST(Json, BrokenTextIsRefusedWithItsPlace) {
  EXPECT_THAT([] { Json::Parse("{\"a\": }"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("JSON at byte")));
  EXPECT_THAT([] { Json::Parse("1 2"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("text after the value")));
  EXPECT_THAT([] { Json::Parse(std::string(1000, '[')); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("JSON at byte")));
}

TEST(Json, AWrongTypeIsNamed) {
  const Json json = Json::Parse(R"({"k":"ten"})");
  EXPECT_THAT([&] { json.At("k").AsInt(); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("\"ten\" is not a whole number")));
  EXPECT_THAT([&] { json.At("x"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("key 'x' is missing")));
}

TEST(Json, InvalidUtf8IsMendedOnTheWayOut) { EXPECT_EQ(Json("Am\xE9lie").Dump(), "\"Amélie\""); }

}  // namespace
}  // namespace marquee
