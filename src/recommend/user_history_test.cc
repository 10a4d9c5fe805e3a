#include "recommend/user_history.h"

#include <gmock/gmock.h>

#include <cmath>
#include <string>

namespace marquee {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr int64_t kLoadedS = 100;

// Films i0 to i5; user "u" rated i1 (5) and i3 (2) at kLoadedS.
ModelBundle MakeBundle(float first = 5, float second = 2) {
  InteractionsBuilder builder;
  std::vector<CatalogItem> items;
  for (int i = 0; i < 6; ++i) {
    items.push_back({.item_id = "i" + std::to_string(i), .title = {}, .genres = {}});
    builder.AddItem(items.back().item_id);
  }
  const int32_t user = builder.AddUser("u");
  builder.Add(user, 1, first, kLoadedS);
  builder.Add(user, 3, second, kLoadedS);
  ModelBundle bundle;
  bundle.interactions = builder.Build();
  bundle.liked = second == 1 ? bundle.interactions : KeepAbove(bundle.interactions, 3.5f);
  bundle.catalog = std::make_shared<Catalog>(std::move(items));
  bundle.rated = second != 1;
  bundle.liked_value = bundle.rated ? 4.5f : 1.0f;
  return bundle;
}

class UserHistoryTest : public testing::Test {
 protected:
  void Observe(EventKind kind, const std::string& item, int64_t time_ms, double value = NAN) {
    live_.Observe(
        {.user_id = "u", .item_id = item, .kind = kind, .value = value, .time_ms = time_ms});
  }
  std::vector<LiveEntry> live() const { return live_.Entries("u"); }

  const ModelBundle bundle_ = MakeBundle();
  LiveUsers live_;
};

TEST_F(UserHistoryTest, WithoutEventsItIsWhatTheDataHolds) {
  const UserHistory history(bundle_, "u", {});
  EXPECT_TRUE(history.known());
  EXPECT_THAT(history.met().columns, ElementsAre(1, 3));
  EXPECT_THAT(history.liked().columns, ElementsAre(1));
  EXPECT_EQ(history.KindOf(1), EventKind::kRating);
}

TEST_F(UserHistoryTest, SomebodyNewIsWhatTheEventsSay) {
  EXPECT_FALSE(UserHistory(bundle_, "new", {}).known());
  Observe(EventKind::kClick, "i2", 7'000);
  const UserHistory history(bundle_, "new", live());
  EXPECT_TRUE(history.known());
  EXPECT_THAT(history.liked().columns, ElementsAre(2));
  EXPECT_THAT(history.liked().values, ElementsAre(4.5f));
  EXPECT_THAT(history.liked().times_s, ElementsAre(7));
  EXPECT_EQ(history.KindOf(2), EventKind::kClick);
}

TEST_F(UserHistoryTest, EventsStandBetweenBeforeAndBehindWhatWasLoaded) {
  Observe(EventKind::kRating, "i5", 200'000, 4);
  Observe(EventKind::kLike, "i0", 200'000);
  Observe(EventKind::kDislike, "i2", 200'000);
  const UserHistory history(bundle_, "u", live());
  EXPECT_THAT(history.met().columns, ElementsAre(0, 1, 2, 3, 5));
  EXPECT_THAT(history.liked().columns, ElementsAre(0, 1, 5));
  EXPECT_THAT(history.liked().values, ElementsAre(4.5f, 5, 4));
}

TEST_F(UserHistoryTest, ALaterRatingReplacesALoadedOneAndAnEarlierOneDoesNot) {
  Observe(EventKind::kRating, "i3", 200'000, 5);
  Observe(EventKind::kRating, "i1", 50'000, 1);
  const UserHistory history(bundle_, "u", live());
  EXPECT_THAT(history.met().columns, ElementsAre(1, 3));
  EXPECT_THAT(history.met().values, ElementsAre(5, 5));
  EXPECT_THAT(history.liked().columns, ElementsAre(1, 3));
}

TEST_F(UserHistoryTest, ARemovalTakesALoadedItemBack) {
  Observe(EventKind::kRemove, "i1", 200'000);
  const UserHistory history(bundle_, "u", live());
  EXPECT_THAT(history.met().columns, ElementsAre(3));
  EXPECT_THAT(history.liked().columns, IsEmpty());
}

TEST_F(UserHistoryTest, WhatFollowsARemovalCountsThoughARatingWasLoaded) {
  Observe(EventKind::kClick, "i3", 300'000);
  Observe(EventKind::kRemove, "i3", 200'000);
  const UserHistory history(bundle_, "u", live());
  EXPECT_THAT(history.liked().columns, ElementsAre(1, 3));
  EXPECT_EQ(history.KindOf(3), EventKind::kClick);
}

TEST_F(UserHistoryTest, SomebodyWhoRatesAllWithOneLikesNothing) {
  const ModelBundle bundle = [] {
    ModelBundle low = MakeBundle(1, 1);
    low.rated = true;
    low.liked = KeepAbove(low.interactions, 3.5f);
    return low;
  }();
  Observe(EventKind::kSkip, "i0", 200'000);
  const UserHistory history(bundle, "u", live());
  EXPECT_THAT(history.met().columns, ElementsAre(0, 1, 3));
  EXPECT_THAT(history.liked().columns, IsEmpty());
}

TEST_F(UserHistoryTest, AnItemThatTheBundleDoesNotKnowCountsForNothing) {
  Observe(EventKind::kClick, "unheard of", 1);
  const UserHistory history(bundle_, "new", live());
  EXPECT_TRUE(history.known());
  EXPECT_THAT(history.met().columns, IsEmpty());
}

TEST_F(UserHistoryTest, DataWithoutRatingsHoldsWhatWasWatched) {
  const ModelBundle implicit = MakeBundle(1, 1);
  Observe(EventKind::kClick, "i0", 200'000);
  const UserHistory history(implicit, "u", live());
  EXPECT_THAT(history.liked().columns, ElementsAre(0, 1, 3));
  EXPECT_THAT(history.liked().values, ElementsAre(1, 1, 1));
  EXPECT_EQ(history.KindOf(1), EventKind::kWatch);
}

}  // namespace
}  // namespace marquee
