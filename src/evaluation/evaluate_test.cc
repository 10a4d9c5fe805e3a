#include "evaluation/evaluate.h"

#include <gmock/gmock.h>

#include <cmath>

#include "base/error_matchers.h"
#include "base/text.h"
#include "evaluation/test_data.h"
#include "models/planted.h"

namespace marquee {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Key;

std::vector<std::string> Keys(const Json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.AsObject()) keys.push_back(key);
  return keys;
}

TEST(Evaluate, NamesTheNearestProtocol) {
  EXPECT_THAT([&] { Evaluate(MakePlantedWorld(), RequestFor("strong-generalisation")); },
              ThrowsError(Code::kNotFound, HasSubstr("did you mean 'strong-generalization'?")));
}

TEST(Evaluate, RefusesAnUnknownSegment) {
  EvaluateRequest request = RequestFor("strong-generalization");
  request.segment = "train";
  EXPECT_THAT([&] { Evaluate(MakePlantedWorld(), request); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("segment is 'train'")));
}

TEST(Evaluate, RefusesAWrongSettingOfTheModel) {
  EvaluateRequest request = RequestFor("strong-generalization");
  request.train.settings = {{"window", "7"}};
  EXPECT_THAT([&] { Evaluate(MakePlantedWorld(), request); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("unknown setting 'window'")));
}

// Clusters that a model of tastes sees and popularity does not.
TEST(Evaluate, AModelOfTastesBeatsPopularityOnPlantedClusters) {
  const Interactions data = MakePlantedWorld();
  for (const char* protocol : {"strong-generalization", "global-time-split"}) {
    const double popular = Evaluate(data, RequestFor(protocol)).metrics.at("ndcg@100").mean;
    const double ease = Evaluate(data, RequestFor(protocol, "ease")).metrics.at("ndcg@100").mean;
    EXPECT_GT(ease, popular + 0.1) << protocol;
  }
}

// What holds for every protocol.
class EachProtocol : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Protocols, EachProtocol,
                         testing::Values("strong-generalization", "global-time-split",
                                         "rating-holdout"));

TEST_P(EachProtocol, ThreadsDoNotChangeTheNumbers) {
  EvaluateRequest request = RequestFor(GetParam());
  Json one = Evaluate(MakePlantedWorld(), request).ToJson();
  request.train.threads = 4;
  Json four = Evaluate(MakePlantedWorld(), request).ToJson();
  one["seconds"] = 0;
  four["seconds"] = 0;
  EXPECT_EQ(one.Dump(), four.Dump());
}

// Stops once the model is trained.
class StopAfterTraining : public TrainObserver {
 public:
  void OnEpoch(const Epoch& epoch) override { trained_ = epoch.epoch == epoch.epochs; }
  bool ShouldStop() const override { return trained_; }

 private:
  bool trained_ = false;
};

TEST_P(EachProtocol, StopsWhenAsked) {
  StopAfterTraining observer;
  NoProgress progress;
  EXPECT_THAT([&] { Evaluate(MakePlantedWorld(), RequestFor(GetParam()), observer, progress); },
              ThrowsError(Code::kCancelled, HasSubstr("evaluation of most-popular was stopped")));
}

TEST_P(EachProtocol, BothSegmentsAreThoseOfTwoCalls) {
  EvaluateRequest request = RequestFor(GetParam());
  NoTrainObserver observer;
  NoProgress progress;
  const BothSegments both = EvaluateBoth(MakePlantedWorld(), request, observer, progress);
  for (const auto* result : {&both.validation, &both.test}) {
    request.segment = result == &both.test ? "test" : "validation";
    Json alone = Evaluate(MakePlantedWorld(), request).ToJson(), together = result->ToJson();
    alone["seconds"] = 0;
    together["seconds"] = 0;
    EXPECT_EQ(together.Dump(), alone.Dump());
  }
}

// Counts trainings.
class CountTrainings : public NoTrainObserver {
 public:
  void OnEpoch(const Epoch& epoch) override { count += epoch.epoch == epoch.epochs; }
  int count = 0;
};

TEST(EvaluateBoth, TrainsOnceForStrongGeneralization) {
  CountTrainings observer;
  NoProgress progress;
  EvaluateBoth(MakePlantedWorld(), RequestFor("strong-generalization"), observer, progress);
  EXPECT_EQ(observer.count, 1);
}

