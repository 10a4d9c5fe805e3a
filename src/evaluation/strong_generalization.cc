#include <algorithm>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "evaluation/numpy_random.h"
#include "evaluation/protocols.h"
#include "evaluation/ranking.h"

namespace marquee {
namespace {

constexpr size_t kFewestItems = 5;  // of a user to take part, and to be scored
constexpr double kTargetShare = 0.2;
constexpr int64_t kManyUsers = 100'000;
constexpr int64_t kHeldOutOfMany = 10'000;

// Those with enough items, in id order.
std::vector<int32_t> ActiveUsers(const Interactions& positives) {
  std::vector<int32_t> users = RowsInIdOrder(positives.users());
  std::erase_if(users,
                [&](int32_t user) { return positives.by_user().Row(user).size() < kFewestItems; });
  return users;
}

// How many users to hold out, twice.
int64_t HeldOut(int64_t users, const EvaluateRequest& request) {
  int64_t count = request.heldout_users;
  if (count < 0) {
    throw Error(Code::kInvalidArgument, StrCat("heldout_users is ", count,
                                               ": must be 0 (by the size of the data) or more"));
  }
  if (count == 0) count = users >= kManyUsers ? kHeldOutOfMany : users / 10;
  if (count >= 1 && 2 * count < users) return count;
  throw TooFewUsers(
      StrCat("strong-generalization cannot hold out 2 x ", std::max<int64_t>(count, 1),
             " users: ", users, " have ", kFewestItems, " items or more that they liked"),
      "take more data, a lower min_rating, or the protocol global-time-split");
}

// Divides the items of one held-out user, in id order, into fold-in and targets.
class UserDivider {
 public:
  UserDivider(const TrainingPart& train, uint32_t seed) : train_(train), random_(seed) {}

  // Whether the user is scored.
  bool Add(const SparseRow& row) {
    order_.clear();
    for (size_t i = 0; i < row.size(); ++i) {
      const int32_t item = train_.item_of[static_cast<size_t>(row.columns[i])];
      if (item >= 0) order_.emplace_back(item, i);
    }
    std::sort(order_.begin(), order_.end());
    if (order_.size() < kFewestItems) return false;  // draws nothing
    const auto n = static_cast<int64_t>(order_.size());
    std::vector<bool> is_target(order_.size());
    const auto wanted = static_cast<int64_t>(kTargetShare * static_cast<double>(n));
    for (const int64_t chosen : random_.Choice(n, wanted))
      is_target[static_cast<size_t>(chosen)] = true;
    for (size_t i = 0; i < order_.size(); ++i) {
      const auto [item, at] = order_[i];
      (is_target[i] ? targets_ : fold_in_).Add(item, row.values[at], row.times_s[at]);
    }
    fold_in_.EndRow();
    targets_.EndRow();
    return true;
  }

  void Take(RankingSplit& split) {
    split.fold_in = fold_in_.Take(split.train.num_items());
    split.targets = targets_.Take(split.train.num_items());
  }

 private:
  const TrainingPart& train_;
  NumpyRandom random_;
  std::vector<std::pair<int32_t, size_t>> order_;  // item of training, entry of the row
  RowCollector fold_in_;
  RowCollector targets_;
};

}  // namespace

RankingSplit SplitStrongGeneralization(const Interactions& data, const EvaluateRequest& request) {
  const Interactions positives = Positives(data, request.min_rating);
  const std::vector<int32_t> users = ActiveUsers(positives);
  const auto n = static_cast<int64_t>(users.size());
  const int64_t held_out = HeldOut(n, request);
  std::vector<int32_t> permuted;
  for (const int64_t at : NumpyRandom(request.split_seed).Permutation(n))
    permuted.push_back(static_cast<int32_t>(at));
  const auto part = [&](int64_t begin, int64_t end) {
    std::vector<int32_t> places(permuted.begin() + begin, permuted.begin() + end);
    std::sort(places.begin(), places.end());
    for (int32_t& place : places) place = users[static_cast<size_t>(place)];
    return places;  // rows of users, in id order
  };
  const int64_t begin = request.segment == "validation" ? n - 2 * held_out : n - held_out;
  const TrainingPart train =
      CutTraining(positives, part(0, n - 2 * held_out), [](int32_t, size_t) { return true; });
  UserDivider divider(train, request.split_seed);
  std::vector<int32_t> scored_users;
  for (const int32_t user : part(begin, begin + held_out)) {
    if (divider.Add(positives.by_user().Row(user))) scored_users.push_back(user);
  }
  RankingSplit split{train.data, {}, {}, UserContentOf(positives, scored_users)};
  divider.Take(split);
  return split;
}

void StrongGeneralization(const ProtocolRun& run, EvaluateResult& result) {
  EvaluateRanking(run, SplitStrongGeneralization(run.data, run.request), result);
}

void StrongGeneralizationOfBoth(const ProtocolRun& validation, const ProtocolRun& test,
                                BothSegments& results) {
  const double start = SteadySeconds();
  RankingSplit split = SplitStrongGeneralization(validation.data, validation.request);
  RequireUsers(validation, split);
  const std::unique_ptr<Model> model = validation.Train(split.train);
  const double trained = SteadySeconds();
  RankWith(validation, split, *model, results.validation);
  results.validation.seconds = SteadySeconds() - start;
  const double begin = SteadySeconds();
  split = SplitStrongGeneralization(test.data, test.request);
  RequireUsers(test, split);
  RankWith(test, split, *model, results.test);
  results.test.seconds = trained - start + SteadySeconds() - begin;  // as if it had trained too
}

}  // namespace marquee
