#include "recommend/recommender.h"

#include <gmock/gmock.h>

#include <map>
#include <set>

#include "base/error_matchers.h"
#include "base/files.h"
#include "events/shown_list.h"
#include "events/sqlite_event_log.h"
#include "recommend/test_bundle.h"

namespace marquee {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class RecommenderTest : public testing::Test {
 protected:
  void Declare(const std::string& fields) {
    const auto experiments = std::make_shared<const Experiments>(
        Experiments::FromJson(Json::Parse(R"({"experiment": [{"name": "e", )" + fields + "}]}")));
    recommender_.SetExperiments(experiments, {{"most-popular v1", MakeBundle("most-popular")}});
  }
  std::vector<ShownList> Shown() {
    shown_.Flush();
    std::vector<ShownList> lists;
    for (const StoredEvent& stored : log_->Read(1, 1000))
      lists.push_back(ShownListOf(stored.event.context));
    return lists;
  }

  TempDir folder_;
  std::unique_ptr<EventLog> log_ = OpenSqliteEventLog({.path = folder_.path() / "events.db"});
  ManualClock clock_{1'700'000'000'000};
  BackgroundAppender shown_{*log_, 1000};
  RecommendEngine engine_{MakeBundle("ials")};
  Recommender recommender_{engine_, &shown_, clock_};
};

TEST_F(RecommenderTest, WhatIsShownIsAnEvent) {
  const ServedList served =
      recommender_.Recommend({.user_id = "u0", .k = 2, .skip = 1, .request_id = "r1"});
  EXPECT_THAT(served.experiment, IsEmpty());
  const std::vector<ShownList> lists = Shown();
  ASSERT_THAT(lists, SizeIs(1));
  EXPECT_EQ(lists[0].request_id, "r1");
  EXPECT_EQ(lists[0].model, "ials v1");
  EXPECT_EQ(lists[0].rung, served.list.rung);
  EXPECT_EQ(lists[0].first_rank, 2);
  EXPECT_EQ(lists[0].items.size(), served.list.items.size());
  EXPECT_EQ(log_->Read(1, 1)[0].event.time_ms, clock_.NowMs());
}

TEST_F(RecommenderTest, NobodyIsShownNothingThatCounts) {
  recommender_.Recommend({.user_id = "", .k = 2});
  EXPECT_THAT(Shown(), IsEmpty());
}

TEST_F(RecommenderTest, AnArmAnswersWithItsModelAndSaysSo) {
  Declare(R"("arms": [{"name": "old"}, {"name": "new", "model": "most-popular v1"}])");
  std::map<std::string, std::set<std::string>> models;
  for (int user = 0; user < kUsers; ++user) {
    const ServedList served =
        recommender_.Recommend({.user_id = "u" + std::to_string(user), .k = 2});
    EXPECT_EQ(served.experiment, "e");
    models[served.arm].insert(served.list.bundle->name);
  }
  EXPECT_THAT(models["old"], testing::ElementsAre("ials v1"));
  EXPECT_THAT(models["new"], testing::ElementsAre("most-popular v1"));
  for (const ShownList& list : Shown()) {
    EXPECT_EQ(list.experiment, "e");
    EXPECT_EQ(list.model, list.arm == "new" ? "most-popular v1" : "ials v1");
  }
}

TEST_F(RecommenderTest, AnArmFeelsEventsToo) {
  Declare(R"("arms": [{"name": "old"}, {"name": "new", "model": "most-popular v1"}])");
  const auto first = [&] {
    const ServedList served = recommender_.Recommend({.user_id = "u0", .k = 1}, "e:new");
    return served.list.bundle->catalog->at(served.list.items.at(0).item).item_id;
  };
  const std::string before = first();
  engine_.Observe({.user_id = "u0", .item_id = before, .kind = EventKind::kClick, .time_ms = 1});
  EXPECT_NE(first(), before);
}

TEST_F(RecommenderTest, AnOverrideIsAnsweredAndIsNoExposure) {
  Declare(R"("share": 0, "arms": [{"name": "old"}, {"name": "new", "model": "most-popular v1"}])");
  const ServedList served = recommender_.Recommend({.user_id = "u0", .k = 2}, "e:new");
  EXPECT_EQ(served.arm, "new");
  EXPECT_EQ(served.list.bundle->name, "most-popular v1");
  EXPECT_THAT(Shown().at(0).experiment, IsEmpty());
  EXPECT_THAT([&] { recommender_.Recommend({.user_id = "u0"}, "x:new"); },
              ThrowsError(Code::kNotFound, HasSubstr("no experiment 'x'")));
}

TEST_F(RecommenderTest, AnInterleavedListIsOfBothAndItsPagesFit) {
  Declare(R"("kind": "interleaving",
             "arms": [{"name": "old"}, {"name": "new", "model": "most-popular v1"}])");
  const auto ids = [](const ServedList& served) {
    std::vector<std::string> found;
    for (const Recommended& item : served.list.items)
      found.push_back(served.list.bundle->catalog->at(item.item).item_id);
    return found;
  };
  const ServedList whole = recommender_.Recommend({.user_id = "u0", .k = 6});
  std::vector<std::string> pages = ids(recommender_.Recommend({.user_id = "u0", .k = 4}));
  for (const std::string& id : ids(recommender_.Recommend({.user_id = "u0", .k = 2, .skip = 4})))
    pages.push_back(id);
  EXPECT_EQ(ids(whole), pages);
  EXPECT_EQ(std::set(pages.begin(), pages.end()).size(), 6);
  const std::vector<std::string> arms = Shown().at(0).sources;
  EXPECT_EQ(std::ranges::count(arms, "old"), 3);
  EXPECT_EQ(std::ranges::count(arms, "new"), 3);
}

TEST_F(RecommenderTest, TheShadowIsOfferedWhatIsShown) {
  recommender_.SetShadow(std::make_shared<Shadow>(MakeBundle("most-popular"), engine_, 1));
  recommender_.Recommend({.user_id = "u0", .k = 2});
  recommender_.shadow()->Flush();
  EXPECT_EQ(recommender_.shadow()->report().compared, 1);
  recommender_.SetShadow(nullptr);
  EXPECT_EQ(recommender_.shadow(), nullptr);
}

}  // namespace
}  // namespace marquee
