// What trainings and evaluations leave as runs: settings, data, curves, figures, the model itself.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "lake/lake.h"
#include "models/registry.h"
#include "pipelines/model_store.h"
#include "recording/run_recorder.h"

namespace marquee {

// Where runs go, and under which names. What it points to must outlive it.
struct Recording {
  RunLog* log = nullptr;  // null: nothing is recorded
  const Clock* clock = nullptr;
  std::string experiment = "marquee";
  std::string model = "recommender";  // the registered model whose versions are what was trained
};

// Epochs go on to `observer`, and into the run as the metrics "validation" and "epoch_seconds".
class RecordingObserver : public TrainObserver {
 public:
  RecordingObserver(TrainObserver& observer, RunRecorder& run);
  void OnEpoch(const Epoch& epoch) override;
  bool ShouldStop() const override { return observer_.ShouldStop(); }
  // What early stopping watched, as a chart of the run; nothing when it watched nothing.
  void AddChart() const;

 private:
  TrainObserver& observer_;
  RunRecorder& run_;
  double last_s_;
  std::vector<std::pair<double, double>> validation_;
};

// Records `work` as a run of `command`, "train", "evaluate" or "tune", for a model of this type.
void RecordCommand(const Recording& recording, std::string_view command, std::string_view type,
                   const std::function<void(RunRecorder&)>& work);

// Model, settings in full, seed, threads and the program's version; the machine as
// environment.json.
void RecordRequest(const TrainRequest& request, RunRecorder& run);
// Tables with their versions as inputs of the run.
void RecordData(const lake::Lake& lake, std::span<const lake::TableVersion> data, RunRecorder& run);
// Of EvaluateResult::ToJson: every mean and standard error as a metric, "ndcg@100" as
// "ndcg_at_100", a segment's before it: "cold/ndcg_at_100"; the whole as evaluation.json, and a
// chart by segment.
void RecordEvaluation(const Json& evaluation, RunRecorder& run);
// A line of a search's journal (tuning/journal.h) as a run below that of the search, over already.
void RecordTrial(const Recording& recording, const RunRecorder& search, const std::string& metric,
                 const Json& trial);
// The files of the version below "model", with an MLmodel file that tells clients of MLflow what
// they are, and the next version of the registered model: its number, or nothing when that failed.
// A model that keeps rows of people is registered without its file, for an erasure reaches the
// model store alone.
std::optional<int64_t> RecordModel(const Recording& recording, const ModelStore& store,
                                   const ModelManifest& manifest, const Model& model,
                                   RunRecorder& run);
// The number of the version in the registry, to which it is added where it is not there yet: as of
// the run that its manifest names, or of a new run when there is none, which its manifest names
// from now on. Throws unavailable, and what RunLog throws. REQUIRES: recording.log.
int64_t RegisterVersion(const Recording& recording, ModelStore& store,
                        const ModelManifest& manifest);

}  // namespace marquee
