#include "events/shown_list.h"

#include <gmock/gmock.h>

#include "base/error_matchers.h"

namespace marquee {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST(ShownList, ComesBackFromItsEvent) {
  const ShownList list{.request_id = "r1",
                       .model = "ials v3",
                       .rung = "personal",
                       .experiment = "e",
                       .arm = "a",
                       .items = {"1", "\"two\""},
                       .sources = {"ials", "popular"}};
  const std::vector<Event> events = ImpressionsOf(list, "42", 1000);
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_NO_THROW(CheckEvent(events[0]));
  EXPECT_EQ(events[0].user_id, "42");
  EXPECT_EQ(events[0].kind, EventKind::kImpression);
  const ShownList back = ShownListOf(events[0].context);
  EXPECT_EQ(back.request_id, "r1");
  EXPECT_EQ(back.model, "ials v3");
  EXPECT_EQ(back.rung, "personal");
  EXPECT_EQ(back.experiment, "e");
  EXPECT_EQ(back.arm, "a");
  EXPECT_THAT(back.items, ElementsAre("1", "\"two\""));
  EXPECT_THAT(back.sources, ElementsAre("ials", "popular"));
}

TEST(ShownList, ALongOneIsToldInPartsThatKeepTheRanks) {
  ShownList list{.model = "m"};
  for (int i = 0; i < 1000; ++i) {
    list.items.push_back(std::to_string(i));
    list.sources.push_back("ials");
  }
  std::vector<std::string> seen;
  const std::vector<Event> events = ImpressionsOf(list, "42", 1000);
  for (const Event& event : events) {
    EXPECT_NO_THROW(CheckEvent(event));
    const ShownList part = ShownListOf(event.context);
    EXPECT_EQ(part.first_rank, static_cast<int>(seen.size()) + 1);
    seen.insert(seen.end(), part.items.begin(), part.items.end());
  }
  EXPECT_GT(events.size(), 1);
  EXPECT_EQ(seen, list.items);
}

TEST(ShownList, LongIdsAreToldOneByOne) {
  ShownList list;
  for (int i = 0; i < 40; ++i) {
    list.items.push_back(std::string(256, '"'));
    list.sources.push_back("ials");
  }
  for (const Event& event : ImpressionsOf(list, "42", 0)) EXPECT_NO_THROW(CheckEvent(event));
}

TEST(ShownList, ASourceOfAllIsToldOnce) {
  const ShownList list{.items = {"1", "2"}, .sources = {"ials", "ials"}};
  const std::vector<Event> events = ImpressionsOf(list, "42", 0);
  EXPECT_EQ(events.at(0).context, R"({"first_rank":1,"items":["1","2"],"source":"ials"})");
  EXPECT_THAT(ShownListOf(events.at(0).context).sources, ElementsAre("ials", "ials"));
}

TEST(ShownList, RefusesAContextThatTellsNone) {
  EXPECT_THAT([] { ShownListOf("{}"); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("'items' is missing")));
}

}  // namespace
}  // namespace marquee
