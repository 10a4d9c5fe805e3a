// Internal: stochastic gradient ascent on the pairwise likelihood of bpr.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"
#include "base/thread_pool.h"
#include "interactions/interactions.h"
#include "kernels/matrix.h"
#include "models/bpr.h"

namespace marquee {

// A matrix to learn, with the sums of squared gradients that Adagrad wants (else no rows).
struct LearnedRows {
  kernels::Matrix values;
  kernels::Matrix squares;

  std::span<float> Squares(size_t row) {
    return squares.rows() == 0 ? std::span<float>() : squares.Row(row);
  }
};

// Users and items; the last column of an item is its bias, against which every user has a 1.
struct BprFactors {
  LearnedRows users;
  LearnedRows items;
};

// Random users and items. Items without interactions
// are zero: nothing is known of them.
BprFactors InitialFactors(const Interactions& data, const BprOptions& options);

// Users and items are cut into blocks, so that blocks on a diagonal share neither: threads work on
// those at once and yet each result has one order of steps (as in Gemulla et al. 2011, "Large-scale
// matrix factorization with distributed stochastic gradient descent"). A positive is compared with
// items of its own block only; every epoch cuts the items anew.
class BprTrainer {
 public:
  // REQUIRES: all outlive this.
  BprTrainer(const Interactions& data, const BprOptions& options, ThreadPool& pool);

  // One step for each interaction. The same bits for any number of threads. O(nnz d). Returns the
  // mean log likelihood of the pairs as they were met.
  double Epoch(int epoch, const TrainObserver& observer, BprFactors* factors);

 private:
  struct Pair {
    int32_t user;
    int32_t item;
  };
  struct Sum {
    double log_likelihood = 0;
    int64_t pairs = 0;
  };
  void CutItems(Rng& rng);
  Sum RunBlock(size_t user_block, size_t item_block, Rng rng, BprFactors* factors);
  int32_t Negative(int32_t user, size_t item_block, Rng& rng) const;

  const Interactions& data_;
  const BprOptions& options_;
  ThreadPool& pool_;
  const bool popular_negatives_;
  const size_t blocks_;
  std::vector<int32_t> met_items_;      // that have interactions, block after block
  std::vector<size_t> item_begins_;     // where each block begins there
  std::vector<uint8_t> block_of_item_;  // by item row
  std::vector<Pair> pairs_;             // by item block, then user block
  std::vector<size_t> pair_begins_;     // blocks * blocks + 1
};

// Rows of users and items: somebody met the one and not the other.
struct BprPair {
  int32_t user;
  int32_t positive;
  int32_t negative;
};
// One step for one pair. Returns log sigma(margin). `difference`: scratch of a row's length.
float BprStep(const BprOptions& options, const BprPair& pair, std::span<float> difference,
              BprFactors* factors);

}  // namespace marquee
