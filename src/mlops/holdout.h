// Which ratings are held out of training, and how well they are predicted. Inside the module only.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "evaluation/evaluate.h"
#include "interactions/interactions.h"
#include "mlops/steps.h"
#include "models/model.h"

namespace marquee::mlops {

// One rating in ten, by the ids of user and title: always the same ones, so that a model which was
// trained on an earlier day never saw those of today.
bool IsHeldOut(std::string_view user_id, std::string_view item_id);

struct HeldOutRating {
  int32_t user;  // rows of the data
  int32_t item;
  float value;
  int64_t time_s;
};

struct RatingSplit {
  Interactions train;                   // dictionaries and content of all data
  std::vector<HeldOutRating> held_out;  // by user
};
RatingSplit SplitRatings(const Interactions& data);
// Whether there are two different ratings at least.
bool HasDifferentRatings(const Interactions& data);

// What is not predicted: a title that the model does not know.
inline constexpr float kNoPrediction = std::numeric_limits<float>::quiet_NaN();

// What `model` predicts of each of `held_out`, told of its user what `train` holds. Its items are
// matched by their ids.
std::vector<float> PredictRatings(const Model& model, const RatingSplit& split,
                                  const RatingsRun& run);

// The squared errors, in order; those without a prediction are left out.
std::vector<double> SquaredErrors(std::span<const float> predicted,
                                  std::span<const HeldOutRating> held_out);
// {"rmse": {"mean","stderr"}, "mae": likewise, "r2": {"mean"}} of those that are predicted; null
// without any.
Json RatingMetrics(std::span<const float> predicted, std::span<const HeldOutRating> held_out);

}  // namespace marquee::mlops
