// What a model of ratings must beat. Inside the module only.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "mlops/holdout.h"

namespace marquee::mlops {

// What means of the training part predict of each held-out rating: "mean" of all, "user_mean",
// "item_mean" (that of all for who has none), and "biases": mean + item's deviation + user's
// deviation, drawn to 0 where there are few (Koren 2010, "Factor in the neighbors", section 2.1:
// 25 and 10 ratings).
std::vector<std::pair<std::string, std::vector<float>>> BaselinePredictions(
    const RatingSplit& split);

}  // namespace marquee::mlops
