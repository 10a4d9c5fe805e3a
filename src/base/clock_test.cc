#include "base/clock.h"

#include <gtest/gtest.h>

#include "base/duration.h"

namespace marquee {
namespace {

TEST(Clock, TimesAreWrittenInUtcWithMilliseconds) {
  EXPECT_EQ(FormatUtc(978300760123), "2000-12-31T22:12:40.123Z");
  EXPECT_EQ(FormatUtc(-1), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(FormatDate(0), "1970-01-01");
}

TEST(Clock, WrittenTimesAreReadBack) {
  for (const int64_t ms : {int64_t{0}, int64_t{978300760123}, int64_t{-1}})
    EXPECT_EQ(ParseUtc(FormatUtc(ms)), ms);
  EXPECT_EQ(ParseUtc("2024-02-29"), 1709164800000);
  EXPECT_EQ(ParseUtc("2024-02-29 01:02"), 1709164800000 + 3720000);
}

TEST(Clock, DatesThatDoNotExistAreRefused) {
  for (const char* bad : {"2023-02-29", "2024-13-01", "2024-01-01T24:00", "2024-1-1", "today", "",
                          "2024-01-01T01:02:61Z"}) {
    EXPECT_FALSE(ParseUtc(bad)) << bad;
  }
}

TEST(Clock, DurationsHaveAUnit) {
  EXPECT_EQ(ParseDuration("90s"), 90'000);
  EXPECT_EQ(ParseDuration("45m"), 2'700'000);
  EXPECT_EQ(ParseDuration("12h"), 43'200'000);
  EXPECT_EQ(ParseDuration("30d"), 2'592'000'000);
  EXPECT_EQ(ParseDuration("2w"), 1'209'600'000);
  for (const char* bad : {"", "d", "30", "-1d", "1.5h", "36501d", "99999999999999999999s", "1 d"}) {
    EXPECT_FALSE(ParseDuration(bad)) << bad;
  }
}

}  // namespace
}  // namespace marquee
