// bayesian-fm: a Bayesian factorization machine, for the most accurate rating predictions.
#pragma once

#include <cstdint>
#include <memory>

#include "models/definition.h"
#include "models/rating_model.h"

namespace marquee {

struct BayesianFmOptions {
  int rank = 32;         // factors; more need more data and time (rank^2); 1..256
  int sweeps = 512;      // of the Gibbs sampler; fewer for a quick look; 2..100000
  int burn_in = 128;     // first sweeps, which are thrown away; below `sweeps`
  int samples = 64;      // kept of the others, evenly spaced: memory and prediction time grow with
                         // them, the error falls a little; 1..1000
  bool probit = true;    // ratings are ordered levels (1 to 5 stars), not numbers on a line; needs
                         // 2 to 20 different ones
  bool implicit = true;  // what somebody rated says something beside the rating, SVD++'s and
                         // flipped
  bool content = true;   // genres and decades of items
  bool user_features = true;  // what is known of users
  int day_bins = 1;           // days that share a time effect; 0: no time effect; 0..3650
  int threads = 1;
  uint64_t seed = 1;
  int64_t memory_bytes = 0;  // what training may take; 0: what the machine has free
};

// A rating by user u of item i on day t is
//   mu + (p_u + s_t) . q_i + b_u + b_t + b_i + noise,
//   [p_u, b_u] ~ N(m_U + sum over rated j of y_j / sqrt(n_u) + feature vectors, L_U^-1),
//   [q_i, b_i] ~ N(m_I + sum over raters v of z_v / sqrt(n_i) + genre and decade vectors, L_I^-1),
//   [s_t, b_t] ~ N(0, L_T^-1),
// with normal-Wishart priors on m and L, and y ~ N(0, (l L)^-1) and z, and the vectors of features,
// each kind with an l of its own. It is the factorization
// machine "timeSVD++ flipped" of Rendle, Zhang and Koren 2019 ("On the difficulty of evaluating
// baselines") without the products of two user features or of user and day, which few data
// support. Unlike libFM, which draws one coordinate at a time, a vector is drawn whole given all
// else (Salakhutdinov and Mnih 2008), and the linear models y and z by Macau's noise injection
// (Simm et al. 2017): fewer sweeps forget the start. As `probit`, the sum is the mean of a latent
// value that the rating's cutpoints enclose (Albert and Chib 1993).
//
// Cost: O(sweeps (nnz d^2 + (users + items) d^3)) time. Same data, options and seed: same bytes,
// for any number of threads. Throws invalid_argument for empty data or an option out of range;
// resource_exhausted, before any work, when it would not fit in memory; cancelled.
std::unique_ptr<RatingModel> TrainBayesianFm(const Interactions& data,
                                             const BayesianFmOptions& options,
                                             TrainObserver& observer);

const ModelDefinition& BayesianFmDefinition();

}  // namespace marquee
