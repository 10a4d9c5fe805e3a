#include "charts/charts.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <sstream>

#include "base/error_matchers.h"
#include "charts/canvas.h"

namespace marquee::charts {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

size_t Count(const std::string& text, std::string_view what) {
  size_t count = 0;
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; ++at) ++count;
  return count;
}

LineChart TwoLines() {
  return {.frame = {.title = "Loss", .x_label = "step", .y_label = "RMSE"},
          .series = {{"train", {{1, 1.2}, {2, 0.9}, {3, 0.8}}},
                     {"validation", {{1, 1.3}, {2, 1.0}, {3, 0.95}}}}};
}

BarChart Bars() {
  return {.frame = {.title = "Titles"},
          .categories = {"Movie", "TV Show"},
          .series = {{"2019", {10, 5}}, {"2020", {8, 7}}}};
}

// Every element that is opened is closed, in order: a reader of XML takes it.
bool IsWellFormed(const std::string& svg) {
  std::vector<std::string> open;
  for (size_t at = 0; (at = svg.find('<', at)) != std::string::npos;) {
    const size_t end = svg.find('>', at);
    if (end == std::string::npos) return false;
    const std::string tag = svg.substr(at + 1, end - at - 1);
    at = end;
    if (tag.back() == '/') continue;
    if (tag.front() != '/') {
      open.push_back(tag.substr(0, tag.find(' ')));
    } else if (open.empty() || open.back() != tag.substr(1)) {
      return false;
    } else {
      open.pop_back();
    }
  }
  return open.empty();
}

TEST(LineChart, DrawsASeriesALineWithALegendAndNamedAxes) {
  const std::string svg = ToSvg(TwoLines());
  EXPECT_TRUE(IsWellFormed(svg));
  EXPECT_EQ(Count(svg, "<path "), 2u);
  EXPECT_THAT(svg, HasSubstr(">validation</text>"));
  EXPECT_THAT(svg, HasSubstr(">step</text>"));
  EXPECT_THAT(svg, HasSubstr(">RMSE</text>"));
  EXPECT_THAT(svg, HasSubstr("<title>validation, 3: 0.95</title>"));
}

TEST(LineChart, SaysForScreenReadersWhatItShows) {
  const std::string svg = ToSvg(TwoLines());
  EXPECT_THAT(svg, HasSubstr("role=\"img\""));
  EXPECT_THAT(svg, HasSubstr("\">Loss</title>"));
  EXPECT_THAT(svg, HasSubstr("Line chart, 2 series, x from 1 to 3, y from 0.8 to 1.3. "
                             "train ends at 0.8. validation ends at 0.95.</desc>"));
}

TEST(LineChart, TheSameChartGivesTheSameBytes) { EXPECT_EQ(ToSvg(TwoLines()), ToSvg(TwoLines())); }

TEST(LineChart, AValueThatCannotBeShownLeavesAGap) {
  LineChart chart{.series = {{"a", {{1, 1}, {2, 2}, {3, kNaN}, {4, 3}, {5, 4}}}}};
  std::string svg = ToSvg(chart);
  EXPECT_EQ(Count(svg, "M"), 2u);
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  chart.y_scale = ScaleKind::kLog;
  chart.series[0].points[2].y = 0;
  svg = ToSvg(chart);
  EXPECT_EQ(Count(svg, "M"), 2u);
  EXPECT_THAT(svg, Not(HasSubstr("inf")));
}

TEST(LineChart, AMillionPointsKeepTheirPeakInABoundedText) {
  LineChart chart{.series = {{"a", {}}}};
  for (int i = 0; i < 1000000; ++i) {
    chart.series[0].points.push_back({static_cast<double>(i), i == 777777 ? 1000.0 : i % 7 / 7.0});
  }
  const std::string svg = ToSvg(chart);
  EXPECT_LT(svg.size(), 100000u);
  // The peak reaches the tick of 1,000, which stands at the top of the area.
  const size_t tick = svg.find(">1000</text>");
  ASSERT_NE(tick, std::string::npos);
  EXPECT_THAT(svg, HasSubstr(" 12L"));
}

TEST(LineChart, EmptyChartsAreCharts) {
  EXPECT_TRUE(IsWellFormed(ToSvg(LineChart{})));
  EXPECT_THAT(ToSvg(LineChart{.series = {{"a", {}}}}), HasSubstr("1 series, no data.</desc>"));
  EXPECT_TRUE(IsWellFormed(ToSvg(BarChart{})));
  EXPECT_TRUE(IsWellFormed(ToSvg(HeatMap{})));
  EXPECT_TRUE(IsWellFormed(ToSvg(Histogram{})));
}

