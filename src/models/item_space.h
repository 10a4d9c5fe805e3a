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

  // The u that maximizes  sum over the history of log softmax(b + V u)_i - l2/2 |u - center|^2,  a
  // concave problem with one answer, by Newton's method; the center for an empty history. An empty
  // center is zero. Costs 3 to 6 steps of O(items d + likely items d^2 + d^3). REQUIRES: rows of
  // items.
  std::vector<float> Fold(std::span<const int32_t> history,
                          std::span<const float> center = {}) const;
  // REQUIRES: vector.size() == d, scores.size() == items.
  void Score(std::span<const float> vector, std::span<float> scores) const;

  // What each item of the history adds to the score of `item`, beyond that of `folded.center`:
  // largest first, at most k. At its optimum, l2 (u - center) = sum (v_h - mean of v), so
  // each h pulls the score by (v_h - mean).v_item / l2 (a representer point: Yeh et al. 2018,
  // "Representer Point Selection for Explaining Deep Neural Networks"). With k >= the history's
  // length they sum to (u - center).v_item. O(history d).
  struct Folded {
    std::span<const int32_t> history;
    std::span<const float> center;  // or empty
    std::span<const float> vector;  // of Fold
  };
  std::vector<ScoredItem> Explain(const Folded& folded, int32_t item, int k) const;

  // By cosine; none for a vector of zeros.
  std::vector<ScoredItem> Similar(int32_t item, int k) const;

 private:
  struct Softmax;
  struct Problem {
    std::span<const float> pull;  // the sum of the history's vectors
    size_t count;                 // of the history
    std::span<const float> center;
  };
  double Evaluate(std::span<const float> vector, const Problem& problem, Softmax* at) const;
  std::vector<float> Gradient(std::span<const float> vector, const Problem& problem,
                              const Softmax& at) const;
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
  FoldedSpaceUser(const ItemSpace& space, std::span<const int32_t> history,
                  std::vector<float> center = {});
  void Score(std::span<float> scores) const override;
  std::vector<std::vector<ScoredItem>> Explain(std::span<const int32_t> items,
                                               int k) const override;

 private:
  const ItemSpace& space_;
  std::vector<int32_t> history_;
  std::vector<float> center_;
  std::vector<float> vector_;
};

}  // namespace marquee
