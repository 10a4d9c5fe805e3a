// The steps of learning from ratings, one a task of netflix_mlops_pipeline. Each may be run again:
// what it makes replaces the old as a whole, and nothing new is made of the same data.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/progress.h"
#include "events/event_log.h"
#include "pipelines/import.h"
#include "pipelines/model_store.h"
#include "pipelines/promotion.h"
#include "pipelines/run_record.h"
#include "records/record_store.h"
#include "sources/dataset.h"

namespace marquee::mlops {

struct RatingsSettings {
  std::filesystem::path folder;  // of the documents (documents.h)
  std::string model = "svdpp";   // predicts ratings
  std::map<std::string, std::string> model_settings = {};
  float min_rating = 3.5f;  // ratings above it count as liked: what ranking models learn from
  int threads = 1;
  int window_days = 30;  // before the newest rating: what monitor looks at
  double max_reject_share = 0.05;
  PromotionRules promotion = {};
};

// One run of one step. All that it points to must outlive it.
struct RatingsRun {
  lake::Session& session;
  lake::Lake& lake;
  ModelStore& models;
  Recording recording;
  const Clock& clock;
  Progress& progress;
  const CancelToken& cancel;
  std::function<void(std::string_view)> say;  // a line of the task's log
  RatingsSettings settings;

  PipelineRun pipeline() const { return {session, clock, progress, cancel}; }
};

// Where ratings come from, beside those that the lake has; null: nothing of that kind.
struct RatingsSource {
  const sources::Dataset* dataset = nullptr;
  const EventLog* events = nullptr;
  const RecordStore* records = nullptr;
  LoadOptions load = {};
};

// The data set, the events that came since, and what was changed of titles and people, to bronze.
void LoadBronze(RatingsRun& run, const RatingsSource& source);
void MakeSilver(RatingsRun& run);
void MakeGold(RatingsRun& run);
// features.json: the training matrix, and the profiles of gold.users and gold.items. Throws
// failed_precondition when there are no ratings.
void DescribeFeatures(RatingsRun& run);
// training.json and rating_model.bin: a model of ratings without those that are held out, and the
// choice of the main job among the ranking models. Where all ratings are the same there is none of
// the first kind.
void TrainModels(RatingsRun& run);
// evaluation.json: RMSE, MAE and R squared on the ratings held out, beside means and beside the
// champion of that kind; the ranking model beside the one that is published.
void EvaluateModels(RatingsRun& run);
// registration.json. The model of ratings becomes a version, with the alias "champion" of
// <model>-ratings, when it beats the best baseline by two standard errors and is not worse than the
// champion by as much; the ranking model is published when its judgement says so. Throws
// failed_precondition for a model of ratings that beats no baseline.
void RegisterModels(RatingsRun& run);
// monitor.json: how far the newest ratings are from those before, and how good the models are on
// them.
void MonitorRatings(RatingsRun& run);

// The step of that task of netflix_mlops_pipeline; null for "bronze", which takes a source, and for
// what is none.
void (*StepNamed(std::string_view task))(RatingsRun&);

}  // namespace marquee::mlops
