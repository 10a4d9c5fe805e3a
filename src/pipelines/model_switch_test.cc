#include "pipelines/model_switch.h"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "base/error_matchers.h"
#include "base/files.h"
#include "base/random.h"
#include "base/text.h"
#include "events/sqlite_event_log.h"
#include "pipelines/import.h"
#include "pipelines/main_job.h"
#include "pipelines/test_home.h"
#include "recording/test_run_log.h"

namespace marquee {
namespace {

using testing::HasSubstr;

class ModelSwitchTest : public HomeTest {
 protected:
  ModelSwitchTest() {
    ImportMade(1);
    Train("most-popular");
    Train("ease");
    store_.Publish({"ease", 1}, {"most-popular", 1});
    serving_ = std::make_unique<RecommendEngine>(
        LoadPublished({*session_, lake_, store_}, kMinRating, clock_));
    recommender_ = std::make_unique<Recommender>(*serving_, nullptr, clock_);
  }

  void ImportMade(uint64_t seed) {
    Rng rng(seed);
    std::string csv = "user,item,rating,timestamp,title\n";
    for (int user = 0; user < 60; ++user) {
      for (int i = 0; i < 12; ++i)
        csv +=
            StrCat(user, ",", rng.Below(30), ",", 4 + rng.Below(2), ",", 964982703 + i, ",Film\n");
    }
    Import(csv);
  }
  void Train(const std::string& type, std::map<std::string, std::string> settings = {}) {
    NoTrainObserver observer;
    TrainAndSave({*session_, lake_, store_}, {.type = type, .settings = std::move(settings)},
                 kMinRating, observer);
  }
  ModelSwitch MakeSwitch(ProbeLimits probe = {.max_ms = 1e6}) {
    return ModelSwitch({engine_, lake_, store_, *serving_, *recommender_, clock_},
                       {.min_rating = kMinRating,
                        .probe = probe,
                        .experiments = home_.path() / "experiments.toml"});
  }
  std::string Champion() const { return serving_->bundle()->name; }

