#include "models/ranker.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "base/error_matchers.h"
#include "models/members.h"
#include "models/planted.h"
#include "models/registry.h"

namespace marquee::ranker_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::unique_ptr<Model> Train(std::map<std::string, std::string> settings,
                             const Interactions& data) {
  settings.emplace("rounds", "30");
  NoTrainObserver observer;
  return TrainModel({.type = "ranker", .settings = std::move(settings), .seed = 2, .threads = 2},
                    data, observer);
}

std::vector<float> Scores(const Model& model, const SparseRow& history) {
  std::vector<float> scores(static_cast<size_t>(model.items().size()));
  model.Score(history, scores);
  return scores;
}

TEST(Ranker, CandidatesStandAboveAllOthers) {
  const Interactions data = MakePlantedWorld();
  const auto ranker = Train({{"members", "ease"}, {"candidates", "12"}}, data);
  NoTrainObserver observer;
  const auto ease = TrainModel({.type = "ease"}, data, observer);
  const SparseRow history = data.by_user().Row(6);
  std::vector<float> first = Scores(*ease, history), second = Scores(*ranker, history);
  for (const int32_t seen : history.columns)
    first[static_cast<size_t>(seen)] = second[static_cast<size_t>(seen)] = -INFINITY;
  const auto best = [](const std::vector<float>& scores) {
    std::vector<int32_t> order(scores.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int32_t>(i);
    std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
      return scores[static_cast<size_t>(a)] > scores[static_cast<size_t>(b)];
    });
    order.resize(12);
    std::sort(order.begin(), order.end());
    return order;
  };
  EXPECT_EQ(best(first), best(second));
}

// Users like the films of one of two years, which popularity, the only member, cannot tell.
TEST(Ranker, LearnsWhatMembersDoNotSay) {
  Rng rng(8);
  InteractionsBuilder builder;
  ItemContent content;
  for (int i = 0; i < 120; ++i) {
    builder.AddItem(StrCat("i", i));
    content.titles.push_back(StrCat("Title ", i));
    content.genres.push_back({});
    content.years.push_back(i % 2 == 0 ? 1990 : 1950);
  }
  builder.SetContent(std::move(content));
  for (int u = 0; u < 300; ++u) {
    const int32_t user = builder.AddUser(StrCat("u", u));
    const int parity = u % 2;
    for (int n = 0; n < 15; ++n)
      builder.Add(user, static_cast<int32_t>(2 * rng.Below(60)) + parity, 1, n);
  }
  const Interactions data = builder.Build();
  const auto ranker =
      Train({{"members", "most-popular"}, {"candidates", "119"}, {"min_weight", "1"}}, data);
  int inside = 0;
  for (int32_t user = 0; user < 100; ++user) {
    std::vector<float> scores = Scores(*ranker, data.by_user().Row(user));
    for (const int32_t seen : data.by_user().Row(user).columns)
      scores[static_cast<size_t>(seen)] = -INFINITY;
    const auto best = std::max_element(scores.begin(), scores.end());
    inside += (best - scores.begin()) % 2 == user % 2;
  }
  EXPECT_GE(inside, 95) << "of 100; popularity alone finds half";
}

TEST(Ranker, AFoldedUserIsTheModel) {
  const Interactions data = MakePlantedWorld();
  const auto ranker = Train({{"members", "ease,item-content"}}, data);
  const SparseRow history = data.by_user().Row(3);
  const auto user = ranker->Fold(history);
  std::vector<float> scores(static_cast<size_t>(data.num_items()));
  user->Score(scores);
  EXPECT_EQ(scores, Scores(*ranker, history));
}

TEST(Ranker, RefusesMembersWithMembers) {
  const Interactions data = MakePlantedWorld();
  EXPECT_THAT(
      [&] {
        Train({{"members", "ease,ensemble"}}, data);
      },
      ThrowsError(Code::kInvalidArgument, HasSubstr("without members of their own")));
  EXPECT_THAT(
      [&] {
        Train({{"members", "ranker"}}, data);
      },
      ThrowsError(Code::kInvalidArgument, HasSubstr("without members of their own")));
}

TEST(RankerItems, CountsAllAndTheNewestTenth) {
  InteractionsBuilder builder;
  for (int u = 0; u < 5; ++u) builder.AddUser(StrCat("u", u));
  builder.AddItem("old");
  builder.AddItem("new");
  for (int u = 0; u < 4; ++u) builder.Add(u, 0, 1, u);
  builder.Add(4, 1, 1, 100);
  const RankerItems items(builder.Build());
  EXPECT_THAT(items.popularity, ElementsAre(std::log1p(4.0f), std::log1p(1.0f)));
  EXPECT_THAT(items.trend, ElementsAre(0, std::log1p(1.0f)));
  EXPECT_THAT(items.years, ElementsAre(0, 0));
  EXPECT_THAT(items.genre_offsets, ElementsAre(0, 0, 0));
}

TEST(UserFolds, HoldEachUserOnce) {
  const Interactions data = MakePlantedWorld();
  const auto folds = UserFolds(data, 3, 100000, 5);
  ASSERT_THAT(folds, SizeIs(3));
  std::vector<int32_t> all;
  for (const auto& fold : folds) all.insert(all.end(), fold.begin(), fold.end());
  std::sort(all.begin(), all.end());
  EXPECT_EQ(std::unique(all.begin(), all.end()), all.end());
  EXPECT_EQ(static_cast<int32_t>(all.size()), data.num_users());
}

TEST(UserFolds, AreEmptyWhereThereAreTooFewUsers) {
  const auto folds = UserFolds(MakePlantedWorld({.clusters = 1, .users_per_cluster = 4}), 3, 99, 5);
  EXPECT_THAT(folds, testing::Each(IsEmpty()));
}

}  // namespace
}  // namespace marquee::ranker_test
