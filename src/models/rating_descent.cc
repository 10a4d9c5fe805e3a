#include "models/rating_descent.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/random.h"
#include "models/early_stopping.h"
#include "models/rating_sampler.h"
#include "models/training.h"

namespace marquee {
namespace {

constexpr int64_t kRatingsOfOneHeldOut = 50;
constexpr int64_t kMostHeldOut = 20000;
constexpr double kSmallestVariance = 1e-6;

struct HeldOutRatings {
  struct Rating {
    int32_t user;
    int32_t item;
    float value;
  };
  Interactions train;
  std::vector<Rating> ratings;
};

// Each rating with the same probability.
HeldOutRatings HoldOutRatings(const Interactions& data, uint64_t seed) {
  const int64_t count = std::min(data.nnz() / kRatingsOfOneHeldOut, kMostHeldOut);
  Rng rng = Rng(seed).Fork(7);
  HeldOutRatings held_out;
  InteractionsBuilder builder(data.shared_users(), data.shared_items());
  builder.Reserve(data.nnz());
  for (int32_t user = 0; user < data.num_users(); ++user) {
    const SparseRow row = data.by_user().Row(user);
    for (size_t i = 0; i < row.size(); ++i) {
      if (rng.Below(static_cast<uint64_t>(data.nnz())) < static_cast<uint64_t>(count)) {
        held_out.ratings.push_back({user, row.columns[i], row.values[i]});
      } else {
        builder.Add(user, row.columns[i], row.values[i], row.times_s[i]);
      }
    }
  }
  builder.SetContentOf(data);
  held_out.train = builder.Build();
  return held_out;
}

double MeanSquareOf(const std::vector<HeldOutRatings::Rating>& ratings,
                    const RatingSampler& sampler) {
  double sum = 0;
  for (const auto& [user, item, value] : ratings)
    sum += std::pow(sampler.Predict(user, item) - value, 2);
  return sum / static_cast<double>(ratings.size());
}

// The sample whose intervals are those of noise of this variance: all weights of the fold-in grow
// alike, so means stay.
RatingSample WithNoise(RatingSample sample, double variance) {
  const double precision = 1 / std::max(variance, kSmallestVariance);
  for (float& value : sample.user_prior.precision) value *= static_cast<float>(precision);
  sample.noise_precision = precision;
  return sample;
}

}  // namespace

std::unique_ptr<RatingModel> TrainByDescent(const Interactions& data,
                                            const RatingDescentOptions& options,
                                            TrainObserver& observer) {
  RequireInteractions(data, options.model_type);
  HeldOutRatings held_out;
  if (options.patience > 0) held_out = HoldOutRatings(data, options.seed);
  const bool watched = !held_out.ratings.empty();
  ThreadPool pool(options.threads);
  RatingSampler sampler(watched ? held_out.train : data,
                        {.model_type = options.model_type,
                         .rank = options.factors,
                         .user_links = options.implicit,
                         .seed = options.seed},
                        pool);
  RatingModelState state = sampler.State();
  EarlyStopping stopping(watched ? options.patience : 0);
  for (int epoch = 1; epoch <= options.epochs; ++epoch) {
    sampler.Descend({.factors = options.regularization,
                     .biases = options.bias_regularization,
                     .links = options.link_regularization},
                    observer);
    const bool last = epoch == options.epochs;
    if (!watched) {
      if (last) state.samples.push_back(WithNoise(sampler.Snapshot(), sampler.MeanSquare()));
      observer.OnEpoch({.epoch = epoch, .epochs = options.epochs});
      continue;
    }
    const double square = MeanSquareOf(held_out.ratings, sampler);
    if (stopping.Improves(-std::sqrt(square))) state.samples.clear();
    if (state.samples.empty()) state.samples.push_back(WithNoise(sampler.Snapshot(), square));
    const bool stops = stopping.gives_up();
    observer.OnEpoch({.epoch = epoch,
                      .epochs = stops ? epoch : options.epochs,
                      .validation = -std::sqrt(square)});
    if (stops) break;
  }
  return std::make_unique<RatingModel>(options.model_type, data.shared_items(), std::move(state));
}

}  // namespace marquee
