// The steps on a small invented world, one after another.
#include <gmock/gmock.h>

#include <memory>
#include <string>

#include "base/error_matchers.h"
#include "base/files.h"
#include "base/random.h"
#include "base/text.h"
#include "events/sqlite_event_log.h"
#include "mlops/holdout.h"
#include "mlops/steps.h"
#include "pipelines/main_job.h"
#include "pipelines/stability_index.h"
#include "recording/test_run_log.h"

namespace marquee::mlops {
namespace {

using testing::AllOf;
using testing::DoubleNear;
using testing::Gt;
using testing::HasSubstr;
using testing::Lt;
using testing::StartsWith;

constexpr int64_t kToday = 1'736'000'000'000;  // 2025-01-04, after the world ends

constexpr int kUsers = 120;

constexpr const char* kSteps[] = {"silver",   "gold",     "features", "train",
                                  "evaluate", "register", "monitor"};

class MlopsTest : public testing::Test {
 protected:
  MlopsTest() {
    settings_.folder = home_.path() / "mlops";
    settings_.model = "biased-mf";
    settings_.model_settings = {{"factors", "4"}, {"epochs", "10"}};
    settings_.promotion.probe.max_ms = 1e9;  // of a busy machine
    runs_.clock.Advance(kToday - runs_.clock.NowMs());
  }

