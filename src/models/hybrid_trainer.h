// Internal: mini-batches of stochastic gradients for hybrid.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"
#include "base/thread_pool.h"
#include "interactions/interactions.h"
#include "kernels/matrix.h"
#include "models/hybrid.h"
#include "models/hybrid_features.h"
#include "models/user_features.h"

namespace marquee {

// Embeddings to learn: a row each, with what the optimizer remembers of every number.
struct HybridRows {
  kernels::Matrix values;
  kernels::Matrix squares;  // sums (adagrad) or running means (adadelta) of squared gradients
  kernels::Matrix moves;    // running means of squared steps; no rows with adagrad
};

// The last column of a feature is its bias, against which every user has a 1, and a user feature a
// 0. A user is its own row and those of its features.
struct HybridState {
  HybridRows users;
  HybridRows features;
  HybridRows user_features;
};

struct HybridSizes {
  int32_t users = 0;
  size_t features = 0;
  size_t user_features = 0;
};
HybridState InitialHybridState(const HybridSizes& sizes, const HybridOptions& options);

// A row an item: the sum of its features, bias last. O(entries d).
void SumFeatures(const HybridFeatures& features, const kernels::Matrix& embeddings,
                 ThreadPool& pool, kernels::Matrix* items);

// How a loss judges two scores: what to add to each, and the loss itself.
struct HybridPull {
  float positive = 0;  // -d loss / d score of the positive, >= 0
  float negative = 0;  // -d loss / d score of the negative, <= 0
  float loss = 0;
};
// `rank_weight` scales the hinge of warp and warp-kos; the others have none.
HybridPull PullOf(HybridLoss loss, float positive, float negative, float rank_weight);

// One positive against one negative.
struct HybridSample {
  int32_t user;
  int32_t positive;
  int32_t negative;  // -1: none was found, nothing to learn
  HybridPull pull;
};

class HybridTrainer {
 public:
  // REQUIRES: all but `user_features` outlive this.
  HybridTrainer(const Interactions& data, const HybridFeatures& features,
                const HybridOptions& options, ThreadPool& pool,
                const UserFeatureIndex& user_features = {});

  // A sample for each interaction, in batches: each batch draws and scores with what the ones
  // before it have learned, on all threads, then learns from the sums. The same bits for any number
  // of threads. O(nnz (trials d + features d)). Returns the mean loss.
  double Epoch(int epoch, const TrainObserver& observer, HybridState* state);

  // Learns from one batch. REQUIRES: items() sums the features as they are.
  void Learn(std::span<const HybridSample> batch, HybridState* state);
  void RefreshItems(const HybridState& state);
  const kernels::Matrix& items() const { return items_; }

 private:
  struct Pair {
    int32_t user;
    int32_t item;
  };
  HybridSample Draw(Pair pair, Rng rng, const HybridState& state) const;
  // The sum of what the user is made of, in *sum where that is more than one row.
  std::span<const float> UserVector(const HybridState& state, int32_t user,
                                    std::vector<float>* sum) const;
  int32_t KthBestPositive(int32_t user, std::span<const float> vector, Rng& rng) const;
  int32_t Unmet(int32_t user, Rng& rng) const;
  float ScoreOf(std::span<const float> vector, int32_t item) const;
  void AddGradient(int32_t item, float pull, std::span<const float> user);
  void StepUsers(std::span<const HybridSample> batch, HybridState* state);
  void StepFeatures(HybridRows* rows);
  // As many of the row's first numbers as there are in `gradient`.
  void Step(HybridRows* rows, size_t row, float l2, std::span<const float> gradient) const;

  const Interactions& data_;
  const HybridFeatures& features_;
  const HybridOptions& options_;
  const HybridLoss loss_;
  ThreadPool& pool_;
  std::vector<int32_t> met_items_;
  std::vector<Pair> pairs_;
  kernels::Matrix items_;  // sums of features
  // Of a batch: gradients by row, how often each row was met (0: gradient is zero), and those rows.
  struct Gradients {
    kernels::Matrix values;
    std::vector<float> counts;
    std::vector<int32_t> rows;
  };
  static std::span<float> Touch(Gradients* gradients, int32_t row, float count);
  // Steps as many of the touched rows' first numbers, and empties the gradients.
  void StepTouched(Gradients* gradients, size_t columns, HybridRows* rows) const;
  Gradients of_items_, of_features_, of_user_features_;
  std::vector<std::vector<int32_t>> features_of_user_;  // empty: users have none
};

}  // namespace marquee