  ModelStore store_{home_.path() / "models", clock_};
  std::unique_ptr<RecommendEngine> serving_;
  std::unique_ptr<Recommender> recommender_;
};

TEST_F(ModelSwitchTest, PublishesUnderLoadAndRollsBack) {
  Train("ease", {{"l2", "50"}});
  ModelSwitch models = MakeSwitch();
  std::atomic<bool> stop = false;
  std::atomic<int> failed = 0;
  std::thread load([&] {
    while (!stop) failed += serving_->Recommend("1", 5).items.size() == 5 ? 0 : 1;
  });
  const ProbeReport report = models.Publish({"ease", 2}, false);
  EXPECT_TRUE(report.passed());
  EXPECT_GT(report.overlap, 0);
  EXPECT_EQ(Champion(), "ease v2");
  EXPECT_EQ(store_.ReadPublished()->champion, (ModelVersion{"ease", 2}));
  models.RollBack();
  EXPECT_EQ(Champion(), "ease v1");
  EXPECT_EQ(store_.ReadPublished()->previous, (ModelVersion{"ease", 2}));
  stop = true;
  load.join();
  EXPECT_EQ(failed, 0);
}

TEST_F(ModelSwitchTest, AVersionOfNewerDataBringsItsOwnPopularTitles) {
  ImportMade(2);
  Train("ease");
  ModelSwitch models = MakeSwitch();
  models.Publish({"ease", 2}, false);
  EXPECT_EQ(Champion(), "ease v2");
  EXPECT_EQ(serving_->Recommend("nobody", 5).items.size(), 5);
}

TEST_F(ModelSwitchTest, OneThatFailsTheProbeChangesNothingUnlessForced) {
  Train("item-content");
  ModelSwitch models = MakeSwitch({.min_overlap = 1});
  EXPECT_THAT(
      [&] {
        models.Publish({"item-content", 1}, false);
      },
      ThrowsError(Code::kFailedPrecondition, HasSubstr("item-content v1 gave")));
  EXPECT_EQ(Champion(), "ease v1");
  EXPECT_EQ(store_.ReadPublished()->champion, (ModelVersion{"ease", 1}));
  EXPECT_FALSE(models.ToJson().At("probe").At("passed").AsBool());
  models.Publish({"item-content", 1}, true);
  EXPECT_EQ(Champion(), "item-content v1");
}

TEST_F(ModelSwitchTest, FollowsWhatAnotherProcessPublishes) {
  Train("ease", {{"l2", "50"}});
  ModelSwitch models = MakeSwitch();
  models.Follow();
  EXPECT_EQ(Champion(), "ease v1");
  ModelStore(home_.path() / "models", clock_).Publish({"ease", 2}, {"most-popular", 1});
  models.Follow();
  EXPECT_EQ(Champion(), "ease v2");
  WriteFileAtomic(store_.published_file(), "{");
  models.Follow();
  EXPECT_EQ(Champion(), "ease v2");
  EXPECT_THAT(models.ToJson().At("problem").AsString(), HasSubstr("published.json"));
}

TEST_F(ModelSwitchTest, FollowsTheFileOfExperiments) {
  Train("ease", {{"l2", "50"}});
  ModelSwitch models = MakeSwitch();
  const auto file = home_.path() / "experiments.toml";
  WriteFileAtomic(
      file, "[[experiment]]\nname = 'e'\narms = [{name = 'a'}, {name = 'b', model = 'ease v2'}]\n");
  models.Follow();
  EXPECT_EQ(recommender_->Recommend({.user_id = "1"}, "e:b").list.bundle->name, "ease v2");
  WriteFileAtomic(
      file, "[[experiment]]\nname = 'f'\narms = [{name = 'a'}, {name = 'b', model = 'ease v9'}]\n");
  models.Follow();
  EXPECT_THAT(models.ToJson().At("experiments_problem").AsString(), HasSubstr("no model ease v9"));
  EXPECT_EQ(recommender_->experiments()->all().at(0).name, "e");
  std::filesystem::remove(file);
  models.Follow();
  EXPECT_TRUE(recommender_->experiments()->all().empty());
}

TEST_F(ModelSwitchTest, AShadowAnswersNobody) {
  Train("ease", {{"l2", "50"}});
  ModelSwitch models = MakeSwitch();
  EXPECT_TRUE(models.ToJson().At("shadow").is_null());
  models.StartShadow({"ease", 2}, 1);
  EXPECT_EQ(recommender_->Recommend({.user_id = "1"}).list.bundle->name, "ease v1");
  recommender_->shadow()->Flush();
  EXPECT_EQ(models.ToJson().At("shadow").GetInt("compared"), 1);
  models.EndShadow();
  EXPECT_TRUE(models.ToJson().At("shadow").is_null());
  EXPECT_THAT(
      [&] {
        models.StartShadow({"ease", 9}, 1);
      },
      ThrowsError(Code::kNotFound, HasSubstr("no model ease v9")));
}

class AliasTest : public ModelSwitchTest {
 protected:
  AliasTest() : recording_{.log = &log_, .clock = &clock_} {
    NoTrainObserver observer;
    TrainAndSave({*session_, lake_, store_, recording_},
                 {.type = "ease", .settings = {{"l2", "50"}}}, kMinRating, observer);
  }
  ModelSwitch MakeSwitch(ProbeLimits probe = {.max_ms = 1e6}) {
    return ModelSwitch({engine_, lake_, store_, *serving_, *recommender_, clock_},
                       {.min_rating = kMinRating, .probe = probe, .recording = recording_});
  }
  void MoveAlias(int64_t version) { log_.SetAlias("recommender", "champion", version); }
  int64_t Alias() { return log_.FindAlias("recommender", "champion").value().version; }

