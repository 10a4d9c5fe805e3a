#include "recommend/overlay.h"

#include <gmock/gmock.h>

#include "models/registry.h"
#include "recommend/engine.h"

namespace marquee {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;
using testing::UnorderedElementsAre;

// Two camps of films with a genre each; the users of each camp like its films.
class OverlayTest : public testing::Test {
 protected:
  OverlayTest() {
    InteractionsBuilder builder;
    std::vector<CatalogItem> items(8);
    for (size_t i = 0; i < items.size(); ++i) {
      items[i].item_id = items[i].title = "f" + std::to_string(i);
      items[i].genres = {i % 2 == 0 ? "Drama" : "Comedy"};
      items[i].year = 2000;
      builder.AddItem(items[i].item_id);
    }
    for (int u = 0; u < 20; ++u) {
      const int32_t user = builder.AddUser("u" + std::to_string(u));
      for (int i = u % 2; i < 8; i += 2) {
        if (i != (u / 2) % 4 * 2 + u % 2) builder.Add(user, i, 5, 1'000'000'000 + i);
      }
    }
    auto bundle = std::make_shared<ModelBundle>();
    NoTrainObserver observer;
    bundle->interactions = bundle->liked = builder.Build();
    bundle->model =
        TrainModel({.type = "ease", .settings = {{"l2", "1"}}}, bundle->interactions, observer);
    bundle->popular = TrainModel({.type = "most-popular"}, bundle->interactions, observer);
    bundle->catalog = std::make_shared<Catalog>(items);
    base_ = bundle;
  }

  static std::vector<std::string> Ids(const Recommendation& list) {
    std::vector<std::string> ids;
    for (const Recommended& item : list.items)
      ids.push_back(list.bundle->catalog->at(item.item).item_id);
    return ids;
  }

  std::shared_ptr<const ModelBundle> base_;
};

TEST_F(OverlayTest, NothingChangedIsTheBundleItself) { EXPECT_EQ(WithOverlay(base_, {}), base_); }

TEST_F(OverlayTest, ANewTitleIsFoundAndRecommendedToThoseWhoLikeItsKind) {
  const auto bundle = WithOverlay(base_, {.items = {{.item_id = "n",
                                                     .title = "New",
                                                     .year = 2001,
                                                     .genres = std::vector<std::string>{"Drama"},
                                                     .added_ms = 5}}});
  EXPECT_THAT(bundle->catalog->Search("new", 5), ElementsAre(8));
  const RecommendEngine engine(bundle);
  EXPECT_THAT(Ids(engine.Recommend("u0", 2)), Contains("n")) << "one film of the camp is left";
  EXPECT_THAT(Ids(engine.Recommend("u1", 2)), Not(Contains("n")));
  EXPECT_EQ(engine.Recommend("u0", 2).items[1].reason.substr(0, 11), "because you");
  EXPECT_THAT(Ids(engine.Similar("n", 3)), ElementsAre("f0", "f2", "f4"));
  EXPECT_THAT(Ids(engine.Recommend("nobody", 9)), Contains("n"));
}

TEST_F(OverlayTest, WhatIsDeletedOrUnavailableIsNotShown) {
  const auto bundle = WithOverlay(base_, {.items = {{.item_id = "f0", .deleted = true},
                                                    {.item_id = "f2", .available = false}}});
  const RecommendEngine engine(bundle);
  EXPECT_THAT(Ids(engine.Recommend("nobody", 9)),
              UnorderedElementsAre("f1", "f3", "f4", "f5", "f6", "f7"));
  EXPECT_THAT(Ids(engine.Similar("f4", 3)), Not(Contains("f0")));
  EXPECT_THAT(bundle->catalog->Search("f0", 5), ElementsAre());
  EXPECT_THAT(bundle->catalog->Search("f2", 5), ElementsAre(2)) << "it is in the catalogue";
}

TEST_F(OverlayTest, AnErasedUserIsAsIfNeverThere) {
  const auto bundle =
      WithOverlay(base_, {.is_erased = [](std::string_view id) { return id == "u0"; }});
  const RecommendEngine engine(bundle);
  EXPECT_EQ(engine.Recommend("u0", 3).rung, "popular");
  EXPECT_EQ(engine.Recommend("u1", 3).rung, "personal");
  EXPECT_FALSE(bundle->FindUser("u0"));
}

}  // namespace
}  // namespace marquee
