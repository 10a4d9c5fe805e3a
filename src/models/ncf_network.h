// Internal: the network of `ncf`, forwards and backwards.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"
#include "models/nn/layers.h"
#include "models/nn/parameters.h"

namespace marquee {

// Examples of some users. Those of a group share a user: the history without one item.
struct NcfBatch {
  struct Group {
    size_t user;       // of users
    int32_t left_out;  // an item of the history, or -1
    size_t first;      // of the examples
    size_t count;
  };
  std::vector<std::span<const int32_t>> users;  // the items of each
  std::vector<Group> groups;
  std::vector<int32_t> items;     // of the examples
  std::vector<uint8_t> positive;  // whether the user met it
};

// A user is the sum of the history's `history` rows over the square root of their number: 3 f
// numbers, which are multiplied with the 3 f of an item. The first f products are summed with
// weights; the others go through two layers with ReLU, the last of which is summed with weights.
// The logit is both sums and the item's bias; somebody unknown, who is zero, gets the bias and what
// is the same for all items. Immutable, so thread-safe.
class NcfNetwork {
 public:
  NcfNetwork(size_t items, size_t factors);

  size_t items() const { return items_; }
  size_t factors() const { return f_; }
  const nn::Layout& layout() const { return layout_; }
  // Of the rows that belong to an item, on its own: the same for any number of items.
  nn::Parameters Initial(uint64_t seed) const;

  // Numbers of the matrices in the layout.
  struct Numbers {
    size_t history;          // items x 3 f
    size_t item;             // items x 3 f
    size_t bias;             // 1 x items
    size_t layer1, bias1;    // 4 f x 2 f: the first 2 f rows are the user's
    size_t layer2, bias2;    // 2 f x f
    size_t product_weights;  // 1 x f
    size_t layer_weights;    // 1 x f
  };
  const Numbers& numbers() const { return numbers_; }

  // 3 f numbers; zeros without history.
  std::vector<float> User(const nn::Parameters& parameters, std::span<const int32_t> history) const;

  // Logits of all items for what User gave. O(items f^2).
  void Score(const nn::Parameters& parameters, std::span<const float> user,
             std::span<float> scores) const;
  // multipliers . user is what the user adds to the logit of `item` beyond somebody unknown, by the
  // rescale rule: a ReLU passes on its change over the change of its input. O(f^2).
  std::vector<float> Multipliers(const nn::Parameters& parameters, std::span<const float> user,
                                 int32_t item) const;

  struct Workspace {
    kernels::Scratch scratch;
    nn::Buffer sums, users, x, hidden1, hidden2, d_hidden1, d_hidden2, d_x, d_users, d_sums;
    std::vector<float> slopes;
  };
  // Adds the gradients of the sum of weight * logistic loss of each example, and returns it.
  // O(examples f^2 + nnz f). REQUIRES: the columns of users are known items.
  double AddGradients(const nn::Parameters& parameters, const NcfBatch& batch, float weight,
                      Workspace* workspace, nn::Parameters* gradients) const;

 private:
  struct Pass;
  void Forward(const nn::Parameters& parameters, const NcfBatch& batch, Pass* pass) const;
  double OutputSlopes(const nn::Parameters& parameters, const NcfBatch& batch, float weight,
                      const Pass& pass, nn::Parameters* gradients) const;
  void Backward(const nn::Parameters& parameters, const NcfBatch& batch, const Pass& pass,
                nn::Parameters* gradients) const;
  void HistoryGradients(const NcfBatch& batch, const Pass& pass, nn::Parameters* gradients) const;

  size_t items_;
  size_t f_;
  nn::Layout layout_;
  Numbers numbers_;
};

}  // namespace marquee
