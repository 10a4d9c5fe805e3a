// Offline evaluation: the protocols, each split, train, rank and measure.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "base/progress.h"
#include "interactions/interactions.h"
#include "models/registry.h"

namespace marquee {

struct MetricValue {
  double mean;
  double stderr_;  // standard error of the mean over users (of RMSE: by the delta method over
                   // ratings); NaN where there is none: coverage, gini, a single user
};

// A split that leaves nobody to score: the data is too small for this protocol, not wrong.
class TooFewUsers : public Error {
 public:
  TooFewUsers(std::string message, std::string hint)
      : Error(Code::kFailedPrecondition, std::move(message), std::move(hint)) {}
};

struct EvaluateRequest {
  std::string protocol;  // strong-generalization, global-time-split, rating-holdout,
                         // ncf-leave-one-out, leave-one-out-full
  TrainRequest train;
  std::string segment = "test";  // "test" or "validation": choose settings on validation only
  double min_rating = 3.5;       // strong-generalization, global-time-split: values above it count;
                                 // all count where every value is 1
  int64_t heldout_users = 0;     // strong-generalization: users held out for each of validation and
                                 // test; 0: 10 % (10,000 from 100,000 users on)
  double test_share = 0.2;       // global-time-split: the last part of the events, in (0, 1)
  double holdout_share = 0.1;    // rating-holdout: in (0, 0.5)
  std::filesystem::path split_files;  // ncf-leave-one-out: folder with NAME.train.rating,
                                      // NAME.test.rating, NAME.test.negative; rating-holdout:
                                      // optional, folder with u1.base and u1.test (MovieLens
                                      // 100K), or FOLDER/u2 for that pair
  std::string folds = {};  // rating-holdout: "random90", the random split; "given", that of
                           // split_files, of a folder u1 to u5 with errors pooled; empty: given
                           // (of a folder u1 only) where there are split_files
  uint32_t split_seed = 98765;  // of the random splits; apart from the model's, which may vary
};

struct SegmentResult {
  int64_t users;
  std::map<std::string, MetricValue> metrics;
};

struct EvaluateResult {
  EvaluateRequest request;
  Json settings;             // of the model, resolved
  int64_t users = 0;         // scored
  int64_t items = 0;         // ranked or rated
  int64_t interactions = 0;  // in training; of several folds the mean
  std::map<std::string, MetricValue>
      metrics;  // "recall@20", "ndcg@100", "hit_rate@10", "rmse", "coverage@100", ...
  // Users by how many interactions the model was told of: cold (none), new (1 to 9), light (10 to
  // 49), heavy (50 on), known (1 on; where some are cold); only those with users.
  std::map<std::string, SegmentResult> segments;
  // What the means of the ranking protocols are of. The same users in the same order for the same
  // data and protocol, whatever the model: two models are compared user by user.
  std::map<std::string, std::vector<double>> by_user;
  double seconds = 0;

  // {"protocol","segment","model","settings","users","items","interactions",
  //  "metrics":{name:{"mean","stderr"}},"segments":{name:{"users","metrics"}},"seconds"}; metrics
  //  in
  // the order of the tables: recall@20, recall@50, ndcg@100 first. An error that is not there is
  // null.
  Json ToJson() const;
  // An aligned table, mean ± standard error, a column a segment.
  std::string ToText() const;
};

// The protocols by name, in the order of the help.
std::vector<std::string> ProtocolNames();

// `data` holds all interactions with their ratings as values. The split depends on the ids, not on
// their rows: users and items in ascending order of their ids (as numbers when all are whole
// numbers, else as text). Models are asked for what they say: a user without history gets the
// model's scores, not a fallback.
//
// Same data and request: same metrics, for any number of threads. Throws not_found for an unknown
// protocol (naming the nearest), invalid_argument for a request out of range or broken split files,
// what TrainModel throws, TooFewUsers when the split leaves no users to score, failed_precondition
// when the model cannot do what the protocol asks; cancelled.
EvaluateResult Evaluate(const Interactions& data, const EvaluateRequest& request,
                        TrainObserver& observer, Progress& progress);

struct BothSegments {
  EvaluateResult validation;
  EvaluateResult test;
};
// The same numbers as two calls of Evaluate, whatever segment is asked for, but with one training
// where both segments train on the same data: strong-generalization. The seconds of each count it.
BothSegments EvaluateBoth(const Interactions& data, const EvaluateRequest& request,
                          TrainObserver& observer, Progress& progress);

}  // namespace marquee
