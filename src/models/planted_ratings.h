// For tests: ratings whose structure is known.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"
#include "models/model.h"

namespace marquee {

struct Asked {
  int32_t user;
  RatingQuery query;
  float value;
};

struct RatingWorld {
  Interactions train;
  std::vector<Asked> asked;
};

// 200 users and 60 items of two factors; a rating is 3 + bias + factors + noise of .3, whole and
// within 1..5 for `stars`. Every tenth is asked for. On odd days all ratings are `day_effect`
// higher; people of the feature "mood=good", every third, rate `feature_effect` higher.
inline RatingWorld MakeRatings(bool stars, double day_effect = 0, double feature_effect = 0) {
  Rng rng(11);
  const auto normals = [&](size_t n, double stddev) {
    std::vector<double> values(n);
    for (double& value : values) value = stddev * rng.Normal();
    return values;
  };
  const auto users = normals(400, 0.9), items = normals(120, 0.9), biases = normals(60, 0.4);
  InteractionsBuilder builder;
  RatingWorld world;
  for (int i = 0; i < 60; ++i) builder.AddItem("i" + std::to_string(i));
  int count = 0;
  for (int32_t u = 0; u < 200; ++u) {
    builder.AddUser("u" + std::to_string(u));
    for (int32_t i = 0; i < 60; ++i) {
      if (rng.Uniform() < 0.5) continue;
      const auto a = static_cast<size_t>(2 * u), b = static_cast<size_t>(2 * i);
      const auto day = static_cast<int64_t>(rng.Below(10));
      double value = 3 + biases[static_cast<size_t>(i)] + users[a] * items[b] +
                     users[a + 1] * items[b + 1] + 0.3 * rng.Normal() +
                     (day % 2 == 1 ? day_effect : 0) + (u % 3 == 0 ? feature_effect : 0);
      if (stars) value = std::clamp(std::round(value), 1.0, 5.0);
      const Asked one = {u, {i, day * 86400}, static_cast<float>(value)};
      if (++count % 10 == 0) {
        world.asked.push_back(one);
      } else {
        builder.Add(u, i, one.value, one.query.time_s);
      }
    }
  }
  UserContent people;
  for (int32_t u = 0; u < 200; ++u)
    people.features.push_back({u % 3 == 0 ? "mood=good" : "mood=plain"});
  if (feature_effect != 0) builder.SetUserContent(std::move(people));
  world.train = builder.Build();
  return world;
}

struct Quality {
  double rmse = 0;
  double inside = 0;  // share of ratings within their interval
};

inline Quality Measure(const Model& model, const RatingWorld& world) {
  Quality quality;
  for (const Asked& asked : world.asked) {
    const std::vector<RatingQuery> queries = {asked.query};
    const auto history = world.train.by_user().Row(asked.user);
    const RatingPrediction rating = model.PredictRatings(history, queries).at(0);
    quality.rmse += std::pow(rating.mean - asked.value, 2);
    quality.inside += rating.low <= asked.value && asked.value <= rating.high;
  }
  const auto n = static_cast<double>(world.asked.size());
  return {std::sqrt(quality.rmse / n), quality.inside / n};
}

}  // namespace marquee
