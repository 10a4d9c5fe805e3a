#include "events/event.h"

#include <gmock/gmock.h>

#include <cmath>

#include "base/error_matchers.h"

namespace marquee {
namespace {

using ::testing::HasSubstr;

Event Rating(double value) {
  return {
      .user_id = "42", .item_id = "1", .kind = EventKind::kRating, .value = value, .time_ms = 1};
}

auto Refuses(const std::string& message) {
  return ThrowsError(Code::kInvalidArgument, HasSubstr(message));
}

TEST(Event, NamesOfKindsAreReadBack) {
  EXPECT_EQ(EventKindNames().size(), 9);
  for (const std::string& name : EventKindNames()) {
    const std::optional<EventKind> kind = ParseEventKind(name);
    ASSERT_TRUE(kind) << name;
    EXPECT_EQ(EventKindName(*kind), name);
  }
  EXPECT_FALSE(ParseEventKind("Click"));
  EXPECT_FALSE(ParseEventKind(""));
}

TEST(Event, ShowsLikingByKindAndValue) {
  const auto shows = [](EventKind kind, double value) { return ShowsLiking(kind, value, 3.5); };
  EXPECT_TRUE(shows(EventKind::kRating, 4));
  EXPECT_FALSE(shows(EventKind::kRating, 3.5));
  EXPECT_TRUE(shows(EventKind::kWatch, 0.5));
  EXPECT_TRUE(shows(EventKind::kWatch, NAN));
  EXPECT_FALSE(shows(EventKind::kWatch, 0.4));
  EXPECT_TRUE(shows(EventKind::kLike, NAN));
  EXPECT_TRUE(shows(EventKind::kClick, NAN));
  EXPECT_FALSE(shows(EventKind::kDislike, NAN));
  EXPECT_FALSE(shows(EventKind::kSkip, NAN));
}

TEST(Event, TakesWhatIsWhole) {
  EXPECT_NO_THROW(CheckEvent({.user_id = "u", .kind = EventKind::kImpression, .context = "{}"}));
  EXPECT_NO_THROW(CheckEvent(Rating(4.5)));
  EXPECT_NO_THROW(CheckEvent({.user_id = "u", .kind = EventKind::kSearch, .context = "{}"}));
  EXPECT_NO_THROW(CheckEvent({.user_id = std::string(256, 'u'), .item_id = "i"}));
  EXPECT_NO_THROW(
      CheckEvent({.user_id = "u", .item_id = "i", .kind = EventKind::kWatch, .value = 1}));
}

TEST(Event, NamesWhatIsWrong) {
  EXPECT_THAT([] { CheckEvent({.user_id = "", .item_id = "i"}); }, Refuses("user_id is empty"));
  EXPECT_THAT([] { CheckEvent({.user_id = "u"}); }, Refuses("item_id is empty"));
  EXPECT_THAT([] { CheckEvent({.user_id = std::string(257, 'u'), .item_id = "i"}); },
              Refuses("user_id has 257 bytes"));
  EXPECT_THAT([] { CheckEvent({.user_id = "\xff", .item_id = "i"}); },
              Refuses("user_id is not UTF-8"));
  EXPECT_THAT([] { CheckEvent(Rating(NAN)); }, Refuses("a rating has no value"));
  EXPECT_THAT([] { CheckEvent(Rating(INFINITY)); }, Refuses("value is infinite"));
  EXPECT_THAT(
      [] { CheckEvent({.user_id = "u", .item_id = "i", .kind = EventKind::kWatch, .value = 1.5}); },
      Refuses("value of a watch is 1.5"));
  EXPECT_THAT([] { CheckEvent({.user_id = "u", .item_id = "i", .kind = EventKind::kSearch}); },
              Refuses("a search names the item 'i'"));
  EXPECT_THAT([] { CheckEvent({.user_id = "u", .item_id = "i", .time_ms = -1}); },
              Refuses("timestamp is -1"));
  EXPECT_THAT([] { CheckEvent({.user_id = "u", .item_id = "i", .time_ms = 253'402'300'800'000}); },
              Refuses("must lie in 1970 to 9999"));
  EXPECT_THAT(
      [] { CheckEvent({.user_id = "u", .item_id = "i", .context = std::string(4097, ' ')}); },
      Refuses("context has 4097 bytes"));
}

}  // namespace
}  // namespace marquee
