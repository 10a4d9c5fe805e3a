// biased-mf: matrix factorization of ratings with biases by alternating least squares (Koren, Bell
// and Volinsky 2009, "Matrix factorization techniques for recommender systems", equation 5).
#pragma once

#include <cstdint>
#include <memory>

#include "models/definition.h"
#include "models/rating_model.h"

namespace marquee {

struct BiasedMfOptions {
  int factors = 16;            // more need more data and regularization; 1..256
  double regularization = 14;  // of factors: raise it for sparse data or when the best epoch comes
                               // early; 1e-3..1e6
  double bias_regularization = 3;  // of biases; 1e-3..1e6
  int epochs = 100;                // at most; 1..10000
  int patience = 3;  // epochs without a better RMSE of held-out ratings; 0: runs all epochs on all
                     // ratings; 0..1000
  int threads = 1;
  uint64_t seed = 1;
};

// r_ui = mu + b_u + b_i + p_u . q_i. Minimises the squared errors plus the ridges; see
// rating_descent.h for the steps, the ratings held out, cost and errors, and rating_model.h for
// what the model does. Quick, and behind bayesian-fm in quality.
std::unique_ptr<RatingModel> TrainBiasedMf(const Interactions& data, const BiasedMfOptions& options,
                                           TrainObserver& observer);

const ModelDefinition& BiasedMfDefinition();

}  // namespace marquee
