#include "experiments/results.h"

#include <gmock/gmock.h>

#include "base/files.h"
#include "base/random.h"
#include "base/text.h"
#include "events/shown_list.h"
#include "events/sqlite_event_log.h"

namespace marquee {
namespace {

constexpr int64_t kHourMs = 3'600'000;

Experiment Make(const std::string& more = "") {
  return Experiments::FromJson(
             Json::Parse(StrCat(
                 R"({"experiment": [{"name": "e", "arms": [{"name": "old"}, {"name": "new"}])",
                 more, "}]}")))
      .Named("e");
}

class Fold {
 public:
  explicit Fold(const std::string& more = "") : experiment_(Make(more)), fold_(experiment_, 3.5) {}

  Fold& Show(const std::string& user, const std::string& arm, std::vector<std::string> items,
             int64_t time_ms = 0, std::vector<std::string> sources = {}) {
    if (sources.empty()) sources.resize(items.size(), "ials");
    const ShownList list{
        .experiment = "e", .arm = arm, .items = std::move(items), .sources = std::move(sources)};
    for (const Event& event : ImpressionsOf(list, user, time_ms)) fold_.Add(event);
    return *this;
  }
  Fold& Do(const std::string& user, const std::string& item, EventKind kind, double value,
           int64_t time_ms = 1) {
    fold_.Add({.user_id = user, .item_id = item, .kind = kind, .value = value, .time_ms = time_ms});
    return *this;
  }
  Fold& Like(const std::string& user, const std::string& item, int64_t time_ms = 1) {
    return Do(user, item, EventKind::kLike, NAN, time_ms);
  }
  ExperimentResults Results() const { return fold_.Results(); }

 private:
  Experiment experiment_;
  ExperimentFold fold_;
};

TEST(ExperimentResults, ALikeOfWhatWasShownCountsOnceForTheArm) {
  Fold fold;
  fold.Show("u1", "old", {"1", "2"}).Show("u2", "new", {"1", "2"}).Show("u2", "new", {"3"});
  fold.Like("u2", "1").Like("u2", "1").Like("u2", "3").Do("u1", "2", EventKind::kRating, 3);
  const ExperimentResults results = fold.Results();
  EXPECT_EQ(results.arms[0].lists, 1);
  EXPECT_EQ(results.arms[1].lists, 2);
  EXPECT_EQ(results.arms[1].items_shown, 3);
  EXPECT_EQ(results.arms[0].positives.count(), 1);
  EXPECT_EQ(results.arms[0].conversion.mean(), 0);
  EXPECT_EQ(results.arms[1].conversion.mean(), 1);
  EXPECT_EQ(results.arms[1].positives.mean(), 2);
  EXPECT_EQ(results.comparisons[0].difference.value, 1);
}

TEST(ExperimentResults, WhatWasNotShownBeforeOrIsLateDoesNotCount) {
  Fold fold(R"(, "window_hours": 1)");
  fold.Like("u1", "1", 0).Show("u1", "new", {"1", "2"}, 10);
  fold.Like("u1", "9", 20).Like("u1", "2", 10 + kHourMs + 1).Like("u0", "1", 20);
  EXPECT_EQ(fold.Results().arms[1].positives.mean(), 0);
  fold.Show("u1", "new", {"2"}, 20 + kHourMs).Like("u1", "2", 20 + 2 * kHourMs);
  EXPECT_EQ(fold.Results().arms[1].positives.mean(), 1);
}

TEST(ExperimentResults, AUserOfTwoArmsIsLeftOutAndTold) {
  Fold fold;
  fold.Show("u1", "old", {"1"}).Show("u1", "new", {"2"}).Show("u2", "new", {"2"}).Like("u1", "2");
  const ExperimentResults results = fold.Results();
  EXPECT_EQ(results.users_in_several_arms, 1);
  EXPECT_EQ(results.arms[0].positives.count(), 0);
  EXPECT_EQ(results.arms[1].positives.count(), 1);
}

TEST(ExperimentResults, InterleavingComparesWithinTheUser) {
  Fold fold(R"(, "kind": "interleaving", "metric": "positives", "expected_effect": 0.5)");
  Rng rng(3);
  for (int user = 0; user < 400; ++user) {
    const std::string id = StrCat("u", user);
    fold.Show(id, "", {"1", "2"}, 0, {"old", "new"});
    if (rng.Uniform() < .3) fold.Like(id, "1");
    if (rng.Uniform() < .6) fold.Like(id, "2");
  }
  const ExperimentResults results = fold.Results();
  EXPECT_EQ(results.arms[0].positives.count(), 400);
  EXPECT_NEAR(results.comparisons[0].difference.value, .3, .1);
  EXPECT_GT(results.comparisons[0].difference.always.low, 0);
  EXPECT_TRUE(results.comparisons[0].decided);
}

TEST(ExperimentResults, BrokenAssignmentIsSeenInTheSampleRatio) {
  Fold fold;
  for (int user = 0; user < 1000; ++user)
    fold.Show(StrCat("u", user), user % 3 == 0 ? "old" : "new", {"1"});
  EXPECT_LT(fold.Results().sample_ratio_p_value, 1e-6);
}

TEST(ExperimentResults, AreReadFromTheLogInTheOrderOfTime) {
  TempDir folder;
  const auto log = OpenSqliteEventLog({.path = folder.path() / "events.db"});
  const Experiment experiment = Make(R"(, "start": "1970-01-02", "end": "1970-01-03")");
  const int64_t start = experiment.start_ms;
  const auto show = [&](const std::string& user, int64_t time_ms) {
    const ShownList list{.experiment = "e", .arm = "new", .items = {"1"}, .sources = {"ials"}};
    log->Append(ImpressionsOf(list, user, time_ms));
  };
  const auto like = [&](const std::string& user, int64_t time_ms) {
    log->Append(std::vector<Event>{
        {.user_id = user, .item_id = "1", .kind = EventKind::kLike, .time_ms = time_ms}});
  };
  like("u1", start + 10);  // logged before the impression, which was not waited for
  show("u1", start + 5);
  show("u2", start - 1);  // before the start
  like("u2", start + 10);
  const ExperimentResults results =
      ReadResults(*log, experiment, 3.5, experiment.end_ms + 100 * kHourMs);
  EXPECT_EQ(results.arms[1].positives.count(), 1);
  EXPECT_EQ(results.arms[1].positives.mean(), 1);
  EXPECT_EQ(ToJson(experiment, results).At("arms").AsArray()[1].GetInt("users"), 1);
}

}  // namespace
}  // namespace marquee
