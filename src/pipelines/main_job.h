// The main job after the import: train the first models, compare them, publish the best.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/progress.h"
#include "evaluation/evaluate.h"
#include "lake/lake.h"
#include "pipelines/model_store.h"
#include "pipelines/run_record.h"
#include "recommend/engine.h"

namespace marquee {

// What training reads from and writes to; all of it must outlive the call.
struct ModelWork {
  lake::Session& session;
  const lake::Lake& lake;
  ModelStore& store;
  Recording recording = {};  // of what is trained and evaluated
};

struct MainJobOptions {
  int threads = 1;
  uint64_t seed = 1;
  float min_rating = 3.5f;       // ratings above it count as liked: what ranking models learn from
  std::filesystem::path report;  // where the comparison is kept, as JSON
};

struct MainJobResult {
  bool
      was_up_to_date;  // nothing was trained: data, settings and program are those of the last time
  Json comparison;     // EvaluateResult::ToJson of each model, most-popular first; one that the
                       // data does not suit is left out; empty when there are too few users
  Published published;
};

// Evaluates most-popular, item-content, ials and ease with strong-generalization, chooses the best
// NDCG@100 on the validation users, reports the test users, trains the winner on everything liked
// and publishes it, with most-popular for users without history. With too few users to hold some
// out nothing is compared, and most-popular is published. Each evaluation and training is a run.
// Throws not_found before the first import;
// cancelled.
MainJobResult RunMainJob(const ModelWork& work, const MainJobOptions& options, Progress& progress,
                         const CancelToken& cancel);

// What the main job would publish.
struct ModelChoice {
  bool was_up_to_date;  // as above
  Json comparison;      // as above
  ModelVersion champion;
  ModelVersion fallback;
};
// The main job but for its last step: nothing is published. Its report, which names what was
// chosen, is one of its own.
ModelChoice ChooseModel(const ModelWork& work, const MainJobOptions& options, Progress& progress,
                        const CancelToken& cancel);

// Trains one model on everything liked, in a run of its own, and saves it as a new version; does
// not publish it.
ModelManifest TrainAndSave(const ModelWork& work, const TrainRequest& request, float min_rating,
                           TrainObserver& observer);

// What serving needs: the given models and the gold tables that the champion was trained on.
// `like`, which may be null, lends what it has of them. Throws not_found for a version that is
// gone.
std::shared_ptr<const ModelBundle> LoadBundle(const ModelWork& work, const Published& models,
                                              float min_rating, const Clock& clock,
                                              const ModelBundle* like = nullptr);
// Of what is published. Throws failed_precondition when nothing is.
std::shared_ptr<const ModelBundle> LoadPublished(const ModelWork& work, float min_rating,
                                                 const Clock& clock);

}  // namespace marquee
