// svdpp: matrix factorization of ratings with biases and implicit feedback (Koren 2008,
// "Factorization meets the neighborhood", SVD++, section 4).
#pragma once

#include <cstdint>
#include <memory>

#include "models/definition.h"
#include "models/rating_model.h"

namespace marquee {

struct SvdppOptions {
  int factors = 16;            // more need more data and regularization; 1..256
  double regularization = 18;  // of factors: raise it for sparse data or when the best epoch comes
                               // early; 1e-3..1e6
  double bias_regularization = 3;    // of biases; 1e-3..1e6
  double link_regularization = 100;  // of the y_j: as high as they speak little; 1e-3..1e6
  int epochs = 100;                  // at most; 1..10000
  int patience = 3;  // epochs without a better RMSE of held-out ratings; 0: runs all epochs on all
                     // ratings; 0..1000
  int threads = 1;
  uint64_t seed = 1;
};

// r_ui = mu + b_u + b_i + (p_u + sum over rated j of y_j / sqrt(n_u)) . q_i, where the y_j shift
// the bias too. By least squares instead of Koren's stochastic gradients: the same minimum sought,
// without learning rates and with all cores. See rating_descent.h for the steps, the ratings held
// out, cost and errors, and rating_model.h for what the model does.
std::unique_ptr<RatingModel> TrainSvdpp(const Interactions& data, const SvdppOptions& options,
                                        TrainObserver& observer);

const ModelDefinition& SvdppDefinition();

}  // namespace marquee
