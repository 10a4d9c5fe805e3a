#include "recommend/ladder.h"

#include <gmock/gmock.h>

#include <cmath>
#include <future>
#include <set>
#include <stdexcept>

#include "base/files.h"
#include "recommend/engine.h"
#include "recommend/rules_file.h"
#include "recommend/test_bundle.h"

namespace marquee {
namespace {

using testing::HasSubstr;

std::vector<float> Ascending() {
  std::vector<float> scores;
  for (int item = 0; item < kItems; ++item) scores.push_back(static_cast<float>(item));
  return scores;
}

std::shared_ptr<ModelBundle> WithModel(std::vector<float> scores, std::function<void()> before) {
  auto bundle = MakeBundle("ease");
  bundle->model =
      std::make_shared<ScriptedModel>(bundle->liked.shared_items(), std::move(scores),
                                      std::vector<ScoredItem>{{0, 1.0f}}, std::move(before));
  return bundle;
}

// Of a model that failed: what is popular with the user's camp, which is a group of users.
void ExpectSegment(const Recommendation& answer, const std::string& why) {
  EXPECT_EQ(answer.rung, "segment");
  EXPECT_EQ(answer.rung_reason, why);
  ASSERT_EQ(answer.items.size(), 2u);
  for (const Recommended& item : answer.items) {
    EXPECT_EQ(item.item % 2, 0) << "of the even camp, as user u2";
    EXPECT_EQ(item.source, "segment");
    EXPECT_EQ(item.reason, "popular with people like you");
  }
}

TEST(Ladder, APersonalAnswerGivesNoReasonForItsRung) {
  const RecommendEngine engine(WithModel(Ascending(), [] {}), 500, 60'000);
  const Recommendation answer = engine.Recommend("u2", 2);
  EXPECT_EQ(answer.rung, "personal");
  EXPECT_EQ(answer.rung_reason, "");
  EXPECT_EQ(answer.items.at(0).source, "scripted");
}

TEST(Ladder, AModelThatHangsIsPassedOverWithinTheDeadline) {
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  {
    const RecommendEngine engine(WithModel(Ascending(), [released] { released.wait(); }), 500, 40);
    ExpectSegment(engine.Recommend("u2", 2), "the model took longer than 36 ms");
    for (int i = 0; i < 10; ++i) engine.Recommend("u2", 2);
    ExpectSegment(engine.Recommend("u2", 2), "too many late answers of the model are under way");
    release.set_value();
  }
}

TEST(Ladder, ALateAnswerIsNotKept) {
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  const RecommendEngine engine(WithModel(Ascending(), [released] { released.wait(); }), 500, 40);
  EXPECT_EQ(engine.Recommend("u2", 2).rung, "segment");
  release.set_value();
  while (engine.Recommend("u2", 2).rung != "personal") {
  }
}

TEST(Ladder, AModelThatThrowsIsPassedOver) {
  const RecommendEngine engine(WithModel(Ascending(), [] { throw std::runtime_error("broken"); }));
  ExpectSegment(engine.Recommend("u2", 2), "the model failed");
}

TEST(Ladder, ScoresFromWhichNoRankingCanBeReadArePassedOver) {
  std::vector<float> scores = Ascending();
  scores[3] = std::nanf("");
  ExpectSegment(RecommendEngine(WithModel(scores, [] {})).Recommend("u2", 2),
                "scores were not finite");
  ExpectSegment(RecommendEngine(WithModel(std::vector<float>(kItems, 1), [] {})).Recommend("u2", 2),
                "all scores are equal");
}

TEST(Ladder, EachLowerRungSaysWhy) {
  const RecommendEngine engine(MakeBundle("ease"));
  const auto why = [&](const RecommendQuery& query) {
    const Recommendation answer = engine.Recommend(query);
    return answer.rung + ": " + answer.rung_reason;
  };
  EXPECT_EQ(why({.user_id = "nobody"}), "popular: no likes are known");
  EXPECT_EQ(why({.user_id = "stranger"}), "segment: no likes are known");
  EXPECT_EQ(why({.tastes = {{"drama", 5}}}), "content: no likes are known");
  EXPECT_EQ(why({.session = {"i5"}}), "session: no likes are known but those of the session");
}

TEST(Ladder, FansOfAGenreAreASegment) {
  auto bundle = WithModel(std::vector<float>(kItems, 1), [] {});
  RecommendEngine engine(bundle);
  engine.Observe({.user_id = "new", .item_id = "i6", .kind = EventKind::kLike, .time_ms = 1});
  const Recommendation answer = engine.Recommend("new", 2);
  EXPECT_EQ(answer.rung, "segment");
  EXPECT_EQ(answer.items.at(0).reason, "popular with fans of Drama");
  EXPECT_EQ(answer.items.at(0).item % 2, 0);
}

TEST(EngineRules, HoldFromTheVeryNextAnswerKeptOrNot) {
  RecommendEngine engine(MakeBundle("ease"));
  const int32_t best = engine.Recommend("u2", 2).items.at(0).item;
  const auto rules = std::make_shared<Rules>();
  rules->hide.push_back({{.items = {engine.bundle()->catalog->at(best).item_id}}, {100, 200}});
  engine.SetRules(rules, 0);
  EXPECT_EQ(engine.Recommend("u2", 2).items.at(0).item, best);
  engine.UpdateRules(100);
  EXPECT_NE(engine.Recommend("u2", 2).items.at(0).item, best);
  engine.Swap(MakeBundle("ease"));
  EXPECT_NE(engine.Recommend("u2", 2).items.at(0).item, best) << "a swap keeps the rules";
  engine.UpdateRules(200);
  EXPECT_EQ(engine.Recommend("u2", 2).items.at(0).item, best);
}

TEST(EngineRules, SourcesAreNamedAndExplained) {
  RecommendEngine engine(MakeBundle("ease"));
  const auto rules = std::make_shared<Rules>();
  rules->pins.push_back({"i3", 1, {}});
  rules->lists.push_back({"Staff", {"i5"}, {2}, {}});
  for (int i = 0; i < 3; ++i)
    rules->inserts.push_back({RuleSources()[static_cast<size_t>(i)], {i + 3}});
  engine.SetRules(rules, 0);
  const Recommendation answer = engine.Recommend("u2", 5);
  ASSERT_EQ(answer.items.size(), 5u);
  EXPECT_EQ(answer.items[0].item, 3);
  EXPECT_EQ(answer.items[0].source, "pinned");
  EXPECT_EQ(answer.items[1].source, "editorial");
  EXPECT_EQ(answer.items[1].reason, "from the list Staff");
  EXPECT_EQ(answer.items[2].source, "recent");
  EXPECT_EQ(answer.items[2].reason, "like what you liked last");
  EXPECT_EQ(answer.items[2].item % 2, 0);
  EXPECT_EQ(answer.rung, "personal");
}

TEST(EngineRules, ARefusedFileLeavesTheOldRulesAndIsTold) {
  RecommendEngine engine(MakeBundle("ease"));
  const auto rules = std::make_shared<Rules>();
  rules->pins.push_back({"i99", 1, {}});
  engine.SetRules(rules, 7);
  engine.RefuseRules("line 3 is broken");
  const RulesState state = engine.rules_state();
  EXPECT_EQ(state.loaded_ms, 7);
  EXPECT_EQ(state.error, "line 3 is broken");
  EXPECT_THAT(state.warnings, testing::ElementsAre(HasSubstr("no item 'i99'")));
  engine.SetRules(std::make_shared<Rules>(), 8);
  EXPECT_EQ(engine.rules_state().error, "");
}

TEST(RulesFile, IsFollowedAndABrokenOneLeavesTheOldRules) {
  const TempDir dir;
  const std::filesystem::path path = dir.path() / "rules.toml";
  RecommendEngine engine(MakeBundle("ease"));
  RulesFile file(path, engine);
  file.Load(1);
  const auto first = [&](int64_t now_ms) {
    file.Poll(now_ms);
    return engine.Recommend("u2", 2).items.at(0).source;
  };
  EXPECT_EQ(first(2), "ease");
  WriteFileAtomic(path, "[[pin]]\nitem = 'i3'\nplace = 1");
  EXPECT_EQ(first(3), "pinned");
  EXPECT_EQ(engine.rules_state().loaded_ms, 3);
  WriteFileAtomic(path, "[[pin]]\nitem = 'i3'\nplaec = 1");
  EXPECT_EQ(first(4), "pinned");
  EXPECT_THAT(engine.rules_state().error, HasSubstr("unknown key 'pin 1.plaec'"));
  EXPECT_EQ(engine.rules_state().loaded_ms, 3);
  std::filesystem::remove(path);
  EXPECT_EQ(first(5), "ease");
  EXPECT_EQ(engine.rules_state().error, "");
}

TEST(EngineRules, ExploredListsAreNotKeptAndDifferByRequest) {
  RecommendEngine engine(MakeBundle("ease"));
  const auto rules = std::make_shared<Rules>();
  rules->exploration = {.share = 1, .protect = 0};
  engine.SetRules(rules, 0);
  std::set<int32_t> firsts;
  for (int i = 0; i < 30; ++i) {
    const RecommendQuery query{.user_id = "u2", .k = 1, .request_id = std::to_string(i)};
    const Recommended first = engine.Recommend(query).items.at(0);
    EXPECT_LT(first.propensity, 1);
    firsts.insert(first.item);
  }
  EXPECT_GT(firsts.size(), 3u);
}

}  // namespace
}  // namespace marquee
