#include "charts/axis.h"

#include <gmock/gmock.h>

#include <limits>

namespace marquee::charts {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> Labels(const Axis& axis) {
  std::vector<std::string> labels;
  for (const Tick& tick : axis.ticks()) labels.push_back(tick.label);
  return labels;
}

Range RangeFrom(double low, double high) { return {.low = low, .high = high, .empty = false}; }

TEST(Axis, TicksAreOneTwoOrFiveTimesAPowerOfTen) {
  EXPECT_THAT(Labels(Axis(RangeFrom(0, 97), {.wanted = 5})),
              ElementsAre("0", "20", "40", "60", "80", "100"));
  EXPECT_THAT(Labels(Axis(RangeFrom(0.02, 0.11), {.wanted = 5})),
              ElementsAre("0.02", "0.04", "0.06", "0.08", "0.10", "0.12"));
}

TEST(Axis, YearsKeepTheirFiguresTogetherAndLargeNumbersAreShort) {
  EXPECT_THAT(Labels(Axis(RangeFrom(2008, 2021), {.wanted = 3, .to_whole_ticks = false})),
              ElementsAre("2010", "2015", "2020"));
  EXPECT_THAT(Labels(Axis(RangeFrom(0, 3e6), {.wanted = 3})), ElementsAre("0", "1M", "2M", "3M"));
  EXPECT_THAT(Labels(Axis(RangeFrom(0, 30000), {.wanted = 3})),
              ElementsAre("0", "10,000", "20,000", "30,000"));
}

TEST(Axis, WholeNumbersHaveNoTicksBetween) {
  Range range = RangeFrom(1, 3);
  range.whole_numbers = true;
  EXPECT_THAT(Labels(Axis(range, {.wanted = 10})), ElementsAre("1", "2", "3"));
}

TEST(Axis, LogTicksAreDecadesAndWhatLiesBetweenWhenThereAreFew) {
  const Axis wide(RangeFrom(1e-6, 0.9), {.kind = ScaleKind::kLog, .wanted = 6});
  EXPECT_THAT(Labels(wide),
              ElementsAre("0.000001", "0.00001", "0.0001", "0.001", "0.01", "0.1", "1"));
  const Axis narrow(RangeFrom(3, 40), {.kind = ScaleKind::kLog, .wanted = 6});
  EXPECT_THAT(Labels(narrow), ElementsAre("2", "5", "10", "20", "50"));
}

TEST(Axis, ValuesStandInProportion) {
  const Axis linear(RangeFrom(0, 10), {.from_px = 200, .to_px = 100});
  EXPECT_DOUBLE_EQ(linear.At(0), 200);
  EXPECT_DOUBLE_EQ(linear.At(2.5), 175);
  const Axis log(RangeFrom(1, 100), {.kind = ScaleKind::kLog, .from_px = 0, .to_px = 100});
  EXPECT_NEAR(log.At(10), 50, 1e-9);
}

TEST(Axis, EmptyAndOneValueRangesAreWidened) {
  EXPECT_DOUBLE_EQ(Axis({}, {}).high(), 1);
  const Axis one(RangeFrom(5, 5), {});
  EXPECT_LT(one.low(), 5);
  EXPECT_GT(one.high(), 5);
  EXPECT_GE(one.ticks().size(), 2u);
}

TEST(Axis, TheLargestDoublesHavePlaces) {
  Range range;
  range.Include(std::numeric_limits<double>::max(), ScaleKind::kLinear);
  range.Include(std::numeric_limits<double>::lowest(), ScaleKind::kLinear);
  range.Include(std::numeric_limits<double>::infinity(), ScaleKind::kLinear);
  const Axis axis(range, {});
  EXPECT_DOUBLE_EQ(axis.At(0), 50);
  EXPECT_LT(axis.ticks().size(), 20u);
}

TEST(Labels, AreAsLongAsTheirStepAsks) {
  EXPECT_EQ(TickLabel(0.25, 0.05), "0.25");
  EXPECT_EQ(TickLabel(1.5e6, 5e5), "1.5M");
  EXPECT_EQ(TickLabel(1e-7, 1e-7), "1e-07");
  EXPECT_EQ(ValueLabel(8807), "8,807");
  EXPECT_EQ(ValueLabel(99.526), "99.53");
  EXPECT_EQ(ValueLabel(0.0012344), "0.001234");
  EXPECT_EQ(ValueLabel(std::numeric_limits<double>::quiet_NaN()), "no data");
}

}  // namespace
}  // namespace marquee::charts
