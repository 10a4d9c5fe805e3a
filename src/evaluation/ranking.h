// Internal: from a split to metrics, the part that the ranking protocols share.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "evaluation/evaluate.h"
#include "evaluation/protocols.h"
#include "evaluation/split.h"

namespace marquee {

// Trains on the split, ranks for each of its users every item of training that is not folded in,
// and fills `result`. Lists are 100 long for recall, NDCG, MAP and what looks at lists; the
// reciprocal rank looks at all items. Novelty is the mean of -log2 (share of training users who met
// the item) over a list. Throws TooFewUsers for a split without users to score.
void EvaluateRanking(const ProtocolRun& run, const RankingSplit& split, EvaluateResult& result);
// The same with a model that was trained on split.train.
void RankWith(const ProtocolRun& run, const RankingSplit& split, const Model& model,
              EvaluateResult& result);
// Throws TooFewUsers for a split without users to score.
void RequireUsers(const ProtocolRun& run, const RankingSplit& split);

// Calls body(index, worker) for 0..n-1 on request.train.threads threads, with progress named
// `stage`; throws cancelled when the observer asks to stop. Results must not depend on the order.
void ForEach(const ProtocolRun& run, std::string_view stage, int64_t n,
             const std::function<void(int64_t index, size_t worker)>& body);

// The mean of each metric, over all users and by segment. `values`: a row a user, a column a name;
// `histories`: how many items each user's history has.
struct PerUser {
  std::vector<std::string> names;
  std::vector<std::vector<double>> values;
  std::vector<size_t> histories;
};
void Summarize(const PerUser& users, EvaluateResult& result);

}  // namespace marquee
