// Whether a model may take the champion's place: better by more than chance, quick and small
// enough.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/progress.h"
#include "evaluation/evaluate.h"
#include "pipelines/main_job.h"
#include "pipelines/model_store.h"
#include "recommend/probe_set.h"

namespace marquee {

struct PromotionRules {
  std::string protocol = "strong-generalization";  // of rankings
  std::string metric = "ndcg@100";                 // more of it is better
  // The candidate must be better by so many standard errors of the difference over users. 2 lets
  // one of 44 that are no better through.
  double errors = 2;
  int64_t max_bytes = 0;  // of the file of the model; 0: any
  ProbeLimits probe = {};
};

struct PromotionReport {
  std::string candidate;    // "ease v2"
  std::string champion;     // "ials v3"; empty when there was none: then nothing is compared
  bool is_renewal = false;  // the champion's settings on other data: nothing is compared either
  std::string protocol;
  std::string metric;
  int64_t users = 0;
  double candidate_mean = 0;
  double champion_mean = 0;
  MetricValue difference = {0, 0};  // over users, each with itself
  int64_t bytes = 0;
  ProbeReport probe = {};
  std::vector<std::string> refusals = {};  // why it may not; empty: it may

  bool passed() const { return refusals.empty(); }
  Json ToJson() const;
  std::string ToText() const;
};

struct PromotionOptions {
  const Clock& clock;
  PromotionRules rules = {};
  float min_rating = 3.5f;
  int threads = 1;
};

// What trains a model of these settings again.
TrainRequest RequestOf(const ModelManifest& manifest, int threads);
// Whether both are of one type and settings, and of different versions of the tables.
bool IsRenewalOf(const ModelManifest& one, const ModelManifest& other);

// Trains both anew by their settings on what the protocol leaves for training, of the tables as
// they are now, and compares their rankings of the test users, unless the candidate is the champion
// trained on other data: these would be one and the same. Asks the candidate the probe set.
// Changes nothing. Cost: two trainings and evaluations. Throws failed_precondition when the
// candidate is the champion, invalid_argument for a metric that the protocol does not give by user,
// not_found, TooFewUsers, cancelled.
PromotionReport JudgePromotion(const ModelWork& work, const ModelVersion& candidate,
                               const PromotionOptions& options, Progress& progress,
                               const CancelToken& cancel);

}  // namespace marquee
