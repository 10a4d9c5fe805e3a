// What the splits are made of: an order of ids that no loading changes, and training data cut out
// of all data.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "interactions/interactions.h"

namespace marquee {

// All rows of `ids`, ascending by id: by value when every id is a whole number, else by bytes.
std::vector<int32_t> RowsInIdOrder(const IdDictionary& ids);

// What counts as liked: values above `min_rating`; everything where every value is 1.
Interactions Positives(const Interactions& data, double min_rating);

// Content of the items in `rows`, in that order.
ItemContent ContentOf(const ItemContent& all, std::span<const int32_t> rows);

// Features of the users in `rows`, in that order; empty when nothing is known of any user.
UserContent UserContentOf(const Interactions& all, std::span<const int32_t> rows);

// Makes a SparseMatrix row after row; entries of a row in any order. Not thread-safe.
class RowCollector {
 public:
  void Add(int32_t column, float value, int64_t time_s);
  void EndRow();
  // The collector is empty afterwards.
  SparseMatrix Take(int32_t num_columns);

 private:
  struct Entry {
    int32_t column;
    float value;
    int64_t time_s;
  };
  std::vector<Entry> row_;
  std::vector<int64_t> offsets_ = {0};
  std::vector<int32_t> columns_;
  std::vector<float> values_;
  std::vector<int64_t> times_s_;
};

// Users to score, and what to train for them.
struct RankingSplit {
  Interactions train;
  SparseMatrix fold_in;  // a row a scored user; columns are items of `train`
  SparseMatrix targets;  // the same users; never empty, disjoint from fold_in
  UserContent users;     // the same users

  std::span<const std::string> FeaturesOf(int32_t scored_user) const;
};

// Which entries of a user's row (users and entries by row of all data) go to training.
using KeepEntry = std::function<bool(int32_t user, size_t entry)>;

// The kept entries of `users`, as data of their own: users in the given order, those without an
// entry left out; items that were met, in id order, with their content. O(users + items + nnz).
struct TrainingPart {
  Interactions data;
  std::vector<int32_t> item_of;  // row in all data -> row in `data`, -1: not met
};
TrainingPart CutTraining(const Interactions& all, std::span<const int32_t> users,
                         const KeepEntry& keep);

}  // namespace marquee
