// On a made world of two tastes, where ials sees what most-popular cannot.
#include "pipelines/promotion.h"

#include "base/error_matchers.h"
#include "base/random.h"
#include "base/text.h"
#include "pipelines/test_home.h"

namespace marquee {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class PromotionTest : public HomeTest {
 protected:
  PromotionTest() {
    Rng rng(7);
    std::string csv = "user,item,rating,timestamp,title\n";
    for (int user = 0; user < 200; ++user) {
      for (int i = 0; i < 20; ++i) {
        csv += StrCat(user, ",", rng.Below(40) + (user % 2) * 40, ",5,", 964982703 + i, ",Film\n");
      }
    }
    Import(csv);
  }
  ModelVersion Train(const std::string& type, uint64_t seed = 1) {
    NoTrainObserver observer;
    return TrainAndSave(Work(), {.type = type, .settings = {}, .seed = seed}, kMinRating, observer)
        .id;
  }
  PromotionReport Judge(const ModelVersion& candidate, PromotionRules rules = {}) {
    rules.probe.max_ms = 1e6;  // of a busy machine
    return JudgePromotion(Work(), candidate,
                          {.clock = clock_, .rules = rules, .min_rating = kMinRating}, progress_,
                          cancel_);
  }
  ModelWork Work() { return {*session_, lake_, store_}; }

  ModelStore store_{home_.path() / "models", clock_};
};

TEST_F(PromotionTest, TheBetterModelMayAndTheWorseMayNot) {
  const ModelVersion popular = Train("most-popular");
  const ModelVersion ials = Train("ials");
  store_.Publish(popular, popular);
  const PromotionReport better = Judge(ials);
  EXPECT_THAT(better.refusals, IsEmpty());
  EXPECT_EQ(better.champion, "most-popular v1");
  EXPECT_GT(better.users, 10);
  EXPECT_GT(better.difference.mean, 2 * better.difference.stderr_);
  EXPECT_NEAR(better.candidate_mean - better.champion_mean, better.difference.mean, 1e-12);
  EXPECT_EQ(store_.ReadPublished()->champion, popular) << "to judge changes nothing";

  store_.Publish(ials, popular);
  const PromotionReport worse = Judge(popular);
  EXPECT_THAT(worse.refusals, ElementsAre(HasSubstr("is not above 2.0 standard errors")));
  EXPECT_NEAR(worse.difference.mean, -better.difference.mean, 1e-12);
}

TEST_F(PromotionTest, NoBetterThanByChanceMayNot) {
  const ModelVersion first = Train("ials", 1);
  store_.Publish(first, first);
  const PromotionReport report = Judge(Train("ials", 1));
  EXPECT_EQ(report.difference.mean, 0);
  EXPECT_FALSE(report.passed());
}

TEST_F(PromotionTest, TheChampionTrainedOnNewerDataMay) {
  const ModelVersion first = Train("ials");
  store_.Publish(first, first);
  clock_.Advance(86'400'000);
  Import("user,item,rating,timestamp\n1,40,5,1700000000\n");
  const PromotionReport report = Judge(Train("ials"));
  EXPECT_TRUE(report.is_renewal);
  EXPECT_EQ(report.users, 0) << "both would be trained anew by the same settings";
  EXPECT_GT(report.probe.users, 0);
  EXPECT_TRUE(report.passed());
}

TEST_F(PromotionTest, LimitsRefuseByName) {
  const ModelVersion popular = Train("most-popular");
  store_.Publish(popular, popular);
  PromotionRules rules{.max_bytes = 1};
  rules.probe.min_overlap = 1;
  EXPECT_THAT(Judge(Train("ials"), rules).refusals,
              ElementsAre(HasSubstr("more than 1 B"), HasSubstr("lists that share")));
}

TEST_F(PromotionTest, WithoutAChampionOnlyTheProbeIsAsked) {
  const PromotionReport report = Judge(Train("ials"));
  EXPECT_TRUE(report.passed());
  EXPECT_EQ(report.users, 0);
  EXPECT_GT(report.probe.users, 0);
}

TEST_F(PromotionTest, RefusesWhatCannotBeCompared) {
  const ModelVersion popular = Train("most-popular");
  store_.Publish(popular, popular);
  EXPECT_THAT([&] { Judge(popular); },
              ThrowsError(Code::kFailedPrecondition, HasSubstr("is the champion already")));
  EXPECT_THAT([&] { Judge(Train("ials"), {.metric = "rmse"}); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("gives no rmse of each user")));
}

}  // namespace
}  // namespace marquee
