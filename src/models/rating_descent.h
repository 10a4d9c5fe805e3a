// Internal to biased-mf and svdpp: a model of ratings by alternating least squares.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "models/rating_model.h"

namespace marquee {

struct RatingDescentOptions {
  std::string model_type;
  int factors = 32;
  double regularization = 1;       // of factors, beside the squared errors
  double bias_regularization = 1;  // of biases
  bool implicit = false;           // y_j of svdpp
  double link_regularization = 1;  // of the y_j
  int epochs = 1;                  // at most
  int patience = 0;  // epochs without a better RMSE of held-out ratings; 0: nothing is held out
  int threads = 1;
  uint64_t seed = 1;
};

// Minimises the squared errors and ridges by users, y_j, and items in turn, each exactly. With
// patience, a fiftieth of the ratings, 20,000 at most, is held out by `seed`, and the epoch that
// predicts them best is kept. The noise of the intervals is the mean square error of those ratings
// (of the training without any). The same bits for any number of threads.
// O(epochs (nnz d^2 + (users + items) d^3)).
//
// Throws invalid_argument for empty data or an option out of range; failed_precondition when the
// equations are not positive definite in float32; cancelled.
std::unique_ptr<RatingModel> TrainByDescent(const Interactions& data,
                                            const RatingDescentOptions& options,
                                            TrainObserver& observer);

}  // namespace marquee
