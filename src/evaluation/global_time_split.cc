#include <algorithm>
#include <limits>

#include "base/error.h"
#include "base/text.h"
#include "evaluation/protocols.h"
#include "evaluation/ranking.h"

namespace marquee {
namespace {

// The time of the first event after `share` of those before `end_s`.
int64_t TimeAfterShare(const Interactions& data, double share, int64_t end_s) {
  std::vector<int64_t> times;
  for (int32_t user = 0; user < data.num_users(); ++user) {
    for (const int64_t time : data.by_user().Row(user).times_s) {
      if (time < end_s) times.push_back(time);
    }
  }
  if (times.empty()) return end_s;
  const auto last = static_cast<double>(times.size() - 1);
  const auto at = std::min(share * static_cast<double>(times.size()), last);
  const auto nth = times.begin() + static_cast<std::ptrdiff_t>(at);
  std::nth_element(times.begin(), nth, times.end());
  return *nth;
}

struct Period {
  int64_t begin_s;  // trained before
  int64_t end_s;    // asked for before
};

Period PeriodOf(const Interactions& data, const EvaluateRequest& request) {
  const double share = 1 - request.test_share;
  const int64_t after_all = data.newest_s() + 1;
  const int64_t test_s = TimeAfterShare(data, share, after_all);
  if (request.segment != "validation") return {test_s, after_all};
  return {TimeAfterShare(data, share, test_s), test_s};
}

}  // namespace

RankingSplit SplitByTime(const Interactions& data, const EvaluateRequest& request) {
  if (!(request.test_share > 0 && request.test_share < 1)) {
    throw Error(Code::kInvalidArgument,
                StrCat("test_share is ", request.test_share, ": must lie between 0 and 1"));
  }
  const Interactions positives = Positives(data, request.min_rating);
  const Period period = PeriodOf(positives, request);
  const std::vector<int32_t> users = RowsInIdOrder(positives.users());
  const TrainingPart train = CutTraining(positives, users, [&](int32_t user, size_t entry) {
    return positives.by_user().Row(user).times_s[entry] < period.begin_s;
  });
  RankingSplit split{train.data, {}, {}, {}};
  RowCollector fold_in, targets;
  std::vector<int32_t> scored_users;
  for (const int32_t user : users) {
    const SparseRow row = positives.by_user().Row(user);
    const auto add = [&](RowCollector& to, int64_t from_s, int64_t end_s) {
      bool any = false;
      for (size_t i = 0; i < row.size(); ++i) {
        const int32_t item = train.item_of[static_cast<size_t>(row.columns[i])];
        if (item < 0 || row.times_s[i] < from_s || row.times_s[i] >= end_s) continue;
        to.Add(item, row.values[i], row.times_s[i]);
        any = true;
      }
      return any;
    };
    if (!add(targets, period.begin_s, period.end_s)) continue;
    targets.EndRow();
    scored_users.push_back(user);
    add(fold_in, std::numeric_limits<int64_t>::min(), period.begin_s);
    fold_in.EndRow();
  }
  split.fold_in = fold_in.Take(split.train.num_items());
  split.users = UserContentOf(positives, scored_users);
  split.targets = targets.Take(split.train.num_items());
  return split;
}

void GlobalTimeSplit(const ProtocolRun& run, EvaluateResult& result) {
  EvaluateRanking(run, SplitByTime(run.data, run.request), result);
}

}  // namespace marquee
