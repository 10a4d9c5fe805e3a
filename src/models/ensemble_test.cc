#include "models/ensemble.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "base/error_matchers.h"
#include "base/files.h"
#include "models/blend_weights.h"
#include "models/members.h"
#include "models/planted.h"
#include "models/registry.h"
#include "models/training.h"

namespace marquee::ensemble_test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TrainRequest Request(std::map<std::string, std::string> settings) {
  settings.emplace("members", "ials,ease");
  settings.emplace("ials.factors", "8");
  settings.emplace("ials.epochs", "4");
  return {.type = "ensemble", .settings = std::move(settings), .seed = 3, .threads = 2};
}

std::unique_ptr<Model> Train(const TrainRequest& request, const Interactions& data) {
  NoTrainObserver observer;
  return TrainModel(request, data, observer);
}

std::vector<float> Scores(const Model& model, const SparseRow& history) {
  std::vector<float> scores(static_cast<size_t>(model.items().size()));
  model.Score(history, scores);
  return scores;
}

TEST(Ensemble, AMemberIsTheModelTrainedAlone) {
  const Interactions data = MakePlantedWorld();
  const auto model = Train(
      {.type = "ensemble", .settings = {{"members", "ease, item-content"}, {"ease.l2", "20"}}},
      data);
  const auto& ensemble = dynamic_cast<const EnsembleModel&>(*model);
  const auto ease = Train({.type = "ease", .settings = {{"l2", "20"}}}, data);
  EXPECT_EQ(ensemble.members()[0]->type(), "ease");
  const SparseRow history = data.by_user().Row(4);
  EXPECT_EQ(Scores(*ensemble.members()[0], history), Scores(*ease, history));
}

TEST(Ensemble, AScoreIsTheWeightedSumOfScaledScores) {
  const Interactions data = MakePlantedWorld();
  std::vector<std::unique_ptr<Model>> members;
  members.push_back(Train({.type = "ease"}, data));
  members.push_back(Train({.type = "most-popular"}, data));
  const SparseRow history = data.by_user().Row(4);
  const std::vector<float> first = Scores(*members[0], history);
  const std::vector<float> second = Scores(*members[1], history);
  const EnsembleModel model(data.shared_items(), std::move(members), {0.25, 0.75});
  const std::vector<float> blended = Scores(model, history);
  for (size_t i = 0; i < blended.size(); ++i) {
    EXPECT_NEAR(
        blended[i],
        0.25 * BlendScale(first) * double{first[i]} + 0.75 * BlendScale(second) * double{second[i]},
        1e-5);
  }
}

TEST(Ensemble, AFoldedUserIsTheModel) {
  const Interactions data = MakePlantedWorld();
  const auto model = Train(Request({}), data);
  const SparseRow history = data.by_user().Row(7);
  const auto user = model->Fold(history);
  std::vector<float> scores(static_cast<size_t>(data.num_items()));
  user->Score(scores);
  EXPECT_EQ(scores, Scores(*model, history));
  const std::vector<int32_t> items = {3, 50};
  const auto explanations = user->Explain(items, 3);
  ASSERT_THAT(explanations, SizeIs(2));
  for (size_t i = 0; i < items.size(); ++i) {
    const std::vector<ScoredItem> alone = model->Explain(history, items[i], 3);
    ASSERT_THAT(explanations[i], SizeIs(alone.size()));
    for (size_t p = 0; p < alone.size(); ++p) {
      EXPECT_EQ(explanations[i][p].item, alone[p].item);
      EXPECT_EQ(explanations[i][p].score, alone[p].score);
    }
  }
}

TEST(Ensemble, TheMemberThatKnowsMoreGetsMoreWeight) {
  // Popularity knows nothing of clusters.
  const Interactions data = MakePlantedWorld({.users_per_cluster = 100, .noise = 0.02});
  const auto model = Train(Request({{"members", "most-popular,ials"}, {"cutoff", "10"}}), data);
  const auto& ensemble = dynamic_cast<const EnsembleModel&>(*model);
  double ials = 0, sum = 0;
  for (size_t m = 0; m < ensemble.members().size(); ++m) {
    EXPECT_GT(ensemble.weights()[m], 0) << "a member without weight is not kept";
    sum += ensemble.weights()[m];
    if (ensemble.members()[m]->type() == "ials") ials = ensemble.weights()[m];
  }
  EXPECT_GT(ials, 0.6);
  EXPECT_NEAR(sum, 1, 1e-12);
}

