#include "base/text_table.h"

#include <gtest/gtest.h>

namespace marquee {
namespace {

TEST(TextTable, NumbersAreAlignedRightAndTextLeft) {
  TextTable table({"title", "ratings"});
  table.Add({"Amélie", "12"});
  table.Add({"M", "1,234"});
  EXPECT_EQ(table.ToText(2), "  title   ratings\n  Amélie       12\n  M         1,234\n");
}

TEST(TextTable, LongCellsAreCutByCodePoints) {
  EXPECT_EQ(CutToWidth("éééé", 3), "éé…");
  EXPECT_EQ(CutToWidth("ééé", 3), "ééé");
  TextTable table({"t"});
  table.Add({"abcdef"});
  EXPECT_EQ(table.ToText(0, 4), "t\nabc…\n");
}

}  // namespace
}  // namespace marquee