TEST(Evaluate, UsersAreGroupedByHowMuchIsKnownOfThem) {
  std::vector<RatingLine> lines;
  const auto watch = [&](const std::string& user, int count) {
    for (int item = 0; item < count; ++item) lines.push_back({user, StrCat(item), 5, 1});
    lines.push_back({user, "99", 5, 9});
  };
  watch("1", 60);
  watch("2", 10);
  watch("3", 9);
  watch("4", 0);
  for (int user = 5; user < 10; ++user) lines.push_back({StrCat(user), "99", 5, 1});
  EvaluateRequest request = RequestFor("global-time-split");
  request.test_share = 4.0 / 88;
  const EvaluateResult result = Evaluate(FromLines(lines), request);
  EXPECT_EQ(result.users, 4);
  EXPECT_THAT(result.segments,
              ElementsAre(Key("cold"), Key("heavy"), Key("known"), Key("light"), Key("new")));
  EXPECT_EQ(result.segments.at("known").users, 3);
  EXPECT_EQ(result.segments.at("heavy").users, 1);
  // 99 is the most popular item: first where it is asked for, in every segment.
  EXPECT_EQ(result.segments.at("cold").metrics.at("ndcg@100").mean, 1);
  EXPECT_EQ(result.metrics.at("mrr").mean, 1);
}

// Two items, one shown to each user: what a list of one can cover.
TEST(Evaluate, LooksBeyondAccuracy) {
  std::vector<RatingLine> lines = {{"1", "a", 5, 1}, {"2", "a", 5, 1}, {"3", "b", 5, 1},
                                   {"4", "b", 5, 1}, {"1", "b", 5, 9}, {"2", "b", 5, 9}};
  EvaluateRequest request = RequestFor("global-time-split");
  request.test_share = 2.0 / 6;
  const EvaluateResult result = Evaluate(FromLines(lines), request);
  EXPECT_DOUBLE_EQ(result.metrics.at("coverage@100").mean, 0.5);  // b, never a
  EXPECT_DOUBLE_EQ(result.metrics.at("gini@100").mean, 0.5);
  EXPECT_DOUBLE_EQ(result.metrics.at("novelty@100").mean, 1);  // half of the users met b
  EXPECT_TRUE(std::isnan(result.metrics.at("gini@100").stderr_));
}

TEST(EvaluateResult, JsonHasTheMetricsInTheOrderOfTheTables) {
  const Json json = Evaluate(MakePlantedWorld(), RequestFor("strong-generalization")).ToJson();
  EXPECT_THAT(Keys(json), ElementsAre("protocol", "segment", "model", "settings", "users", "items",
                                      "interactions", "metrics", "segments", "seconds"));
  EXPECT_THAT(
      Keys(json.At("metrics")),
      ElementsAre("recall@20", "recall@50", "ndcg@100", "hit_rate@10", "ndcg@10", "precision@10",
                  "map@100", "mrr", "novelty@100", "coverage@100", "gini@100"));
  const Json& recall = json.At("metrics").At("recall@20");
  EXPECT_THAT(Keys(recall), ElementsAre("mean", "stderr"));
  EXPECT_GT(recall.At("stderr").AsDouble(), 0);
  EXPECT_TRUE(json.At("metrics").At("coverage@100").At("stderr").is_null());
  EXPECT_EQ(json.At("settings").GetInt("window_days", -1), 0);
  EXPECT_EQ(json.At("segments").At("new").GetInt("users"), json.GetInt("users"));
}

TEST(EvaluateResult, TextIsATableWithAColumnASegment) {
  EvaluateResult result;
  result.request = RequestFor("strong-generalization");
  result.settings = Json::MakeObject({{"window_days", 0}});
  result.users = 1200;
  result.items = 300;
  result.interactions = 45000;
  result.metrics = {{"recall@20", {0.25, 0.0123}}, {"coverage@100", {0.5, std::nan("")}}};
  result.segments = {{"light", {1000, {{"recall@20", {0.2, 0.01}}}}},
                     {"new", {200, {{"recall@20", {0.5, 0.03}}}}}};
  result.seconds = 1.25;
  EXPECT_EQ(result.ToText(),
            "strong-generalization (test)  most-popular  window_days=0\n"
            "1,200 users scored  300 items  45,000 interactions trained on  1.2 s\n\n"
            "metric            all (1,200)        new (200)    light (1,000)\n"
            "recall@20     0.2500 ± 0.0123  0.5000 ± 0.0300  0.2000 ± 0.0100\n"
            "coverage@100  0.5000\n");
}

}  // namespace
}  // namespace marquee
