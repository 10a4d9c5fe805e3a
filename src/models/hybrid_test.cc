#include "models/hybrid.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error_matchers.h"
#include "base/files.h"
#include "models/hybrid_trainer.h"
#include "models/planted.h"
#include "models/registry.h"
#include "models/training.h"

namespace marquee::hybrid_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

NoTrainObserver no_observer;

// Of a hundred items, thirty trials would find one that ranks too high nearly always.
HybridOptions Small() {
  return {.factors = 8,
          .epochs = 15,
          .patience = 0,
          .fold_in_l2 = 3,
          .max_trials = 10,
          .seed = 7,
          .threads = 2};
}

const std::vector<std::string> kLosses = {"logistic", "bpr", "warp", "warp-kos"};

void ExpectRefused(const HybridOptions& options, const std::string& message) {
  EXPECT_THAT([&] { TrainHybrid(MakePlantedWorld(), options, no_observer); },
              ThrowsError(Code::kInvalidArgument, message));
}

TEST(TrainHybrid, RefusesAnOptionOutOfRangeByName) {
  ExpectRefused({.factors = 4097}, "factors is 4097: must be 1 to 4096");
  ExpectRefused({.loss = "hinge"},
                "loss is 'hinge': must be one of: logistic, bpr, warp, warp-kos");
  ExpectRefused({.features = "none"}, "features is 'none': must be one of: all, ids, content");
  ExpectRefused({.optimizer = "sgd"}, "optimizer is 'sgd': must be one of: adagrad, adadelta");
  ExpectRefused({.max_trials = 0}, "max_trials is 0: must be 1 to 1000");
  ExpectRefused({.kos_k = 0}, "kos_k is 0: must be 1 to 1000");
}

TEST(TrainHybrid, RefusesContentAloneWhereThereIsNone) {
  InteractionsBuilder builder;
  builder.Add(builder.AddUser("u"), builder.AddItem("i"), 1, 0);
  const Interactions data = builder.Build();
  HybridOptions options = Small();
  options.features = "content";
  EXPECT_THAT([&] { TrainHybrid(data, options, no_observer); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("no item has a genre or a year")));
}

// Items a (drama, 1994), b (DRAMA and comedy, no year), c (nothing known, never met).
TEST(HybridFeatures, AreTheItemItsGenresAndItsDecade) {
  InteractionsBuilder builder;
  for (const char* item : {"a", "b", "c"}) builder.AddItem(item);
  builder.AddUser("u");
  builder.Add(0, 0, 1, 0);
  builder.Add(0, 1, 1, 0);
  builder.SetContent({{}, {{"Drama"}, {" DRAMA", "Comedy", "drama"}, {}}, {1994, 0, 0}});
  const Interactions data = builder.Build();
  const HybridFeatures all(data, {});
  EXPECT_THAT(all.names(), ElementsAre("decade:1990", "genre:comedy", "genre:drama"));
  EXPECT_THAT(all.Of(0), ElementsAre(0, 3, 5));
  EXPECT_THAT(all.Of(1), ElementsAre(1, 4, 5));
  EXPECT_THAT(all.Of(2), testing::IsEmpty());
  EXPECT_THAT(HybridFeatures(data, {.content = false}).Of(1), ElementsAre(1));
  EXPECT_THAT(HybridFeatures(data, {.ids = false}).Of(1), ElementsAre(4, 5));
}

TEST(PullOf, IsTheSlopeOfTheLoss) {
  const float weight = 2.5f;
  for (const std::string& name : kLosses) {
    const HybridLoss loss = HybridLossOf(name);
    for (const auto& [positive, negative] : {std::pair{0.3f, -0.2f}, {-1.5f, 2.0f}, {4.0f, 0.5f}}) {
      const float h = 1e-2f;
      const auto at = [&](float p, float n) { return PullOf(loss, p, n, weight).loss; };
      const HybridPull pull = PullOf(loss, positive, negative, weight);
      EXPECT_NEAR(pull.positive,
                  -(at(positive + h, negative) - at(positive - h, negative)) / (2 * h), 2e-3)
          << name;
      EXPECT_NEAR(pull.negative,
                  -(at(positive, negative + h) - at(positive, negative - h)) / (2 * h), 2e-3)
          << name;
    }
  }
}

