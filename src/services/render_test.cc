#include "services/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/test_world.h"

namespace marquee {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Recommendation TwoItems() {
  auto bundle = std::make_shared<ModelBundle>(*MakeTestBundle());
  bundle->catalog = std::make_shared<const Catalog>(
      std::vector<CatalogItem>{{"10", "The Matrix", 1999, {"Action", "Sci-Fi"}, 3, 4.5},
                               {"30", "Lost \"Reel\"", 0, {}, 0, 0}});
  return {.user_id = "42",
          .rung = "personal",
          .items = {{0, 0.1f, "because you rated Speed 5", "ease"}, {1, -2.5f, "", "new", 0.25f}},
          .bundle = bundle};
}

TEST(RenderRecommendation, IsWhatTheContractSays) {
  EXPECT_EQ(
      RenderRecommendation(TwoItems(), "r1"),
      R"({"user_id":"42","model":"ease","model_version":3,"rung":"personal","request_id":"r1","items":[)"
      R"({"item_id":"10","title":"The Matrix","year":1999,"genres":["Action","Sci-Fi"],)"
      R"("score":0.1,"reason":"because you rated Speed 5","source":"ease"},)"
      R"({"item_id":"30","title":"Lost \"Reel\"","year":null,"genres":[],)"
      R"("score":-2.5,"reason":"","source":"new","propensity":0.25}]})");
}

TEST(RenderRecommendation, SaysWhyTheRungIsALowerOne) {
  Recommendation answer = TwoItems();
  EXPECT_THAT(RenderRecommendation(answer), Not(HasSubstr("rung_reason")));
  answer.rung_reason = "no likes are known";
  EXPECT_THAT(RenderRecommendation(answer), HasSubstr(R"("rung_reason":"no likes are known",)"));
}

TEST(RenderSimilar, NamesTheItemAskedFor) {
  const Json json = Json::Parse(RenderSimilar("40", TwoItems()));
  EXPECT_EQ(json.At("item_id").AsString(), "40");
  EXPECT_EQ(json.At("items").size(), 2);
  EXPECT_EQ(json.Find("user_id"), nullptr);
}

TEST(RenderItem, HasNoMeanWithoutRatings) {
  const Recommendation two = TwoItems();
  EXPECT_EQ(RenderItem(two.bundle->catalog->at(0)).At("mean_rating"), Json(4.5));
  EXPECT_TRUE(RenderItem(two.bundle->catalog->at(1)).At("mean_rating").is_null());
}

TEST(RenderUser, WritesTimesAsUtc) {
  const UserProfile user = {.user_id = "42",
                            .num_interactions = 2,
                            .mean_value = 4.5,
                            .first_s = 978307200,
                            .last_s = 978307260,
                            .top_genres = {"Action"}};
  EXPECT_EQ(RenderUser(user).Dump(),
            R"({"user_id":"42","num_interactions":2,"mean_value":4.5,)"
            R"("first":"2001-01-01T00:00:00.000Z","last":"2001-01-01T00:01:00.000Z",)"
            R"("top_genres":["Action"]})");
}

TEST(RenderUser, HasNoTimesWithoutInteractions) {
  const UserProfile user = {.user_id = "42",
                            .num_interactions = 0,
                            .mean_value = 0,
                            .first_s = 0,
                            .last_s = 0,
                            .top_genres = {}};
  EXPECT_TRUE(RenderUser(user).At("first").is_null());
  EXPECT_TRUE(RenderUser(user).At("mean_value").is_null());
}

}  // namespace
}  // namespace marquee