  TestRuns runs_;
  UnsteadyRunLog log_{runs_.log};
  const Recording recording_;
};

TEST_F(AliasTest, WhatIsPublishedGetsTheAlias) {
  ModelSwitch models = MakeSwitch();
  models.FollowAlias();
  EXPECT_EQ(Alias(), 2) << "nobody recorded ease v1: it is registered now, after ease v2";
  EXPECT_THAT(runs_.registry.GetVersion("recommender", 2).tags,
              testing::Contains(tracking::Tag{"marquee.version", "1"}));
  models.Publish({"ease", 2}, false);
  models.FollowAlias();
  EXPECT_EQ(Alias(), 1);
  models.RollBack();
  models.FollowAlias();
  EXPECT_EQ(Alias(), 2);
  models.FollowAlias();
  EXPECT_EQ(runs_.registry.LatestVersions("recommender", {})[0].version, 2)
      << "each is registered once";
}

TEST_F(AliasTest, AMovedAliasIsFollowed) {
  ModelSwitch models = MakeSwitch();
  models.FollowAlias();
  MoveAlias(1);
  models.FollowAlias();
  EXPECT_EQ(Champion(), "ease v2");
  EXPECT_EQ(store_.ReadPublished()->champion, (ModelVersion{"ease", 2}));
  models.FollowAlias();
  EXPECT_EQ(Alias(), 1);
  MoveAlias(2);
  models.FollowAlias();
  EXPECT_EQ(Champion(), "ease v1");
}

TEST_F(AliasTest, AMoveWhileNothingServesIsFollowedAtTheStart) {
  ChampionAlias(recording_, store_).Point();
  MoveAlias(1);
  ModelSwitch models = MakeSwitch();
  models.FollowAlias();
  EXPECT_EQ(Champion(), "ease v2");
}

TEST_F(AliasTest, WhatDoesNotPassTheProbeIsToldAndDoesNotAnswer) {
  ModelSwitch models = MakeSwitch({.min_overlap = 1, .max_ms = 1e6});
  models.FollowAlias();
  MoveAlias(1);
  for (int look = 0; look < 2; ++look) {
    models.FollowAlias();
    EXPECT_EQ(Champion(), "ease v1");
    EXPECT_THAT(models.ToJson().At("alias_problem").AsString(), HasSubstr("ease v2 gave"));
  }
  MoveAlias(2);
  models.FollowAlias();
  EXPECT_TRUE(models.ToJson().At("alias_problem").is_null());
}

TEST_F(AliasTest, AVersionOfAnotherHomeIsToldAndDoesNotAnswer) {
  ModelSwitch models = MakeSwitch();
  models.FollowAlias();
  const std::string run = log_.Start({.experiment = "e", .name = "elsewhere"});
  MoveAlias(log_.Register("recommender", run, "model", {}));
  models.FollowAlias();
  EXPECT_EQ(Champion(), "ease v1");
  EXPECT_THAT(models.ToJson().At("alias_problem").AsString(),
              HasSubstr("the alias champion names version 3 of recommender, which this home did "
                        "not train"));
}

TEST_F(AliasTest, ARegistrationThatFailedIsMadeUpForWithoutAnotherRun) {
  runs_.registry.DeleteModel("recommender");
  store_.Publish({"ease", 2}, {"most-popular", 1});
  ChampionAlias(recording_, store_).Point();
  EXPECT_EQ(runs_.registry.GetVersion("recommender", 1).run_id, store_.Find("ease", 2).run_id);
  const auto runs =
      runs_.runs.SearchRuns({.experiment_ids = {runs_.runs.FindExperiment("marquee")->id}});
  EXPECT_EQ(runs.items.size(), 1) << "that of the training";
}

TEST_F(AliasTest, ALogThatIsDownStopsNothing) {
  ModelSwitch models = MakeSwitch();
  log_.down = true;
  models.FollowAlias();
  EXPECT_THAT(models.ToJson().At("alias_problem").AsString(), HasSubstr("the log is down"));
  models.Publish({"ease", 2}, false);
  EXPECT_EQ(Champion(), "ease v2");
  log_.down = false;
  models.FollowAlias();
  EXPECT_EQ(Alias(), 1);
  EXPECT_TRUE(models.ToJson().At("alias_problem").is_null());
}

}  // namespace
}  // namespace marquee
