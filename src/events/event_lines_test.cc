#include "events/event_lines.h"

#include <gmock/gmock.h>

namespace marquee {
namespace {

TEST(EventLines, GiveBackEveryField) {
  const Event rating{.user_id = "J\xC3\xBCrgen\n",
                     .item_id = std::string("a\0b", 3),
                     .kind = EventKind::kRating,
                     .value = 0.1,
                     .time_ms = 1'700'000'000'123,
                     .session_id = "s",
                     .idempotency_key = "k",
                     .context = R"({"rank":3})"};
  const Event search{.user_id = "u", .kind = EventKind::kSearch, .time_ms = 7};
  const auto events = ParseEventLines(EventLines(std::vector{rating, search}));
  ASSERT_EQ(events.size(), 2);
  ASSERT_TRUE(events[0] && events[1]);
  EXPECT_EQ(events[0]->user_id, rating.user_id);
  EXPECT_EQ(events[0]->item_id, rating.item_id);
  EXPECT_EQ(events[0]->kind, EventKind::kRating);
  EXPECT_EQ(events[0]->value, 0.1);
  EXPECT_EQ(events[0]->time_ms, rating.time_ms);
  EXPECT_EQ(events[0]->session_id, "s");
  EXPECT_EQ(events[0]->idempotency_key, "k");
  EXPECT_EQ(events[0]->context, rating.context);
  EXPECT_EQ(events[1]->kind, EventKind::kSearch);
  EXPECT_FALSE(events[1]->has_value());
  EXPECT_EQ(events[1]->item_id, "");
}

TEST(EventLines, ALineThatIsNoEventKeepsThePlacesOfTheOthers) {
  for (const std::string bad :
       {"", "{", "[1]", R"({"event":"click"})", R"({"user_id":"u","event":"nap","time_ms":1})",
        R"({"user_id":"u","item_id":"i","event":"click","time_ms":-1})",
        R"({"user_id":7,"item_id":"i","event":"click","time_ms":1})"}) {
    const auto events = ParseEventLines(
        bad + "\n" + R"({"user_id":"u","item_id":"i","event":"click","time_ms":1})");
    ASSERT_EQ(events.size(), 2) << bad;
    EXPECT_FALSE(events[0]) << bad;
    EXPECT_TRUE(events[1]) << bad;
  }
}

}  // namespace
}  // namespace marquee
