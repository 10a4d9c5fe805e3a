// When an iterative training stops: interactions held out of it, measured after each epoch.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "interactions/interactions.h"

namespace marquee {

// Training data without some interactions of some users, and those interactions.
struct HeldOut {
  struct Target {
    int32_t user;
    int32_t item;
  };
  Interactions train;  // dictionaries and content as they were
  std::vector<Target> targets;
};

// Takes the newest interaction (of equal times the one with the highest item row) of up to
// `max_users` users, chosen by `seed`, who have at least three. O(nnz).
HeldOut HoldOutNewest(const Interactions& data, int32_t max_users, uint64_t seed);

// Takes a share of the interactions, at random but at least one, of up to `max_users` users, chosen
// by `seed`, who have at least five: for models that know no order, one of many says more than the
// newest alone. Targets of a user stand together. O(nnz). REQUIRES: 0 < share < 1.
HeldOut HoldOutShare(const Interactions& data, int32_t max_users, double share, uint64_t seed);

// Scores all items of somebody with that history; called by several threads at once.
using ScoreFunction =
    std::function<void(int32_t user, const SparseRow& history, std::span<float> scores)>;

// Mean NDCG@10 over the users of their targets among all items but those of the users' histories; a
// tie counts against the target. 0 without targets. O(users Score + targets items).
double HeldOutNdcg(const HeldOut& held_out, const ScoreFunction& score, int threads);

// Follows a metric where higher is better.
class EarlyStopping {
 public:
  // Gives up after `patience` epochs in a row without a new best; 0: never.
  explicit EarlyStopping(int patience) : patience_(patience) {}
  // Takes the value of the next epoch; true when it is the best so far: keep that model.
  bool Improves(double value);
  bool gives_up() const { return patience_ > 0 && since_best_ >= patience_; }
  // Of the best epoch, 1-based; 0 before the first.
  int best_epoch() const { return best_epoch_; }
  double best() const { return best_; }

 private:
  int patience_;
  int epoch_ = 0;
  int best_epoch_ = 0;
  int since_best_ = 0;
  double best_ = 0;
};

}  // namespace marquee
