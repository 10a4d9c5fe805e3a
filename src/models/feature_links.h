// Features of users or items that shift the mean of their vectors: a sparse linear model.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/thread_pool.h"
#include "interactions/interactions.h"
#include "kernels/matrix.h"
#include "models/normal_wishart.h"
#include "models/user_features.h"

namespace marquee {

// Sparse rows of entities (users, say) by columns of features, and the same transposed. Immutable,
// so thread-safe. Memory: 16 bytes an entry.
class FeatureMatrix {
 public:
  FeatureMatrix() = default;

  // Row u has 1 / sqrt(n) for each of the n columns that row u of `met` has: implicit feedback as
  // in SVD++.
  void SetImplicit(const SparseMatrix& met);
  // Item rows get, in columns of their own, 1 / sqrt(n) for each of their n genres and decades.
  void AddContent(const ItemContent& content, int32_t num_items);
  // User rows get, in columns of their own, 1 / sqrt(n) for each of their n features of `index`.
  void AddUserFeatures(const Interactions& data, const UserFeatureIndex& index);

  size_t num_features() const { return static_cast<size_t>(num_features_); }
  // Where each Set or Add ends among the columns, ascending.
  std::span<const int32_t> group_ends() const { return group_ends_; }
  // out = X in; features to entities.
  void Apply(const kernels::Matrix& in, ThreadPool& pool, kernels::Matrix* out) const;
  // out = X^T in; entities to features.
  void ApplyTransposed(const kernels::Matrix& in, ThreadPool& pool, kernels::Matrix* out) const;
  // The sum of squares of each column.
  std::span<const float> squares() const { return squares_; }
  // Must follow the last Set or Add.
  void Finish();

 private:
  struct Rows {
    std::vector<int64_t> offsets = {0};
    std::vector<int32_t> columns;
    std::vector<float> values;
  };
  static void Multiply(const Rows& rows, const kernels::Matrix& in, ThreadPool& pool,
                       kernels::Matrix* out);

  std::vector<std::vector<std::pair<int32_t, float>>> building_;
  void EndGroup();

  int32_t num_features_ = 0;
  std::vector<int32_t> group_ends_;
  Rows forward_;
  Rows backward_;
  std::vector<float> squares_;
};

// The linear model entity mean += X weights under weights_f ~ N(0, (strength_g precision)^-1), g
// being the group that the feature was added with: genres say more each than one of thousands of
// raters. It is redrawn each sweep from its posterior as in Macau (Simm et al. 2017, "Macau:
// scalable Bayesian factorization with high-dimensional side information using MCMC", section 2.3):
// the equations (X^T X + diag(strength)) weights = X^T (vectors - mean + noise) + sqrt(strength)
// noise, solved by conjugate gradients.
class FeatureLinks {
 public:
  FeatureLinks(FeatureMatrix features, size_t entities, size_t d);

  bool empty() const { return features_.num_features() == 0; }
  // X weights: a row an entity; no rows when empty.
  const kernels::Matrix& shifts() const { return shifts_; }
  const kernels::Matrix& weights() const { return weights_; }      // a row a feature
  std::span<const float> strengths() const { return strengths_; }  // of each feature
  // Draws weights and strengths. The same bits for any number of threads. O(steps nnz d).
  void Draw(const kernels::Matrix& vectors, const GaussianPrior& prior, const Rng& rng,
            ThreadPool& pool);

  // The weights of least squares under that strength instead. O(steps nnz d).
  void Fit(const kernels::Matrix& vectors, double strength, ThreadPool& pool);

 private:
  void SetRightSide(const kernels::Matrix& vectors, const GaussianPrior& prior, const Rng& rng,
                    ThreadPool& pool);
  void Solve(ThreadPool& pool);
  void DrawStrengths(const GaussianPrior& prior, Rng rng);

  FeatureMatrix features_;
  kernels::Matrix weights_;
  kernels::Matrix shifts_;
  kernels::Matrix right_, direction_, product_, noise_;  // of the solver
  std::vector<float> strengths_;
};

}  // namespace marquee
