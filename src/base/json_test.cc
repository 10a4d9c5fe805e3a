#include "base/json.h"

#include <gmock/gmock.h>

#include <cmath>

#include "base/error_matchers.h"

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