// The loss of a sample as a function of all embeddings, in double precision.
double LossOf(const HybridSample& sample, const HybridFeatures& features, const HybridState& state,
              double l2) {
  const auto user = state.users.values.Row(static_cast<size_t>(sample.user));
  const auto score = [&](int32_t item) {
    double sum = 0;
    for (const int32_t feature : features.Of(item)) {
      const auto row = state.features.values.Row(static_cast<size_t>(feature));
      for (size_t f = 0; f < row.size(); ++f) sum += static_cast<double>(user[f]) * row[f];
    }
    return sum;
  };
  double loss = std::log1p(std::exp(score(sample.negative) - score(sample.positive)));
  for (size_t f = 0; f + 1 < user.size(); ++f) loss += l2 / 2 * user[f] * user[f];
  for (const int32_t item : {sample.positive, sample.negative}) {
    for (const int32_t feature : features.Of(item)) {
      for (const float x : state.features.values.Row(static_cast<size_t>(feature)))
        loss += l2 / 2 * x * x;
    }
  }
  return loss;
}

// Adagrad's first step: squares = 1 + g^2, so both tell the gradient that was taken.
TEST(HybridTrainer, LearnsByTheGradientThroughTheFeatures) {
  const Interactions data = MakePlantedWorld();
  HybridOptions options = Small();
  options.loss = "bpr";
  options.init_stddev = 2;
  options.l2 = 0.2;
  const HybridFeatures features(data, {});
  ThreadPool pool(1);
  HybridTrainer trainer(data, features, options, pool);
  const auto fresh = [&] {
    return InitialHybridState({data.num_users(), features.size()}, options);
  };
  const HybridState before = fresh();
  HybridState after = fresh();
  trainer.RefreshItems(after);
  HybridSample sample = {.user = 3, .positive = 5, .negative = 10, .pull = {}};
  const auto score = [&](int32_t item) {
    const auto user = before.users.values.Row(3);
    const auto row = trainer.items().Row(static_cast<size_t>(item));
    return std::inner_product(user.begin(), user.end(), row.begin(), 0.0f);
  };
  sample.pull = PullOf(HybridLoss::kBpr, score(5), score(10), 1);
  trainer.Learn(std::span(&sample, 1), &after);
  const auto check = [&](HybridRows HybridState::*side, size_t row, size_t columns) {
    for (size_t f = 0; f < columns; ++f) {
      HybridState moved = fresh();
      float& value = (moved.*side).values.Row(row)[f];
      value += 1e-2f;
      const double above = LossOf(sample, features, moved, options.l2);
      value -= 2e-2f;
      const double ascent = -(above - LossOf(sample, features, moved, options.l2)) / 2e-2;
      EXPECT_NEAR((after.*side).squares.Row(row)[f], 1 + ascent * ascent, 2e-3)
          << "row " << row << ", " << f;
      EXPECT_NEAR((after.*side).values.Row(row)[f] - (before.*side).values.Row(row)[f],
                  options.learning_rate * ascent / std::sqrt(1 + ascent * ascent), 1e-4);
    }
  };
  check(&HybridState::users, 3, 8);
  for (const int32_t item : {5, 10}) {
    for (const int32_t feature : features.Of(item))
      check(&HybridState::features, static_cast<size_t>(feature), 9);
  }
}

