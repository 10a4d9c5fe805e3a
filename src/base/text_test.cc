#include "base/text.h"

#include <gmock/gmock.h>

#include "base/error_matchers.h"

namespace marquee {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Text, SplitKeepsEmptyPieces) {
  EXPECT_THAT(Split("a::b::", "::"), ElementsAre("a", "b", ""));
  EXPECT_THAT(Split("", ","), ElementsAre(""));
}

TEST(Text, TrimTakesBlanksAtBothEnds) {
  EXPECT_EQ(Trim(" \ta b\r\n"), "a b");
  EXPECT_EQ(Trim(" "), "");
}

TEST(Text, ParseIntTakesWholeNumbersOnly) {
  EXPECT_EQ(ParseInt("-12"), -12);
  for (const char* bad : {"", "1.0", " 1", "1 ", "9223372036854775808", "x"})
    EXPECT_FALSE(ParseInt(bad)) << bad;
}

TEST(Text, ParseDoubleRefusesNanAndInfinity) {
  EXPECT_EQ(ParseDouble("3.5"), 3.5);
  for (const char* bad : {"", "nan", "inf", "1e999", "1,5", "2 "})
    EXPECT_FALSE(ParseDouble(bad)) << bad;
}

TEST(Text, ThousandsAreGroupedFromTheRight) {
  EXPECT_EQ(WithThousands(0), "0");
  EXPECT_EQ(WithThousands(1000209), "1,000,209");
  EXPECT_EQ(WithThousands(-123456), "-123,456");
}

TEST(Text, SizesAreReadWithTheirUnits) {
  EXPECT_EQ(ParseBytes("1024", "x"), 1024);
  EXPECT_EQ(ParseBytes("512MB", "x"), 512000000);
  EXPECT_EQ(ParseBytes("3 GiB", "x"), int64_t{3} << 30);
  EXPECT_THAT([] { ParseBytes("much", "lake.memory_limit"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("lake.memory_limit is 'much'")));
}

TEST(Text, Utf8ValidationRefusesOverlongSurrogatesAndCutSequences) {
  EXPECT_TRUE(IsValidUtf8("Amélie \xF0\x9F\x8E\xAC"));
  for (const char* bad :
       {"\xC0\x80", "\xED\xA0\x80", "\xE2\x82", "\xF5\x80\x80\x80", "\xFF", "\xE0\x80\x80"}) {
    EXPECT_FALSE(IsValidUtf8(bad));
  }
}

TEST(Text, Latin1BytesBecomeUtf8) {
  EXPECT_EQ(Latin1ToUtf8("Am\xE9lie"), "Amélie");
  EXPECT_EQ(ToValidUtf8("Am\xE9lie"), "Amélie");
  EXPECT_EQ(ToValidUtf8("Amélie"), "Amélie");
}

TEST(Text, NearestNameIsGivenOnlyWhenNear) {
  const std::vector<std::string> names = {"factors", "epochs"};
  EXPECT_EQ(DidYouMean("factor", names), "; did you mean 'factors'?");
  EXPECT_EQ(DidYouMean("zebra", names), "");
}

}  // namespace
}  // namespace marquee