TEST(BarChart, StackedBarsStandOnEachOther) {
  BarChart chart = Bars();
  const std::string grouped = ToSvg(chart);
  EXPECT_THAT(grouped, HasSubstr("<title>TV Show, 2020: 7</title>"));
  EXPECT_THAT(grouped, HasSubstr(">10</text>"));
  EXPECT_THAT(grouped, Not(HasSubstr(">20</text>")));
  chart.layout = BarLayout::kStacked;
  EXPECT_THAT(ToSvg(chart), HasSubstr(">20</text>"));  // the axis reaches the sum of 18
}

TEST(BarChart, OneHorizontalSeriesHasItsValuesWritten) {
  BarChart chart = Bars();
  chart.series.pop_back();
  chart.direction = BarDirection::kHorizontal;
  const std::string svg = ToSvg(chart);
  EXPECT_TRUE(IsWellFormed(svg));
  EXPECT_THAT(svg, HasSubstr("\">10</text>"));
  EXPECT_THAT(svg, HasSubstr("The greatest is Movie with 10."));
  EXPECT_LT(svg.find(">Movie</text>"), svg.find(">TV Show</text>"));
}

TEST(BarChart, LongNamesBelowStandOnTwoLines) {
  BarChart chart;
  chart.frame.width_px = 600;
  for (int i = 0; i < 7; ++i) chart.categories.push_back("United Kingdom");
  chart.series = {{"", std::vector<double>(7, 1.0)}};
  const std::string svg = ToSvg(chart);
  EXPECT_EQ(Count(svg, ">United</text>"), 7u);
  EXPECT_EQ(Count(svg, ">Kingdom</text>"), 7u);
}

TEST(BarChart, RefusesASeriesOfAnotherLengthByName) {
  BarChart chart = Bars();
  chart.series[1].values.pop_back();
  EXPECT_THAT([&] { ToSvg(chart); },
              ThrowsError(Code::kInvalidArgument,
                          HasSubstr("series '2020' has 1 values for 2 categories")));
}

TEST(HeatMap, ADeeperShadeForAGreaterValueAndNoCellForNoData) {
  const std::string svg =
      ToSvg(HeatMap{.rows = {"a", "b"}, .columns = {"x", "y"}, .values = {{1, 3}, {2, kNaN}}});
  EXPECT_EQ(Count(svg, "class=\"heat\""), 3u);
  EXPECT_THAT(svg, HasSubstr("fill-opacity=\"0.06\"><title>a, x: 1</title>"));
  EXPECT_THAT(svg, HasSubstr("fill-opacity=\"0.53\"><title>b, x: 2</title>"));
}

TEST(HeatMap, RefusesARowOfAnotherLengthByName) {
  EXPECT_THAT(
      [] {
        ToSvg(HeatMap{.rows = {"a"}, .columns = {"x", "y"}, .values = {{1}}});
      },
      ThrowsError(Code::kInvalidArgument, HasSubstr("row 'a' has 1 values for 2 columns")));
}

TEST(Histogram, ABinABar) {
  const std::string svg =
      ToSvg(Histogram{.frame = {.title = "Minutes"}, .edges = {0, 60, 120}, .counts = {5, 20}});
  EXPECT_EQ(Count(svg, "class=\"s0\""), 2u);
  EXPECT_THAT(svg, HasSubstr("<title>60 to 120: 20</title>"));
  EXPECT_THAT(svg, HasSubstr("Most fall between 60 and 120."));
}

TEST(Histogram, RefusesEdgesThatDoNotAscend) {
  EXPECT_THAT(
      [] {
        ToSvg(Histogram{.edges = {0, 2, 2}, .counts = {1, 1}});
      },
      ThrowsError(Code::kInvalidArgument, HasSubstr("edge 2 is 2: must ascend")));
}

TEST(Charts, TextIsEscaped) {
  EXPECT_EQ(EscapeXml("<a href=\"x\">'&\x01\xff"),
            "&lt;a href=&quot;x&quot;&gt;&#39;&amp;\xc3\xbf");
  LineChart chart = TwoLines();
  chart.frame.title = "</svg><script>alert(1)</script>";
  chart.series[0].name = "<b>";
  const std::string svg = ToSvg(chart);
  EXPECT_THAT(svg, Not(HasSubstr("<script>")));
  EXPECT_THAT(svg, Not(HasSubstr("<b>")));
}

TEST(Charts, RefuseASizeOutOfRange) {
  LineChart chart = TwoLines();
  chart.frame.width_px = 10;
  EXPECT_THAT([&] { ToSvg(chart); }, ThrowsError(Code::kInvalidArgument,
                                                 HasSubstr("width_px is 10: must be 160 to 4000")));
}

TEST(Charts, NameNoHostButTheNamespaceOfSvg) {
  const std::string svg = ToSvg(TwoLines());
  EXPECT_EQ(Count(svg, "://"), 1u);
}

}  // namespace
}  // namespace marquee::charts
