// Where the runs of a home are recorded, as its settings say.
#pragma once

#include <memory>

#include "app/environment.h"
#include "app/tracking.h"
#include "pipelines/run_record.h"
#include "recording/run_log.h"

namespace marquee {

class RunRecording {
 public:
  // In the home's own tracking database, or the MLflow server of tracking.uri, with the login of
  // the variables that its clients read: MLFLOW_TRACKING_USERNAME, _PASSWORD, _TOKEN. What cannot
  // be opened is warned of, and nothing is recorded. Throws invalid_argument for what is no URL.
  // `environment` must outlive it.
  explicit RunRecording(const Environment& environment);

  const Recording& recording() const { return recording_; }

 private:
  std::unique_ptr<Tracking> tracking_;  // null: it is elsewhere
  std::unique_ptr<RunLog> log_;
  Recording recording_;
};

}  // namespace marquee
