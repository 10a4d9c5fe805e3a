#include "recommend/engine.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <thread>

#include "base/error_matchers.h"
#include "recommend/test_bundle.h"

namespace marquee {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class EngineTest : public testing::TestWithParam<std::string> {
 protected:
  const RecommendEngine engine_{MakeBundle(GetParam())};
};

INSTANTIATE_TEST_SUITE_P(Models, EngineTest, testing::Values("ials", "ease"),
                         [](const auto& type) { return type.param; });

TEST_P(EngineTest, AKnownUserGetsUnseenItemsOfTheirCampFirst) {
  const Recommendation answer = engine_.Recommend("u2", 2);
  EXPECT_EQ(answer.rung, "personal");
  ASSERT_EQ(answer.items.size(), 2u);
  for (const Recommended& recommended : answer.items) {
    EXPECT_EQ(recommended.item % 2, 0);
    EXPECT_EQ((recommended.item / 2 + 1) % 5, 0) << "seen";
    EXPECT_THAT(recommended.reason, testing::MatchesRegex("because you rated .+ 5"));
  }
}

TEST_P(EngineTest, WhatWasMetAndNotLikedIsLeftOutToo) {
  for (const Recommended& recommended : engine_.Recommend("u2", kItems).items) {
    EXPECT_NE(recommended.item, 1);
  }
}

TEST_P(EngineTest, AskingForMoreThanThereIsGivesAllTheRest) {
  const size_t met = engine_.bundle()->interactions.by_user().Row(2).size();
  EXPECT_EQ(engine_.Recommend("u2", 1000).items.size(), kItems - met);
}

TEST_P(EngineTest, AskedTwiceTheAnswerIsTheSame) {
  const Recommendation first = engine_.Recommend("u5", 5), second = engine_.Recommend("u5", 5);
  ASSERT_EQ(first.items.size(), second.items.size());
  for (size_t i = 0; i < first.items.size(); ++i) {
    EXPECT_EQ(first.items[i].item, second.items[i].item);
    EXPECT_EQ(first.items[i].score, second.items[i].score);
    EXPECT_EQ(first.items[i].reason, second.items[i].reason);
  }
}

TEST_P(EngineTest, AnUnknownUserGetsWhatIsPopularAndOneWithoutLikesWhatIsSoWithTheirLike) {
  const Recommendation answer = engine_.Recommend("nobody", 3);
  EXPECT_EQ(answer.rung, "popular");
  EXPECT_EQ(answer.items.size(), 3u);
  EXPECT_EQ(answer.items[0].reason, "popular with everyone");
  EXPECT_EQ(answer.items[0].source, "most-popular");
  EXPECT_EQ(engine_.Recommend("stranger", 3).rung, "segment");
  for (const Recommended& recommended : engine_.Recommend("stranger", kItems).items) {
    EXPECT_NE(recommended.item, 3);
  }
}

TEST(RecommendEngine, AUserWithoutLikesGetsWhatPeopleOfTheSameFeaturesLike) {
  const RecommendEngine engine(MakeBundle("hybrid"));
  const Recommendation answer = engine.Recommend("stranger", 5);
  EXPECT_EQ(answer.rung, "profile");
  ASSERT_EQ(answer.items.size(), 5u);
  for (const Recommended& recommended : answer.items) {
    EXPECT_EQ(recommended.item % 2, 0);
    EXPECT_EQ(recommended.reason, "liked by people like you");
  }
  EXPECT_EQ(engine.Recommend("nobody", 5).rung, "popular");
  EXPECT_EQ(engine.Recommend("u2", 2).rung, "personal");
}

TEST(LiveEngine, AnEventChangesTheVeryNextAnswer) {
  RecommendEngine engine(MakeBundle("ials"));
  EXPECT_EQ(engine.Recommend("new", 3).rung, "popular");
  engine.Observe({.user_id = "new", .item_id = "i6", .kind = EventKind::kLike, .time_ms = 1});
  const Recommendation answer = engine.Recommend("new", 3);
  EXPECT_EQ(answer.rung, "personal");
  ASSERT_EQ(answer.items.size(), 3u);
  for (const Recommended& recommended : answer.items) {
    EXPECT_EQ(recommended.item % 2, 0);
    EXPECT_NE(recommended.item, 6);
    EXPECT_EQ(recommended.reason, "because you liked Film 6");
  }
  EXPECT_EQ(engine.User("new").num_interactions, 1);
  engine.Forget("new");
  EXPECT_EQ(engine.Recommend("new", 3).rung, "popular");
}

TEST(LiveEngine, AKeptAnswerIsNotGivenAfterAnEvent) {
  RecommendEngine engine(MakeBundle("ease"));
  const int32_t best = engine.Recommend("u2", 3).items[0].item;
  const std::string item_id = engine.bundle()->catalog->at(best).item_id;
  engine.Observe({.user_id = "u2", .item_id = item_id, .kind = EventKind::kWatch, .time_ms = 1});
  for (const Recommended& recommended : engine.Recommend("u2", 3).items) {
    EXPECT_NE(recommended.item, best);
  }
  engine.Observe({.user_id = "u2", .item_id = item_id, .kind = EventKind::kRemove, .time_ms = 2});
  EXPECT_EQ(engine.Recommend("u2", 3).items[0].item, best);
}

TEST(LiveEngine, ASessionOfNobodyKnownIsAnswered) {
  RecommendEngine engine(MakeBundle("ease"));
  const Recommendation answer = engine.Recommend({.k = 3, .session = {"i5", "unheard of", "i7"}});
  EXPECT_EQ(answer.rung, "session");
  ASSERT_EQ(answer.items.size(), 3u);
  for (const Recommended& recommended : answer.items) {
    EXPECT_EQ(recommended.item % 2, 1);
    EXPECT_THAT(recommended.reason, testing::MatchesRegex("because you looked at Film (5|7)"));
  }
  EXPECT_EQ(engine.Recommend({.session = {"unheard of"}}).rung, "popular");
  // Of a known user it adds to what is known, for this answer alone.
  EXPECT_EQ(engine.Recommend({.user_id = "u2", .session = {"i7"}}).rung, "personal");
  EXPECT_EQ(engine.Recommend({.user_id = "nobody", .session = {"i7"}}).rung, "session");
  EXPECT_EQ(engine.live().num_users(), 0);
}

TEST(LiveEngine, StatedTastesAnswerSomebodyNew) {
  RecommendEngine engine(MakeBundle("ease"));
  const Recommendation answer = engine.Recommend({.k = 3, .tastes = {{"drama", 5}, {"comedy", 1}}});
  EXPECT_EQ(answer.rung, "content");
  ASSERT_EQ(answer.items.size(), 3u);
  for (const Recommended& recommended : answer.items) {
    EXPECT_EQ(recommended.item % 2, 0);
    EXPECT_EQ(recommended.reason, "fits your taste for Drama");
  }
  EXPECT_EQ(engine.Recommend({.user_id = "u2", .tastes = {{"drama", 5}}}).rung, "personal");
}

TEST(LiveEngine, FiltersHoldOnEveryRung) {
  RecommendEngine engine(MakeBundle("ease"));
  for (const char* user : {"u2", "nobody"}) {
    const Recommendation answer =
        engine.Recommend({.user_id = user, .k = 5, .filter = {.genres = {"Comedy"}}});
    EXPECT_FALSE(answer.items.empty());
    for (const Recommended& recommended : answer.items) EXPECT_EQ(recommended.item % 2, 1);
  }
}

TEST_P(EngineTest, SimilarItemsAreOfTheSameCampAndLeaveTheItemOut) {
  const Recommendation answer = engine_.Similar("i6", 3);
  ASSERT_EQ(answer.items.size(), 3u);
  for (const Recommended& recommended : answer.items) {
    EXPECT_EQ(recommended.item % 2, 0);
    EXPECT_NE(recommended.item, 6);
    EXPECT_EQ(recommended.reason, "similar to Film 6");
  }
  EXPECT_THAT([&] { engine_.Similar("i99", 3); },
              ThrowsError(Code::kNotFound, HasSubstr("no item 'i99'")));
}

TEST_P(EngineTest, AProfileTellsWhatAUserDid) {
  const UserProfile profile = engine_.User("u2");
  EXPECT_EQ(profile.num_interactions, 9);
  EXPECT_NEAR(profile.mean_value, (8 * 5 + 1) / 9.0, 1e-6);
  EXPECT_EQ(profile.first_s, 50);
  EXPECT_THAT(profile.top_genres, ElementsAre("Drama", "Comedy"));
  EXPECT_THAT([&] { engine_.User("nobody"); },
              ThrowsError(Code::kNotFound, HasSubstr("no user 'nobody'")));
}

TEST(Engine, WithoutRatingsTheReasonSaysWatched) {
  const RecommendEngine engine(MakeBundle("ials", 1, 0));
  EXPECT_THAT(engine.Recommend("u2", 1).items.at(0).reason, HasSubstr("because you watched "));
}

TEST(Engine, AModelWithNothingToSayIsPassedOver) {
  auto bundle = MakeBundle("ials");
  bundle->model = Train("most-popular", bundle->liked);
  InteractionsBuilder one;
  for (int item = 0; item < kItems; ++item) one.AddItem("i" + std::to_string(item));
  one.AddUser("u0");
  for (int item = 0; item < kItems; ++item) one.Add(0, item, 5, 1);
  bundle->model = Train("most-popular", one.Build());  // every score is equal
  EXPECT_EQ(RecommendEngine(bundle).Recommend("u2", 3).rung, "segment");
}

// A bundle whose users liked with 4.5, and whose model is scripted. User u2 did not meet 8 and 18.
std::shared_ptr<ModelBundle> Scripted(std::vector<float> scores,
                                      std::vector<ScoredItem> explanation) {
  auto bundle = MakeBundle("ease", 4.5f);
  bundle->model = std::make_shared<ScriptedModel>(bundle->liked.shared_items(), std::move(scores),
                                                  std::move(explanation));
  return bundle;
}

std::vector<float> ScoresWith(int item, float score) {
  std::vector<float> scores(kItems, 1);
  scores[static_cast<size_t>(item)] = score;
  return scores;
}

std::vector<int32_t> RowsOf(const Recommendation& answer) {
  std::vector<int32_t> rows;
  for (const Recommended& recommended : answer.items) rows.push_back(recommended.item);
  return rows;
}

TEST(Engine, EqualScoresStandInTheOrderOfTheCatalogue) {
  const RecommendEngine engine(Scripted(ScoresWith(18, 2), {{0, 1.0f}}));
  EXPECT_THAT(RowsOf(engine.Recommend("u2", 4)), ElementsAre(18, 3, 5, 7));
}

TEST(Engine, ReasonsShowHalfStars) {
  const RecommendEngine engine(Scripted(ScoresWith(18, 2), {{0, 1.0f}}));
  EXPECT_EQ(engine.Recommend("u2", 1).items.at(0).reason, "because you rated Film 0 4.5");
}

TEST(Engine, ItemsWithoutTitlesGoByTheirIds) {
  const RecommendEngine engine(Scripted(ScoresWith(18, 2), {{4, 1.0f}}));
  EXPECT_EQ(engine.Recommend("u2", 1).items.at(0).reason, "because you rated i4 4.5");
  EXPECT_EQ(engine.Similar("i4", 1).items.at(0).reason, "similar to i4");
}

TEST(Engine, NothingThatSpeaksForAnItemIsSaidSo) {
  const RecommendEngine engine(Scripted(ScoresWith(18, 2), {{0, -1.0f}}));
  const Recommendation answer = engine.Recommend("u2", 1);
  EXPECT_EQ(answer.rung, "personal");
  EXPECT_EQ(answer.items.at(0).reason, "fits what you liked");
}

TEST(Engine, AModelThatDoesNotLookAtUsersIsCalledPopular) {
  const RecommendEngine engine(Scripted(ScoresWith(18, 2), {}));
  const Recommendation answer = engine.Recommend("u2", 1);
  EXPECT_EQ(answer.rung, "popular");
  EXPECT_THAT(RowsOf(answer), ElementsAre(18));
  EXPECT_EQ(answer.items.at(0).reason, "popular with everyone");
}

TEST(Engine, ScoresThatAreNoNumbersArePassedOver) {
  for (const float score : {std::nanf(""), HUGE_VALF, -HUGE_VALF}) {
    const RecommendEngine engine(Scripted(ScoresWith(18, score), {{0, 1.0f}}));
    const Recommendation answer = engine.Recommend("u2", 3);
    EXPECT_EQ(answer.rung, "segment") << score;
    EXPECT_EQ(answer.items.size(), 3u);
  }
}

TEST(Engine, SwappingDuringRequestsAnswersEachFromOneBundle) {
  const auto first = MakeBundle("ials"), second = MakeBundle("ease");
  RecommendEngine engine(first);
  std::atomic<bool> done{false};
  std::vector<std::thread> readers;
  std::atomic<int> wrong{0};
  for (int reader = 0; reader < 3; ++reader) {
    readers.emplace_back([&, reader] {
      for (int i = 0; !done; ++i) {
        const Recommendation answer =
            engine.Recommend("u" + std::to_string((reader + i) % kUsers), 2);
        if (answer.items.size() != 2) ++wrong;
      }
    });
  }
  for (int i = 0; i < 200; ++i) engine.Swap(i % 2 == 0 ? second : first);
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace marquee