TEST(HybridTrainer, EveryLossFalls) {
  const Interactions data = MakePlantedWorld();
  const HybridFeatures features(data, {});
  ThreadPool pool(2);
  for (const std::string& loss : kLosses) {
    for (const auto& [optimizer, rate] : {std::pair{"adagrad", 0.05}, {"adadelta", 1.0}}) {
      HybridOptions options = Small();
      options.loss = loss;
      options.optimizer = optimizer;
      options.learning_rate = rate;
      HybridTrainer trainer(data, features, options, pool);
      HybridState state = InitialHybridState({data.num_users(), features.size()}, options);
      const double first = trainer.Epoch(1, no_observer, &state);
      double last = 0;
      for (int epoch = 2; epoch <= 15; ++epoch) last = trainer.Epoch(epoch, no_observer, &state);
      EXPECT_LT(last, 0.75 * first) << loss << " by " << optimizer;
    }
  }
}

std::string Bytes(const Model& model) {
  const TempDir dir;
  SaveModel(model, dir.path() / "model");
  return ReadFile(dir.path() / "model");
}

TEST(TrainHybrid, SameSeedGivesSameBytesForAnyNumberOfThreads) {
  const Interactions data = MakePlantedWorld({.users_per_cluster = 400});  // batches of 200
  for (const std::string& loss : kLosses) {
    HybridOptions one = Small();
    one.epochs = 2;
    one.loss = loss;
    one.threads = 1;
    HybridOptions three = one;
    three.threads = 3;
    HybridOptions other_seed = one;
    other_seed.seed = 8;
    const std::string bytes = Bytes(*TrainHybrid(data, one, no_observer));
    EXPECT_EQ(bytes, Bytes(*TrainHybrid(data, three, no_observer))) << loss;
    EXPECT_NE(bytes, Bytes(*TrainHybrid(data, other_seed, no_observer))) << loss;
  }
}

// Item 99 has no interaction, and is of cluster 3.
TEST(HybridModel, RanksAnItemThatNobodyMetWithItsKind) {
  const Interactions data = MakePlantedWorld();
  ASSERT_EQ(data.by_item().Row(99).size(), 0u);
  for (const char* features : {"all", "content"}) {
    HybridOptions options = Small();
    options.features = features;
    const auto model = TrainHybrid(data, options, no_observer);
    std::vector<float> scores(100);
    for (int32_t user = 0; user < 40; ++user) {
      model->Score(data.by_user().Row(user), scores);
      const auto foreign = static_cast<size_t>((user + 1) % 4 + 40);
      if (user % 4 == 3) {
        EXPECT_GT(scores[99], scores[foreign]) << features << ", user " << user;
      }
      if (user % 4 == 0) {
        EXPECT_LT(scores[99], scores[40]) << features << ", user " << user;
      }
    }
    EXPECT_EQ(model->SimilarItems(99, 1)[0].item % 4, 3);
  }
}

TEST(HybridModel, IdsAloneKnowNothingOfAnItemThatNobodyMet) {
  HybridOptions options = Small();
  options.features = "ids";
  const auto model = TrainHybrid(MakePlantedWorld(), options, no_observer);
  EXPECT_THAT(model->space().vectors().Row(99), testing::Each(0.0f));
}

TEST(HybridModel, SomebodyWithoutHistoryGetsWhatIsPopular) {
  const Interactions data = MakePlantedWorld();
  const auto model = TrainHybrid(data, Small(), no_observer);
  std::vector<float> scores(100);
  model->Score({}, scores);
  double together = 0;
  for (int32_t item = 0; item < 99; ++item) {
    const auto met = static_cast<double>(data.by_item().Row(item).size());
    together += (met - 16) * scores[static_cast<size_t>(item)];
  }
  EXPECT_GT(together, 20);
}

