// Internal to bayesian-fm: the Gibbs sampler.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"
#include "base/thread_pool.h"
#include "interactions/interactions.h"
#include "kernels/gram.h"
#include "kernels/matrix.h"
#include "models/bayesian_fm.h"
#include "models/feature_links.h"
#include "models/normal_wishart.h"
#include "models/ordinal.h"

namespace marquee {

// The day, or bin of days, of a time.
int32_t BayesianFmDay(int64_t time_s, int day_bins);

// What the ratings of one vector are weighed against.
struct BayesianFmPrior {
  const GaussianPrior& common;
  std::span<const float> mean;  // of this vector
  float noise_precision;
};

// The conditional Gaussian of a vector w with targets[k] = rows.Row(indices[k]) . w + noise: its
// precision A = L + t sum x x^T, as Cholesky factor, and its mean A^-1 (L m + t sum target x).
// Throws failed_precondition when A is not positive definite in float32.
void SolveBayesianFm(const kernels::Matrix& rows, std::span<const int32_t> indices,
                     std::span<const float> targets, const BayesianFmPrior& prior,
                     kernels::SymmetricMatrix* factor, kernels::Scratch& scratch,
                     std::span<float> mean);
// Its two halves.
void FactorBayesianFm(const kernels::Matrix& rows, std::span<const int32_t> indices,
                      const BayesianFmPrior& prior, kernels::SymmetricMatrix* factor,
                      kernels::Scratch& scratch);
void MeanOfBayesianFm(const kernels::Matrix& rows, std::span<const int32_t> indices,
                      std::span<const float> targets, const BayesianFmPrior& prior,
                      const kernels::SymmetricMatrix& factor, std::span<float> mean);

// The state of one chain. Vectors of d = rank + 1: users and days hold [factors, bias], items
// [factors, bias] too; a rating is mean + (user + day) . [item factors, 1] + item bias + noise.
class BayesianFmSampler {
 public:
  // REQUIRES: `data` and `pool` outlive this.
  BayesianFmSampler(const Interactions& data, const BayesianFmOptions& options, ThreadPool& pool);

  // Draws every parameter once. The same bits for any number of threads.
  // O(nnz d^2 + (users + items) d^3) and what the links cost.
  void Sweep(int sweep, TrainObserver& observer);
  BayesianFmSample Snapshot() const;
  const std::vector<int32_t>& days() const { return day_numbers_; }
  double mean() const { return mean_; }
  const std::vector<double>& levels() const { return scale_.values; }

 private:
  // The ratings of each entity of a block, by numbers into those of all in user order.
  struct Grouping {
    std::vector<int64_t> offsets;
    std::vector<int32_t> ratings;
  };
  struct Block {
    kernels::Matrix vectors;
    GaussianPrior prior;
    Grouping grouping;
  };
  // Of one thread.
  struct Workspace {
    kernels::SymmetricMatrix equations;
    kernels::Scratch scratch;
    kernels::Matrix rows;  // of one entity, gathered
    std::vector<int32_t> indices;
    std::vector<float> targets, noise;
  };

  void ListRatings(const Interactions& data);
  void NumberDays(const Interactions& data);
  void Group(std::span<const int32_t> keys, size_t num_keys, Grouping* grouping) const;
  void FillRandomly(kernels::Matrix* matrix, uint64_t stream);
  void RefreshDesign();
  float Predict(size_t rating) const;
  // Noise, or the latent values and cutpoints of probit.
  void DrawNoise(const Rng& rng);
  void DrawLatents(const Rng& rng);
  void DrawBlock(int which, const kernels::Matrix& shifts, const Rng& rng);
  void DrawPriorOf(Block* block, FeatureLinks* links, bool zero_mean, const Rng& rng);
  void DrawVector(int which, size_t entity, const kernels::Matrix& shifts, Rng rng,
                  Workspace* workspace);
  void GatherRows(int which, std::span<const int32_t> ratings, Workspace* workspace) const;

  const BayesianFmOptions options_;
  ThreadPool& pool_;
  size_t d_;
  double mean_ = 0;
  double precision_ = 1;  // of the noise; 1 throughout for probit
  OrdinalScale scale_;    // empty for regression
  std::vector<int32_t> rating_user_, rating_item_, rating_day_;
  std::vector<float> ratings_;  // values; latent values for probit
  std::vector<int8_t> levels_;  // probit
  std::vector<int32_t> day_numbers_;
  Block blocks_[3];              // users, items, days
  kernels::Matrix item_design_;  // [item factors, 1]
  FeatureLinks user_links_, item_links_;
  std::vector<Workspace> workspaces_;
};

}  // namespace marquee
