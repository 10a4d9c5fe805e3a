#include "recommend/charts.h"

#include <gmock/gmock.h>

#include "base/error_matchers.h"
#include "models/registry.h"

namespace marquee {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int64_t kDayS = 86'400;
constexpr int64_t kEndS = 11'000 * kDayS;

// Three titles: "old" was met often long ago, "steady" every day, "rare" once.
class ChartsTest : public testing::Test {
 protected:
  ChartsTest() : engine_(MakeBundle()) {}

  static std::shared_ptr<const ModelBundle> MakeBundle() {
    InteractionsBuilder builder;
    std::vector<CatalogItem> items(3);
    const std::vector<std::string> ids = {"old", "steady", "rare"};
    for (size_t i = 0; i < ids.size(); ++i) {
      builder.AddItem(ids[i]);
      items[i].item_id = items[i].title = ids[i];
      items[i].year = 1990 + static_cast<int32_t>(i);
    }
    items[1].genres = {"Drama"};
    for (int i = 0; i < 200; ++i) {
      const int32_t user = builder.AddUser("u" + std::to_string(i));
      builder.Add(user, 0, 5, kEndS - (300 + i % 5) * kDayS);
      if (i < 100) builder.Add(user, 1, 5, kEndS - i * kDayS);
    }
    builder.Add(0, 2, 5, kEndS - 50 * kDayS);
    auto bundle = std::make_shared<ModelBundle>();
    NoTrainObserver observer;
    bundle->interactions = bundle->liked = builder.Build();
    bundle->model = bundle->popular =
        TrainModel({.type = "most-popular"}, bundle->interactions, observer);
    bundle->catalog = std::make_shared<Catalog>(items);
    bundle->activity = std::make_shared<LoadedActivity>(bundle->interactions.by_item());
    return bundle;
  }

  static std::vector<std::string> Ids(const Recommendation& chart) {
    std::vector<std::string> ids;
    for (const Recommended& item : chart.items)
      ids.push_back(chart.bundle->catalog->at(item.item).item_id);
    return ids;
  }

  void Click(const std::string& item, int times, int64_t time_s = kEndS) {
    for (int i = 0; i < times; ++i) {
      engine_.Observe({.user_id = "w" + std::to_string(i),
                       .item_id = item,
                       .kind = EventKind::kClick,
                       .time_ms = time_s * 1000});
    }
  }

  RecommendEngine engine_;
};

TEST_F(ChartsTest, PopularCountsAllTheTimeOrAWindow) {
  EXPECT_THAT(Ids(PopularChart(engine_, {})), ElementsAre("old", "steady", "rare"));
  const Recommendation week = PopularChart(engine_, {.days = 7});
  EXPECT_THAT(Ids(week), ElementsAre("steady"));
  EXPECT_EQ(week.rung, "popular");
  EXPECT_EQ(week.items[0].score, 7);
  EXPECT_EQ(week.items[0].reason, "popular in the last 7 days");
}

TEST_F(ChartsTest, AnEventCountsAtOnce) {
  Click("rare", 8);
  EXPECT_THAT(Ids(PopularChart(engine_, {.days = 7})), ElementsAre("rare", "steady"));
}

TEST_F(ChartsTest, EventsThatWereLoadedSinceCountOnce) {
  Click("rare", 8, kEndS - 2 * kDayS);
  EXPECT_THAT(Ids(PopularChart(engine_, {.days = 7})), ElementsAre("steady"));
}

TEST_F(ChartsTest, ThreeClicksDoNotWinAgainstARise) {
  Click("rare", 3);
  Click("steady", 60);
  const Recommendation chart = TrendingChart(engine_, {.days = 7});
  EXPECT_THAT(Ids(chart), ElementsAre("steady", "rare"));
  EXPECT_THAT(chart.items[0].reason, HasSubstr("rising: 67 times in the last 7 days, "));
  EXPECT_LT(chart.items[1].score, 1);
}

TEST(TrendingScore, IsTheFivePercentQuantileOfTheGammaPosterior) {
  // scipy.stats.gamma.ppf(0.05, n + 10, scale=1 / (e + 10))
  EXPECT_NEAR(TrendingScore(3, 0), 0.7690, 0.002);
  EXPECT_NEAR(TrendingScore(40, 10), 1.9482, 0.002);
  EXPECT_NEAR(TrendingScore(0, 10), 0.2713, 0.002);
}

TEST_F(ChartsTest, NewIsByYearAndPassesTheFilter) {
  const Recommendation chart = NewChart(engine_, {});
  EXPECT_THAT(Ids(chart), ElementsAre("rare", "steady", "old"));
  EXPECT_EQ(chart.items[0].reason, "released in 1992");
  EXPECT_THAT(Ids(NewChart(engine_, {.filter = {.genres = {"drama"}}})), ElementsAre("steady"));
  EXPECT_THAT(Ids(NewChart(engine_, {.k = 1, .skip = 1})), ElementsAre("steady"));
  EXPECT_THAT(Ids(NewChart(engine_, {.skip = 5})), IsEmpty());
  EXPECT_THAT([&] { NewChart(engine_, {.filter = {.genres = {"Drma"}}}); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("did you mean 'Drama'?")));
}

}  // namespace
}  // namespace marquee