// Of the first ten items of each user, over four seeds, those that the user met in training: what
// warp learns from. Of items not met yet there is nothing to tell but the cluster in this world,
// and there logistic is as good or better.
TEST(TrainHybrid, WarpPutsMoreOfWhatWasMetAtTheTopThanLogistic) {
  const Interactions data = MakePlantedWorld({.items_per_cluster = 100, .noise = 0.3});
  const auto met_at_top = [&](const char* loss) {
    int met = 0;
    for (uint64_t seed = 1; seed <= 4; ++seed) {
      HybridOptions options = Small();
      options.loss = loss;
      options.seed = seed;
      const auto model = TrainHybrid(data, options, no_observer);
      std::vector<float> scores(static_cast<size_t>(data.num_items()));
      for (int32_t user = 0; user < data.num_users(); ++user) {
        const SparseRow history = data.by_user().Row(user);
        model->Score(history, scores);
        for (const ScoredItem& best : BestItems(scores, -1, 10))
          met += std::binary_search(history.columns.begin(), history.columns.end(), best.item);
      }
    }
    return met;
  };
  const int warp = met_at_top("warp"), logistic = met_at_top("logistic");
  EXPECT_GT(warp, logistic * 11 / 10);
}

// The share of the ten best items for a user without history that are of the clan named.
double OfClan(const Model& model, int clan) {
  const std::vector<std::string> features = {"clan=" + std::to_string(clan)};
  std::vector<float> scores(static_cast<size_t>(model.items().size()));
  model.FoldWith({}, features)->Score(scores);
  double found = 0;
  for (const ScoredItem& best : BestItems(scores, -1, 10)) found += best.item % 4 == clan;
  return found / 10;
}

TEST(HybridModel, AColdUsersListFollowsTheFeatures) {
  const auto model = TrainHybrid(MakePlantedWorld({.user_features = true}), Small(), no_observer);
  for (int clan = 0; clan < 4; ++clan) EXPECT_GE(OfClan(*model, clan), 0.9) << clan;
}

TEST(HybridModel, WithoutUserFeaturesAColdUserGetsTheBiases) {
  HybridOptions options = Small();
  options.user_features = false;
  const auto model = TrainHybrid(MakePlantedWorld({.user_features = true}), options, no_observer);
  EXPECT_FALSE(model->uses_user_features());
  std::vector<float> scores(model->space().biases().size());
  model->FoldWith({}, std::vector<std::string>{"clan=1"})->Score(scores);
  EXPECT_EQ(scores, model->space().biases());
}

TEST(HybridModel, PartialFitKeepsWhatFeaturesOfUsersSay) {
  const Interactions data = MakePlantedWorld({.user_features = true});
  const auto next = TrainHybrid(data, Small(), no_observer)->PartialFit(data, 2, no_observer);
  for (int clan = 0; clan < 4; ++clan) EXPECT_GE(OfClan(*next, clan), 0.9) << clan;
}

TEST(HybridModel, PartialFitTakesNewItemsAndGenres) {
  const Interactions data = MakePlantedWorld();
  const auto model = TrainHybrid(data, Small(), no_observer);
  InteractionsBuilder builder(data.shared_users(), data.shared_items());
  ItemContent content = data.content();
  const int32_t added = builder.AddItem("new-0");
  content.titles.push_back("Another");
  content.genres.push_back({"Genre0", "Brand New"});
  content.years.push_back(1960);
  builder.SetContent(std::move(content));
  for (int32_t user = 0; user < data.num_users(); ++user) {
    const SparseRow row = data.by_user().Row(user);
    for (size_t i = 0; i < row.size(); ++i)
      builder.Add(user, row.columns[i], row.values[i], row.times_s[i]);
  }
  const auto next = model->PartialFit(builder.Build(), 2, no_observer);
  ASSERT_EQ(next->items().size(), 101);
  std::vector<float> own(101), foreign(101);
  next->Score(data.by_user().Row(4), own);
  next->Score(data.by_user().Row(5), foreign);
  EXPECT_GT(own[static_cast<size_t>(added)], foreign[static_cast<size_t>(added)]);
}

}  // namespace
}  // namespace marquee::hybrid_test
