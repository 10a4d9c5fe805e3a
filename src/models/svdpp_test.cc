#include "models/svdpp.h"

#include <gmock/gmock.h>

#include <cmath>

#include "models/biased_mf.h"
#include "models/planted_ratings.h"

namespace marquee::svdpp_test {
namespace {

NoTrainObserver no_observer;

// 200 users of two kinds. All rate six of their kind's ten items, each with 3; which ones they are
// is all that tells the kinds apart. The last item gets 5 of one kind and 1 of the other; every
// fourth user is asked for it.
RatingWorld MarkedWorld() {
  RatingWorld world;
  Rng rng(5);
  InteractionsBuilder builder;
  for (int item = 0; item < 21; ++item) builder.AddItem("i" + std::to_string(item));
  for (int u = 0; u < 200; ++u) {
    const int32_t user = builder.AddUser("u" + std::to_string(u));
    const int kind = u % 2;
    std::vector<int32_t> own(10);
    for (int32_t i = 0; i < 10; ++i) own[static_cast<size_t>(i)] = 10 * kind + i;
    rng.Shuffle(std::span(own));
    for (size_t i = 0; i < 6; ++i) builder.Add(user, own[i], 3, 0);
    const float value = kind == 0 ? 5 : 1;
    if (u % 8 < 2) {
      world.asked.push_back({user, {20, 0}, value});
    } else {
      builder.Add(user, 20, value, 0);
    }
  }
  world.train = builder.Build();
  return world;
}

TEST(TrainSvdpp, WhatWasRatedTellsWhereRatingsCannot) {
  const RatingWorld world = MarkedWorld();
  const auto with = TrainSvdpp(world.train,
                               {.factors = 2,
                                .regularization = 1,
                                .bias_regularization = 1,
                                .link_regularization = 1,
                                .patience = 0},
                               no_observer);
  const auto without = TrainBiasedMf(
      world.train, {.factors = 2, .regularization = 1, .bias_regularization = 1, .patience = 0},
      no_observer);
  EXPECT_LT(Measure(*with, world).rmse, 0.6);
  EXPECT_GT(Measure(*without, world).rmse, 1.5);
}

TEST(TrainSvdpp, ComesNearTheNoiseAndKnowsHowNear) {
  const RatingWorld world = MakeRatings(false);
  const auto model = TrainSvdpp(world.train,
                                {.factors = 2,
                                 .regularization = 0.3,
                                 .bias_regularization = 0.3,
                                 .link_regularization = 10,
                                 .threads = 2},
                                no_observer);
  const Quality quality = Measure(*model, world);
  EXPECT_LT(quality.rmse, 0.4);
  EXPECT_NEAR(quality.inside, 0.9, 0.05);
}

}  // namespace
}  // namespace marquee::svdpp_test
