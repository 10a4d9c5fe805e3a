#include "interactions/interactions.h"

#include <gmock/gmock.h>

#include <cmath>

#include "base/error_matchers.h"

namespace marquee {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Interactions ThreeRatings() {
  InteractionsBuilder builder;
  const int32_t ann = builder.AddUser("ann"), bob = builder.AddUser("bob");
  const int32_t alien = builder.AddItem("alien"), brazil = builder.AddItem("brazil");
  builder.Add(bob, brazil, 4, 30);
  builder.Add(ann, brazil, 2, 20);
  builder.Add(ann, alien, 5, 10);
  return builder.Build();
}

TEST(Interactions, RowsAreSortedOnBothSides) {
  const Interactions data = ThreeRatings();
  EXPECT_THAT(data.by_user().Row(0).columns, ElementsAre(0, 1));
  EXPECT_THAT(data.by_user().Row(0).values, ElementsAre(5, 2));
  EXPECT_THAT(data.by_item().Row(1).columns, ElementsAre(0, 1));
  EXPECT_THAT(data.by_item().Row(1).times_s, ElementsAre(20, 30));
  EXPECT_EQ(data.newest_s(), 30);
}

TEST(Interactions, APairGivenTwiceKeepsTheLaterOne) {
  InteractionsBuilder builder;
  builder.AddUser("u");
  builder.AddItem("i");
  builder.Add(0, 0, 5, 200);
  builder.Add(0, 0, 1, 100);
  EXPECT_THAT(builder.Build().by_user().Row(0).values, ElementsAre(5));
}

TEST(Interactions, GivenDictionariesKeepTheirRows) {
  const Interactions data = ThreeRatings();
  InteractionsBuilder builder(data.shared_users(), data.shared_items());
  EXPECT_EQ(builder.AddItem("brazil"), 1);
  EXPECT_EQ(builder.AddItem("cube"), 2);
  EXPECT_EQ(data.num_items(), 2);
}

TEST(Interactions, NanIsRefusedNamingThePair) {
  InteractionsBuilder builder;
  builder.AddUser("ann");
  builder.AddItem("alien");
  EXPECT_THAT(
      [&] { builder.Add(0, 0, std::nanf(""), 0); },
      ThrowsError(Code::kInvalidArgument, HasSubstr("user ann with item alien has value nan")));
}

TEST(Interactions, KeepAboveKeepsTheRowsAndDropsTheRest) {
  const Interactions kept = KeepAbove(ThreeRatings(), 3.5f);
  EXPECT_EQ(kept.nnz(), 2);
  EXPECT_EQ(kept.num_users(), 2);
  EXPECT_THAT(kept.by_user().Row(0).columns, ElementsAre(0));
}

TEST(Interactions, FeaturesOfUsersAreKeptWithTheirRows) {
  const Interactions three = ThreeRatings();
  InteractionsBuilder builder(three.shared_users(), three.shared_items());
  builder.SetUserContent({{{"age=25", "gender=F"}}});
  const Interactions kept = KeepAbove(builder.Build(), 3.5f);
  EXPECT_THAT(kept.UserFeatures(0), ElementsAre("age=25", "gender=F"));
  EXPECT_THAT(kept.UserFeatures(1), testing::IsEmpty());
  EXPECT_THAT(kept.UserFeatures(-1), testing::IsEmpty());
}

TEST(Interactions, NothingIsAValidData) {
  const Interactions data = InteractionsBuilder().Build();
  EXPECT_EQ(data.num_users(), 0);
  EXPECT_EQ(data.by_item().num_rows(), 0);
}

}  // namespace
}  // namespace marquee
