// Internal to the models of ratings: their parameters, drawn (Gibbs) or descended to (least
// squares).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/thread_pool.h"
#include "interactions/interactions.h"
#include "kernels/gram.h"
#include "kernels/matrix.h"
#include "models/feature_links.h"
#include "models/normal_wishart.h"
#include "models/ordinal.h"
#include "models/rating_model.h"
#include "models/rating_vector.h"

namespace marquee {

struct RatingSamplerOptions {
  std::string_view model_type;  // for errors
  int rank = 32;
  bool probit = false;
  bool user_links = false;  // implicit feedback of users; of items
  bool item_links = false;
  bool content = false;  // of items
  bool user_features = false;
  int day_bins = 0;
  uint64_t seed = 1;
};

// What the squares of parameters weigh beside the squared errors.
struct RatingRidge {
  double factors;
  double biases;
  double links;
};

// The state of one chain. Vectors of d = rank + 1: users and days hold [factors, bias], items
// [factors, bias] too; a rating is mean + (user + day) . [item factors, 1] + item bias + noise.
class RatingSampler {
 public:
  // REQUIRES: `data` and `pool` outlive this.
  RatingSampler(const Interactions& data, const RatingSamplerOptions& options, ThreadPool& pool);

  // Draws every parameter once, but links, which take most of the time, in turn: those of users in
  // even sweeps, those of items in odd ones. The same bits for any number of threads.
  // O(nnz d^2 + (users + items) d^3) and what the links cost.
  void Sweep(int sweep, TrainObserver& observer);
  // Minimises the squared errors with that ridge by each block in turn: alternating least squares.
  // O() as Sweep. REQUIRES: no Sweep before or after, no probit, no days.
  void Descend(const RatingRidge& ridge, TrainObserver& observer);
  // Of the training ratings.
  double MeanSquare();
  // Without the effect of a day.
  float Predict(int32_t user, int32_t item) const;
  RatingSample Snapshot() const;
  // All of the model but the samples.
  RatingModelState State() const;

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
    kernels::Matrix rows;          // of one item, gathered
    std::vector<int32_t> indices;  // of the rows that an entity meets, in `rows` or among the items
    std::vector<float> targets, noise;
  };

  void ListRatings(const Interactions& data);
  void NumberDays(const Interactions& data);
  void Group(std::span<const int32_t> keys, size_t num_keys, Grouping* grouping) const;
  void FillRandomly(kernels::Matrix* matrix, uint64_t stream);
  void RefreshDesign();
  // Also keeps the day's part of it.
  float Predict(size_t rating);
  // Noise, or the latent values and cutpoints of probit.
  void DrawNoise(const Rng& rng);
  void DrawLatents(const Rng& rng);
  void DrawBlock(int which, const kernels::Matrix& shifts, const Rng& rng);
  // Draws the links too, if there are any and `draws_links`.
  struct PriorStep {
    FeatureLinks* links;
    bool draws_links;
    bool zero_mean;
  };
  void DrawPriorOf(Block* block, const PriorStep& step, const Rng& rng);
  void DrawVector(int which, size_t entity, const kernels::Matrix& shifts, Rng rng,
                  Workspace* workspace);
  // Lists the rows that a vector of this block meets, and what is left of the ratings for it;
  // returns the matrix that they are of.
  const kernels::Matrix& GatherItems(int which, std::span<const int32_t> ratings,
                                     Workspace* workspace) const;
  const kernels::Matrix& GatherUsers(std::span<const int32_t> ratings, Workspace* workspace) const;

  const RatingSamplerOptions options_;
  const UserFeatureIndex user_features_;
  bool draws_ = true;  // or takes the conditional means
  ThreadPool& pool_;
  size_t d_;
  double mean_ = 0;
  double lowest_ = 0, highest_ = 0;
  double precision_ = 1;  // of the noise; 1 throughout for probit
  OrdinalScale scale_;    // empty for regression
  std::vector<int32_t> rating_user_, rating_item_, rating_day_;
  std::vector<float> ratings_;    // values; latent values for probit
  std::vector<int8_t> levels_;    // probit
  std::vector<float> day_parts_;  // of each rating, day . item as it was at the last Predict
  std::vector<int32_t> day_numbers_;
  Block blocks_[3];              // users, items, days
  kernels::Matrix item_design_;  // [item factors, 1]
  FeatureLinks user_links_, item_links_;
  std::vector<Workspace> workspaces_;
};

}  // namespace marquee
