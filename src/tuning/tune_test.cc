#include "tuning/tune.h"

#include <gmock/gmock.h>

#include <cmath>

#include "base/error_matchers.h"
#include "base/files.h"
#include "models/planted.h"
#include "tuning/journal.h"
#include "tuning/trial.h"

namespace marquee {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const Interactions& Data() {
  static const Interactions data = MakePlantedWorld({.users_per_cluster = 60});
  return data;
}

TuneRequest Request(const TempDir& dir, int trials) {
  TuneRequest request;
  request.evaluate.protocol = "strong-generalization";
  request.evaluate.min_rating = 0;
  request.evaluate.train.type = "ease";
  request.space = BuildSearchSpace(FindModelType("ease"), {}, {"l2=0.5:5000:log"});
  request.trials = trials;
  request.screen = 0;
  request.journal = dir.path() / "trials.jsonl";
  return request;
}

TuneResult Search(const TuneRequest& request) {
  const CancelToken cancel;
  NoProgress progress;
  return Tune(Data(), request, cancel, progress);
}

// Without what differs between two runs.
std::string WithoutSeconds(const std::string& journal) {
  std::string result;
  for (const std::string_view line : Split(journal, "\n")) {
    if (line.empty()) continue;
    Json json = Json::Parse(line);
    if (json.Find("seconds") != nullptr) json["seconds"] = 0;
    result += json.Dump() + "\n";
  }
  return result;
}

TEST(Tune, TheBestSettingsGiveTheValueTheyClaim) {
  const TempDir dir;
  const TuneResult result = Search(Request(dir, 6));
  EXPECT_EQ(result.finished, 6);
  EvaluateRequest evaluate = Request(dir, 6).evaluate;
  evaluate.segment = "validation";
  evaluate.train.settings["l2"] = result.best.At("settings").At("l2").Dump();
  NoTrainObserver observer;
  NoProgress progress;
  EXPECT_EQ(Evaluate(Data(), evaluate, observer, progress).metrics.at("ndcg@100").mean,
            result.best_value);
  EXPECT_EQ(result.best.GetString("segment"), "validation");
}

TEST(Tune, ASearchThatWasEndedGoesOnAsIfItWasNot) {
  const TempDir whole, parts;
  Search(Request(whole, 14));
  Search(Request(parts, 5));
  Search(Request(parts, 12));
  const TuneResult result = Search(Request(parts, 14));
  EXPECT_EQ(result.finished, 14);
  EXPECT_EQ(WithoutSeconds(ReadFile(parts.path() / "trials.jsonl")),
            WithoutSeconds(ReadFile(whole.path() / "trials.jsonl")));
}

TEST(Tune, RoundsOfSeveralTrialsGoOnWithinARound) {
  const TempDir whole, parts;
  TuneRequest request = Request(whole, 15);
  request.parallel = 3;
  request.evaluate.train.threads = 3;
  Search(request);
  request.journal = parts.path() / "trials.jsonl";
  request.trials = 13;
  Search(request);
  request.trials = 15;
  Search(request);
  EXPECT_EQ(WithoutSeconds(ReadFile(parts.path() / "trials.jsonl")),
            WithoutSeconds(ReadFile(whole.path() / "trials.jsonl")));
}

TEST(Tune, CancellingKeepsTheTrialsThatEnded) {
  const TempDir dir;
  CancelToken cancel;
  struct CancelAfterTwo : Progress {
    explicit CancelAfterTwo(CancelToken& token) : cancel(token) {}
    void Update(std::string_view, double, std::string_view detail) override {
      if (detail.starts_with("2 of")) cancel.Request();
    }
    CancelToken& cancel;
  } progress(cancel);
  EXPECT_THAT([&] { Tune(Data(), Request(dir, 9), cancel, progress); },
              ThrowsError(Code::kCancelled, HasSubstr("the search")));
  EXPECT_EQ(Search(Request(dir, 3)).finished, 3);
}

TEST(Tune, SettingsThatAModelRefusesAreFailedTrials) {
  const TempDir dir;
  TuneRequest request = Request(dir, 20);
  request.space = {{"l2", -5000, 5000, false, false}};  // what is not above 0 is refused
  request.kind = SearchKind::kRandom;
  const TuneResult result = Search(request);
  EXPECT_GT(result.failed, 0);
  EXPECT_EQ(result.failed + result.finished, 20);
}

TEST(Tune, EndsWhenNothingWorks) {
  const TempDir dir;
  TuneRequest request = Request(dir, 20);
  request.space = {{"l2", -9, -5, false, false}};
  EXPECT_THAT([&] { Search(request); },
              ThrowsError(Code::kFailedPrecondition, HasSubstr("the first 3 trials failed: l2")));
}

TEST(Tune, GivesUpTrialsThatAreWorseOnSomeUsers) {
  const TempDir dir;
  TuneRequest request = Request(dir, 30);
  request.screen = 0.85;  // 204 of 240 users
  request.kind = SearchKind::kRandom;
  const TuneResult result = Search(request);
  EXPECT_GT(result.pruned, 0);
  EXPECT_GT(result.finished, 5);
  EXPECT_EQ(result.finished + result.pruned, 30);
}

TEST(Tune, RatingsAreBetterWhenTheErrorIsLower) {
  const TempDir dir;
  TuneRequest request = Request(dir, 3);
  request.evaluate.protocol = "rating-holdout";
  request.evaluate.train.type = "most-popular";
  request.space = {{"window_days", 1, 30, false, true}};
  const TuneResult result = Search(request);
  EXPECT_EQ(result.best.GetString("metric"), "rmse");
  EXPECT_GT(result.best_value, 0);
}

TEST(Tune, AnUnknownMetricListsThoseOfTheProtocol) {
  const TempDir dir;
  TuneRequest request = Request(dir, 3);
  request.metric = "ndgc@100";
  EXPECT_THAT([&] { Search(request); }, ThrowsError(Code::kNotFound, HasSubstr("'ndcg@100'")));
}

TEST(Tune, WithoutTimeThereIsNoValue) {
  const TempDir dir;
  TuneRequest request = Request(dir, 3);
  request.seconds = 1e-9;
  EXPECT_THAT([&] { Search(request); },
              ThrowsError(Code::kFailedPrecondition, HasSubstr("no trial has a value yet")));
}

TEST(Medians, NothingIsPrunedByFewTrials) {
  std::vector<Trial> trials(4);
  for (Trial& trial : trials) trial.epochs = {0.5, 0.6};
  EXPECT_FALSE(Medians(trials, false).Prunes(1, 0.1));
  trials.push_back(trials[0]);
  EXPECT_TRUE(Medians(trials, false).Prunes(1, 0.1));
  EXPECT_FALSE(Medians(trials, false).Prunes(1, 0.5));
  EXPECT_FALSE(Medians(trials, false).Prunes(3, 0.1)) << "nobody got so far";
}

TEST(Medians, OfErrorsTheLowerAreBetter) {
  std::vector<Trial> trials(5);
  for (Trial& trial : trials) trial.screen = 0.9;
  EXPECT_TRUE(Medians(trials, true).PrunesScreen(-1.1));
  EXPECT_FALSE(Medians(trials, true).PrunesScreen(-0.8));
}

TEST(Trial, ComesBackFromItsLine) {
  const SearchSpace space = {{"l2", 1, 10, false, false}};
  Trial trial;
  trial.number = 4;
  trial.state = Trial::State::kFinished;
  trial.point = {2.5};
  trial.value = 0.25;
  trial.stderr_ = 0.01;
  trial.epochs = {0.1, 0.2};
  const Json line = trial.ToJson(space);
  EXPECT_EQ(Trial::FromJson(line, space).ToJson(space), line);
  Json damaged = line;
  damaged["state"] = "lost";
  EXPECT_THAT([&] { Trial::FromJson(damaged, space); },
              ThrowsError(Code::kDataLoss, HasSubstr("state 'lost'")));
}

}  // namespace
}  // namespace marquee