  RatingsRun Run() {
    return {*session_,   lake_,
            models_,     {.log = &runs_.log, .clock = &runs_.clock},
            runs_.clock, progress_,
            cancel_,     [this](std::string_view line) { log_.append(line).append("\n"); },
            settings_};
  }
  void Load(const std::filesystem::path& source) {
    const sources::Dataset dataset = sources::OpenDataset(source, {});
    RatingsRun run = Run();
    LoadBronze(run, {.dataset = &dataset});
  }
  // Two tastes: who likes one half of the titles dislikes the other.
  void LoadWorld() {
    Rng rng(7);
    std::string csv = "user,item,rating,timestamp\n";
    for (int user = 0; user < kUsers; ++user) {
      for (int i = 0; i < 24; ++i) {
        const auto item = rng.Below(60);
        const bool likes = (item < 30) == (user % 2 == 0);
        StrAppend(&csv, user, ",", item, ",", (likes ? 4 : 1) + rng.Below(2), ",",
                  kToday / 1000 - 86'400 * (1 + 8 * i), "\n");
      }
    }
    LoadCsv(csv);
  }
  void LoadCsv(const std::string& csv) {
    WriteFileAtomic(home_.path() / "ratings.csv", csv);
    Load(home_.path() / "ratings.csv");
  }
  void Do(const char* step) {
    RatingsRun run = Run();
    StepNamed(step)(run);
  }
  void DoAll() {
    for (const char* step : kSteps) Do(step);
  }
  Json Document(const std::string& name) {
    return Json::Parse(ReadFile(settings_.folder / (name + ".json")));
  }
  double Rmse(const Json& metrics) { return metrics.At("rmse").GetDouble("mean"); }
  size_t Versions(const std::string& type) {
    size_t count = 0;
    for (const ModelManifest& manifest : models_.List()) count += manifest.id.type == type;
    return count;
  }

  TempDir home_;
  TestRuns runs_;
  NoProgress progress_;
  CancelToken cancel_;
  lake::Engine engine_{lake::EngineOptions{.threads = 1}};
  std::unique_ptr<lake::Session> session_ = engine_.NewSession();
  lake::Lake lake_{home_.path() / "lake", runs_.clock};
  ModelStore models_{home_.path() / "models", runs_.clock};
  RatingsSettings settings_;
  std::string log_;
};

TEST_F(MlopsTest, LearnsRegistersPublishesAndWatches) {
  LoadWorld();
  DoAll();
  EXPECT_EQ(Document("features").At("matrix").GetInt("users"), kUsers);
  const Json rating = Document("evaluation").At("rating_model");
  const std::string best = rating.GetString("best_baseline");
  EXPECT_LT(Rmse(rating.At("metrics")), Rmse(rating.At("baselines").At(best)));
  EXPECT_LT(Rmse(rating.At("metrics")), Rmse(rating.At("baselines").At("mean")));
  EXPECT_GT(rating.At("metrics").At("r2").GetDouble("mean"), 0.1);
  EXPECT_TRUE(rating.At("champion").is_null());
  const Json registration = Document("registration");
  EXPECT_EQ(registration.At("rating_model").GetString("model"), "biased-mf v1");
  EXPECT_TRUE(registration.At("rating_model").GetBool("is_champion"));
  EXPECT_EQ(runs_.log.FindAlias("recommender-ratings", "champion")->version, 1);
  const auto published = models_.ReadPublished();
  ASSERT_TRUE(published.has_value());
  EXPECT_EQ(registration.At("ranking_models").AsArray().at(0).GetString("model"),
            published->champion.name());
  EXPECT_TRUE(runs_.log.FindAlias("recommender", "champion").has_value());
  const Json monitor = Document("monitor");
  EXPECT_GT(monitor.At("window").GetInt("ratings"), 0);
  EXPECT_THAT(Rmse(monitor.At("rating_model").At("metrics")),
              DoubleNear(Rmse(rating.At("metrics")), 0.3));
}

TEST_F(MlopsTest, WithoutNewDataNothingNewIsMade) {
  LoadWorld();
  DoAll();
  const size_t versions = models_.List().size();
  const Json registered = Document("registration").At("rating_model");
  log_.clear();
  Load(home_.path() / "ratings.csv");
  DoAll();
  EXPECT_EQ(models_.List().size(), versions);
  EXPECT_THAT(log_,
              AllOf(HasSubstr("is loaded already"),
                    HasSubstr("biased-mf: neither data nor settings changed"),
                    HasSubstr("is the choice as before"), HasSubstr("it was registered before")));
  EXPECT_EQ(Document("registration").At("rating_model").GetInt("registered_version"),
            registered.GetInt("registered_version"));
}

TEST_F(MlopsTest, AWorseModelDoesNotTakeTheChampionsPlace) {
  LoadWorld();
  DoAll();
  settings_.model_settings = {{"factors", "4"}, {"epochs", "2"}};
  for (const char* step : {"train", "evaluate", "register"}) Do(step);
  const Json outcome = Document("registration").At("rating_model");
  EXPECT_FALSE(outcome.GetBool("is_champion"));
  EXPECT_EQ(outcome.GetString("why"), "biased-mf v1, the champion, predicts better");
  EXPECT_EQ(Versions("biased-mf"), 1u);
  EXPECT_EQ(Document("evaluation").At("rating_model").At("champion").GetString("model"),
            "biased-mf v1");
}

// Ratings that nothing explains.
std::string Noise() {
  Rng rng(7);
  std::string csv = "user,item,rating,timestamp\n";
  for (int user = 0; user < 40; ++user) {
    for (int item = 0; item < 30; ++item)
      StrAppend(&csv, user, ",", item, ",", 1 + rng.Below(5), ",1700000000\n");
  }
  return csv;
}

TEST_F(MlopsTest, AModelThatBeatsNoBaselineIsNoVersion) {
  LoadCsv(Noise());
  for (const char* step : {"silver", "gold", "features", "train", "evaluate"}) Do(step);
  EXPECT_THAT([&] { Do("register"); },
              ThrowsError(Code::kFailedPrecondition,
                          AllOf(StartsWith("biased-mf has RMSE"),
                                HasSubstr("not better by two standard errors"))));
  EXPECT_EQ(Versions("biased-mf"), 0u);
}

TEST_F(MlopsTest, RatingsThatAreAllTheSameTeachListsAlone) {
  std::string csv = "user,item\n";
  for (int user = 0; user < 60; ++user) {
    for (int item = 0; item < 12; ++item) StrAppend(&csv, user, ",", (user % 2) * 8 + item, "\n");
  }
  LoadCsv(csv);
  DoAll();
  EXPECT_TRUE(Document("training").At("rating_model").is_null());
  EXPECT_TRUE(Document("registration").At("rating_model").is_null());
  EXPECT_TRUE(models_.ReadPublished().has_value());
}

TEST_F(MlopsTest, EventsAloneAreRatingsToo) {
  const auto log = OpenSqliteEventLog({.path = home_.path() / "events.db"});
  std::vector<Event> events;
  for (int i = 0; i < 20; ++i) {
    Event event;
    event.user_id = StrCat("u", i % 4);
    event.item_id = StrCat("f", i % 5);
    event.kind = EventKind::kRating;
    event.value = 1 + i % 5;
    event.time_ms = kToday - 86'400'000;
    events.push_back(event);
  }
  log->Append(events);
  RatingsRun run = Run();
  LoadBronze(run, {.events = log.get()});
  for (const char* step : {"silver", "gold", "features"}) Do(step);
  EXPECT_EQ(Document("features").At("matrix").GetInt("ratings"), 20);
  LoadBronze(run, {.events = log.get()});
  EXPECT_THAT(log_, HasSubstr("0 new events from the log"));
}

TEST_F(MlopsTest, AStepWithoutItsInputNamesTheTaskThatMakesIt) {
  EXPECT_THAT([&] { Do("evaluate"); }, ThrowsError(Code::kNotFound, HasSubstr("training.json")));
  settings_.model = "ials";
  LoadWorld();
  Do("silver");
  Do("gold");
  EXPECT_THAT([&] { Do("train"); }, ThrowsError(Code::kInvalidArgument, StartsWith("ials ranks")));
}

TEST_F(MlopsTest, NewTastesAreDrift) {
  std::string csv = "user,item,rating,timestamp\n";
  for (int user = 0; user < 30; ++user) {
    for (int item = 0; item < 20; ++item) {
      StrAppend(&csv, user, ",", item, ",", 4 + (user + item) % 2, ",1700000000\n");
      if (item < 5) StrAppend(&csv, "n", user, ",", 30 + item, ",", 1, ",1720000000\n");
    }
  }
  LoadCsv(csv);
  for (const char* step : {"silver", "gold", "monitor"}) Do(step);
  const Json window = Document("monitor").At("window");
  EXPECT_TRUE(window.GetBool("has_drifted"));
  EXPECT_EQ(window.GetDouble("cold_users"), 1);
  EXPECT_EQ(window.GetDouble("cold_titles"), 1);
  EXPECT_EQ(window.GetInt("ratings"), 150);
}

TEST_F(MlopsTest, WhatIsPublishedIsAskedForWhatPeopleLikedSince) {
  LoadWorld();
  DoAll();
  EXPECT_EQ(Document("monitor").At("ranking_model").GetString("problem"),
            "it was trained on all ratings that there are");
  std::string csv = "user,item,rating,timestamp\n";
  for (int user = 0; user < 40; ++user) {
    for (int item = 0; item < 30; ++item)
      StrAppend(&csv, user, ",", item + (user % 2) * 30, ",5,", kToday / 1000 - 7200, "\n");
  }
  runs_.clock.Advance(86'400'000);
  LoadCsv(csv);
  for (const char* step : {"silver", "gold", "monitor"}) Do(step);
  const Json ranking = Document("monitor").At("ranking_model");
  EXPECT_EQ(ranking.GetInt("users"), 40);
  EXPECT_THAT(ranking.At("metrics").At("hit_rate@20").GetDouble("mean"), AllOf(Gt(0.3), Lt(1.01)));
}

TEST_F(MlopsTest, TheChampionIsRenewedOnNewDataWhereNoneIsBetter) {
  LoadWorld();
  DoAll();
  // Somebody chose another, which the usual choice does not beat with this much error to spare.
  NoTrainObserver observer;
  const ModelVersion chosen =
      TrainAndSave({*session_, lake_, models_},
                   {.type = "item-knn", .settings = {}, .seed = 1, .threads = 1},
                   settings_.min_rating, observer)
          .id;
  models_.Publish(chosen, models_.ReadPublished()->fallback);
  settings_.promotion.errors = 1e6;
  runs_.clock.Advance(86'400'000);
  LoadCsv(StrCat("user,item,rating,timestamp\n1,1,5,", kToday / 1000, "\n"));
  DoAll();
  EXPECT_EQ(models_.ReadPublished()->champion.name(), "item-knn v2");
  const Json::Array outcomes = Document("registration").At("ranking_models").AsArray();
  ASSERT_EQ(outcomes.size(), 2u);
  EXPECT_FALSE(outcomes[0].GetBool("is_champion"));
  EXPECT_EQ(outcomes[1].GetString("why"), "it takes the place of item-knn v1");
  DoAll();
  EXPECT_EQ(models_.ReadPublished()->champion.name(), "item-knn v2");
}

TEST(StabilityIndex, IsNoneForTheSameSharesAndAsByHand) {
  const double before[] = {50, 50};
  const double now[] = {5, 5};
  EXPECT_EQ(StabilityIndex(before, now), 0);
  const double moved[] = {75, 25};
  // 0.25 ln(1.5) - 0.25 ln(0.5)
  EXPECT_NEAR(StabilityIndex(before, moved), 0.2746530721670274, 1e-12);
}

TEST(SplitRatings, HoldsTheSameTenthOutWhateverElseThereIs) {
  int held_out = 0;
  for (int user = 0; user < 100; ++user) {
    for (int item = 0; item < 100; ++item) held_out += IsHeldOut(StrCat(user), StrCat(item));
  }
  EXPECT_NEAR(held_out, 1000, 120);
  InteractionsBuilder builder;
  const int32_t user = builder.AddUser("7");
  int64_t all = 0;
  for (int item = 0; item < 50; ++item, ++all)
    builder.Add(user, builder.AddItem(StrCat(item)), 3, item);
  const RatingSplit split = SplitRatings(builder.Build());
  EXPECT_EQ(split.train.nnz() + std::ssize(split.held_out), all);
  for (const HeldOutRating& rating : split.held_out)
    EXPECT_TRUE(IsHeldOut("7", split.train.items().Name(rating.item)));
}

}  // namespace
}  // namespace marquee::mlops