TEST(Ensemble, WeightsComeBackFromTheFile) {
  const Interactions data = MakePlantedWorld();
  const auto model = Train(Request({}), data);
  const TempDir dir;
  SaveModel(*model, dir.path() / "model");
  const auto loaded = LoadModel(dir.path() / "model");
  EXPECT_EQ(dynamic_cast<const EnsembleModel&>(*loaded).weights(),
            dynamic_cast<const EnsembleModel&>(*model).weights());
}

TEST(Ensemble, MembersThatCannotBeAreRefused) {
  const Interactions data = MakePlantedWorld();
  const auto members = [&](const char* text) {
    return [&data, text] { Train({.type = "ensemble", .settings = {{"members", text}}}, data); };
  };
  EXPECT_THAT(members("ials,eas"), ThrowsError(Code::kInvalidArgument,
                                               HasSubstr("members is ials,eas: must be some of")));
  EXPECT_THAT(members("ials,ensemble"),
              ThrowsError(Code::kInvalidArgument, HasSubstr("without members of their own")));
  EXPECT_THAT(members("ials,ials"),
              ThrowsError(Code::kInvalidArgument, HasSubstr("ials is there twice")));
  EXPECT_THAT(members(""), ThrowsError(Code::kInvalidArgument, HasSubstr("members is ")));
}

TEST(Ensemble, SettingsOfMembersAreChecked) {
  const Interactions data = MakePlantedWorld();
  const auto set = [&](const char* key, const char* value) {
    return [&data, key, value] { Train({.type = "ensemble", .settings = {{key, value}}}, data); };
  };
  EXPECT_THAT(set("ials.factors", "0"),
              ThrowsError(Code::kInvalidArgument, HasSubstr("factors is 0: must be")));
  EXPECT_THAT(set("ials.factor", "8"),
              ThrowsError(Code::kInvalidArgument, HasSubstr("unknown setting 'ials.factor'")));
  EXPECT_THAT(set("most-popular.window_days", "8"),
              ThrowsError(Code::kInvalidArgument, HasSubstr("most-popular is not among")));
}

TEST(HoldOutUsers, TakesUsersOutWholeAndDividesThem) {
  const Interactions data = MakePlantedWorld();
  const HeldOutUsers held_out = HoldOutUsers(data, 8, 4);
  ASSERT_THAT(held_out.users, SizeIs(8));
  int64_t taken = 0;
  for (const HeldOutUsers::User& user : held_out.users) {
    const size_t all = user.columns.size() + user.targets.size();
    EXPECT_EQ(user.targets.size(), all / 5);
    EXPECT_TRUE(std::is_sorted(user.columns.begin(), user.columns.end()));
    for (const int32_t target : user.targets)
      EXPECT_FALSE(std::binary_search(user.columns.begin(), user.columns.end(), target));
    taken += static_cast<int64_t>(all);
  }
  EXPECT_EQ(held_out.train.nnz() + taken, data.nnz());
  EXPECT_EQ(held_out.train.num_items(), data.num_items());
}

TEST(HoldOutUsers, KeepsTheFeaturesOfUsers) {
  const Interactions data = MakePlantedWorld({.user_features = true});
  const HeldOutUsers held_out = HoldOutUsers(data, 8, 4);
  for (const HeldOutUsers::User& user : held_out.users) EXPECT_THAT(user.features, SizeIs(2));
  EXPECT_EQ(held_out.train.user_content().features, data.user_content().features);
}

TEST(Ensemble, AColdUsersListFollowsTheFeaturesOfAMemberThatKnowsThem) {
  const Interactions data = MakePlantedWorld({.user_features = true});
  TrainRequest request{.type = "ensemble", .seed = 3, .threads = 2};
  request.settings = {{"members", "hybrid,ease"}, {"hybrid.factors", "8"}, {"ease.l2", "20"}};
  const auto model = Train(request, data);
  ASSERT_TRUE(model->uses_user_features());
  std::vector<float> scores(static_cast<size_t>(data.num_items()));
  for (int clan = 0; clan < 4; ++clan) {
    model->FoldWith({}, std::vector<std::string>{StrCat("clan=", clan)})->Score(scores);
    int found = 0;
    for (const ScoredItem& best : BestItems(scores, -1, 10)) found += best.item % 4 == clan;
    EXPECT_GE(found, 9) << clan;
  }
}

TEST(HoldOutUsers, LeavesSmallDataWhole) {
  const Interactions data = MakePlantedWorld({.users_per_cluster = 2});
  const HeldOutUsers held_out = HoldOutUsers(data, 100, 4);
  EXPECT_THAT(held_out.users, IsEmpty());
  EXPECT_EQ(held_out.train.nnz(), data.nnz());
}

}  // namespace
}  // namespace marquee::ensemble_test
