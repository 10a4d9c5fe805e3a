// Experiments and runs over the MLflow protocol.
#pragma once

#include "http/message.h"
#include "tracking/tracking_store.h"

namespace marquee {

// Thread-safe. What is passed in must outlive it. Its handlers wait for the database:
// Runs::kOnWorker. Each is named as its call of the protocol, whose fields it takes and gives.
class TrackingService {
 public:
  explicit TrackingService(tracking::TrackingStore& store) : store_(store) {}

  http::Response CreateExperiment(const http::Request& request) const;
  http::Response SearchExperiments(const http::Request& request) const;
  // As clients of MLflow 1 ask: {"experiments"} of the view_type.
  http::Response ListExperiments(const http::Request& request) const;
  http::Response GetExperiment(const http::Request& request) const;
  http::Response GetExperimentByName(const http::Request& request) const;
  http::Response DeleteExperiment(const http::Request& request) const;
  http::Response RestoreExperiment(const http::Request& request) const;
  http::Response UpdateExperiment(const http::Request& request) const;
  http::Response SetExperimentTag(const http::Request& request) const;
  http::Response DeleteExperimentTag(const http::Request& request) const;
  http::Response SearchDatasets(const http::Request& request) const;

  http::Response CreateRun(const http::Request& request) const;
  http::Response UpdateRun(const http::Request& request) const;
  http::Response DeleteRun(const http::Request& request) const;
  http::Response RestoreRun(const http::Request& request) const;
  http::Response GetRun(const http::Request& request) const;
  http::Response SearchRuns(const http::Request& request) const;

  http::Response LogMetric(const http::Request& request) const;
  http::Response LogParameter(const http::Request& request) const;
  http::Response SetTag(const http::Request& request) const;
  http::Response DeleteTag(const http::Request& request) const;
  http::Response LogBatch(const http::Request& request) const;
  http::Response LogModel(const http::Request& request) const;
  http::Response LogInputs(const http::Request& request) const;
  http::Response LogOutputs(const http::Request& request) const;

  http::Response GetHistory(const http::Request& request) const;
  http::Response GetHistoryBulk(const http::Request& request) const;
  http::Response GetHistoryBulkInterval(const http::Request& request) const;

 private:
  tracking::TrackingStore& store_;
};

}  // namespace marquee
