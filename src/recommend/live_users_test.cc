#include "recommend/live_users.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <thread>

#include "base/random.h"
#include "base/text.h"

namespace marquee {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

Event Make(EventKind kind, const std::string& item, int64_t time_ms, double value = NAN) {
  return {.user_id = "u", .item_id = item, .kind = kind, .value = value, .time_ms = time_ms};
}

// "click 3", sorted by item.
std::vector<std::string> Standing(const LiveUsers& users) {
  std::vector<std::string> texts;
  for (const LiveEntry& entry : users.Entries("u")) {
    const std::optional<Deed> deed = entry.Standing();
    const std::string text = deed ? StrCat(EventKindName(deed->kind), " ", deed->value) : "nothing";
    texts.push_back(StrCat(entry.item_id(), " ", text));
  }
  std::ranges::sort(texts);
  return texts;
}

TEST(LiveUsers, KeepsOneEntryAnItem) {
  LiveUsers users;
  users.Observe(Make(EventKind::kRating, "a", 1, 2));
  users.Observe(Make(EventKind::kRating, "a", 2, 5));
  users.Observe(Make(EventKind::kRating, "a", 1, 3));  // late to come, older
  users.Observe(Make(EventKind::kClick, "b", 1));
  EXPECT_THAT(Standing(users), testing::ElementsAre("a rating 5", "b click nan"));
  EXPECT_THAT(users.Entries("v"), IsEmpty());
  EXPECT_EQ(users.num_users(), 1);
}

TEST(LiveUsers, AHintDoesNotOverrideAnOpinionButARemovalDoes) {
  LiveUsers users;
  users.Observe(Make(EventKind::kRating, "a", 1, 1));
  users.Observe(Make(EventKind::kClick, "a", 2));
  EXPECT_THAT(Standing(users), testing::ElementsAre("a rating 1"));
  users.Observe(Make(EventKind::kRemove, "a", 3));
  EXPECT_THAT(Standing(users), testing::ElementsAre("a nothing"));
  users.Observe(Make(EventKind::kClick, "a", 4));
  EXPECT_THAT(Standing(users), testing::ElementsAre("a click nan"));
}

TEST(LiveUsers, ImpressionsAndSearchesChangeNothing) {
  LiveUsers users;
  users.Observe(Make(EventKind::kImpression, "a", 1));
  users.Observe({.user_id = "u", .kind = EventKind::kSearch});
  EXPECT_THAT(users.Entries("u"), IsEmpty());
  EXPECT_EQ(users.num_users(), 0);
}

TEST(LiveUsers, ForgetsTheOldestBeyondTheLimit) {
  LiveUsers users(3);
  for (const int64_t time_ms : {10, 6, 8, 4, 9}) {
    users.Observe(Make(EventKind::kClick, StrCat("i", time_ms), time_ms));
  }
  EXPECT_THAT(Standing(users),
              testing::ElementsAre("i10 click nan", "i8 click nan", "i9 click nan"));
}

TEST(LiveUsers, AnItemIsForgottenAsAWholeByItsNewestDeed) {
  LiveUsers users(2);
  users.Observe(Make(EventKind::kRating, "a", 1, 5));
  users.Observe(Make(EventKind::kClick, "b", 2));
  users.Observe(Make(EventKind::kRemove, "a", 3));
  users.Observe(Make(EventKind::kLike, "b", 4));
  users.Observe(Make(EventKind::kClick, "a", 1));
  users.Observe(Make(EventKind::kClick, "c", 5));
  EXPECT_THAT(Standing(users), testing::ElementsAre("b like nan", "c click nan"));
}

TEST(LiveUsers, ForgetsAUser) {
  LiveUsers users;
  users.Observe(Make(EventKind::kClick, "a", 1));
  users.Forget("u");
  users.Forget("nobody");
  EXPECT_THAT(users.Entries("u"), IsEmpty());
}

TEST(LiveUsers, TheOrderOfEventsDoesNotMatter) {
  Rng rng(1);
  const std::vector<EventKind> kinds = {EventKind::kRating, EventKind::kClick, EventKind::kWatch,
                                        EventKind::kLike,   EventKind::kSkip,  EventKind::kDislike,
                                        EventKind::kRemove};
  std::vector<Event> events;
  for (int i = 0; i < 60; ++i) {
    const EventKind kind = kinds[rng.Below(kinds.size())];
    const bool rating = kind == EventKind::kRating;
    events.push_back(Make(kind, StrCat("i", rng.Below(10)), static_cast<int64_t>(rng.Below(8)),
                          rating ? static_cast<double>(rng.Below(5)) : NAN));
  }
  LiveUsers first;
  for (const Event& event : events) first.Observe(event);
  for (int round = 0; round < 20; ++round) {
    rng.Shuffle(std::span(events));
    LiveUsers again;
    for (const Event& event : events) again.Observe(event);
    for (const Event& event : events) again.Observe(event);  // and twice is as once
    EXPECT_EQ(Standing(again), Standing(first));
  }
}

TEST(LiveUsers, ManyThreadsObserveAtOnce) {
  LiveUsers users;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&users, t] {
      for (int i = 0; i < 500; ++i) {
        Event event = Make(EventKind::kClick, StrCat("i", i % 50), i);
        event.user_id = StrCat("u", i % 7);
        users.Observe(event);
        users.Entries(StrCat("u", t));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(users.num_users(), 7);
  EXPECT_THAT(users.Entries("u3"), SizeIs(50));
}

TEST(LiveUsers, ARemovalThatComesLateTakesBackOnlyWhatWasBefore) {
  LiveUsers users;
  users.Observe(Make(EventKind::kRating, "a", 1, 5));
  users.Observe(Make(EventKind::kClick, "a", 3));
  users.Observe(Make(EventKind::kRemove, "a", 2));
  EXPECT_THAT(Standing(users), testing::ElementsAre("a click nan"));
}

}  // namespace
}  // namespace marquee
