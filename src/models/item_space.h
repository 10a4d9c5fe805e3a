// Items as vectors with biases, and the place of a user among them: what the models serve from
// that learn embeddings of pairs (bpr, hybrid).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/matrix.h"
#include "models/model.h"

namespace marquee {

// A copy of numbers in row-major order. REQUIRES: rows * columns of them.
kernels::Matrix MatrixOf(std::span<const float> values, size_t rows, size_t columns);

// The score of item i for the user vector u is b_i + u.v_i. Immutable, so thread-safe.
class ItemSpace {
 public:
  // `vectors`: a row an item. `l2` > 0 holds user vectors back: small ones fit a history closer.
  // REQUIRES: one bias an item.
  ItemSpace(kernels::Matrix vectors, std::vector<float> biases, double l2);

  const kernels::Matrix& vectors() const { return vectors_; }
  const std::vector<float>& biases() const { return biases_; }
  double l2() const { return l2_; }

  // The u that maximizes  sum over the history of log softmax(b + V u)_i - l2/2 |u|^2,  a concave
  // problem with one answer, by Newton's method; zero for an empty history. Costs 3 to 6 steps of
  // O(items d + likely items d^2 + d^3). REQUIRES: rows of items.
  std::vector<float> Fold(std::span<const int32_t> history) const;
  // REQUIRES: vector.size() == d, scores.size() == items.
  void Score(std::span<const float> vector, std::span<float> scores) const;

  // What each item of the history adds to the score of `item`, beyond its bias, which is nobody's:
  // largest first, at most k. At its optimum, l2 u = sum (v_h - mean of v under the softmax), so
  // each h pulls the score by (v_h - mean).v_item / l2 (a representer point: Yeh et al. 2018,
  // "Representer Point Selection for Explaining Deep Neural Networks"). With k >= the history's
  // length they sum to u.v_item. O(history d).
  std::vector<ScoredItem> Explain(std::span<const float> vector, std::span<const int32_t> history,
                                  int32_t item, int k) const;

  // By cosine; none for a vector of zeros.
  std::vector<ScoredItem> Similar(int32_t item, int k) const;

 private:
  struct Softmax;
  double Evaluate(std::span<const float> vector, std::span<const float> pull, size_t count,
                  Softmax* at) const;
  std::vector<float> Gradient(std::span<const float> vector, std::span<const float> pull,
                              size_t count, const Softmax& at) const;
  void NewtonStep(const Softmax& at, size_t count, std::span<float> gradient) const;

  kernels::Matrix vectors_;
  std::vector<float> biases_;
  double l2_;
  std::vector<float> inverse_norms_;  // NaN for a vector of zeros
};

// A user of an ItemSpace: the whole of FoldedUser for models that have one.
class FoldedSpaceUser : public FoldedUser {
 public:
  // REQUIRES: `space` outlives this.
  FoldedSpaceUser(const ItemSpace& space, std::span<const int32_t> history);
  void Score(std::span<float> scores) const override;
  std::vector<std::vector<ScoredItem>> Explain(std::span<const int32_t> items,
                                               int k) const override;

 private:
  const ItemSpace& space_;
  std::vector<int32_t> history_;
  std::vector<float> vector_;
};

}  // namespace marquee
