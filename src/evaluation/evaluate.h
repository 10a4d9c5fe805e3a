// Offline evaluation: the protocols, each split, train, rank and measure.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/progress.h"
#include "interactions/interactions.h"
#include "models/registry.h"

namespace marquee {

struct MetricValue {
  double mean;
  double stderr_;  // standard error of the mean over users (or ratings)
};

struct EvaluateRequest {
  std::string
      protocol;  // strong-generalization, global-time-split, rating-holdout, ncf-leave-one-out
  TrainRequest train;
  std::string segment = "test";  // "test" or "validation": choose settings on validation only
  double min_rating = 3.5;       // ranking protocols keep values above it where a protocol says so
  int64_t heldout_users = 0;     // strong-generalization: users held out for each of validation and
                              // test; 0: 10 % (10,000 from 100,000 users on)
  double test_share = 0.2;            // global-time-split
  double holdout_share = 0.1;         // rating-holdout
  std::filesystem::path split_files;  // ncf-leave-one-out: folder with ml-1m.train.rating,
                                      // .test.rating, .test.negative; rating-holdout: optional
                                      // "train,test" pair of MovieLens 100K files
};

struct EvaluateResult {
  EvaluateRequest request;
  Json settings;  // of the model, resolved
  int64_t users;  // scored
  int64_t items;
  int64_t interactions;  // in training
  std::map<std::string, MetricValue>
      metrics;  // "recall@20", "ndcg@100", "hit_rate@10", "rmse", "coverage@100", ...
  std::map<std::string, std::map<std::string, MetricValue>> segments;  // user segment -> metrics
  double seconds;

  // {"protocol","model","settings","users","items","interactions","metrics":{name:{"mean","stderr"}},"segments",...,"seconds"}
  Json ToJson() const;
};

// The protocols by name, in the order of the help.
std::vector<std::string> ProtocolNames();

// `data` holds all interactions with their ratings as values. Throws not_found for an unknown
// protocol (naming the nearest), what TrainModel throws, and failed_precondition when the split
// leaves no users to score.
EvaluateResult Evaluate(const Interactions& data, const EvaluateRequest& request,
                        TrainObserver& observer, Progress& progress);

}  // namespace marquee
