// Which models answer and which are tried: looked at and changed while serving.
#pragma once

#include "base/clock.h"
#include "events/event_log.h"
#include "http/message.h"
#include "pipelines/model_switch.h"
#include "recommend/recommender.h"

namespace marquee {

// Thread-safe. What is passed in must outlive it. Its handlers load models and read the log:
// Runs::kOnWorker.
class ModelService {
 public:
  ModelService(const ModelStore& store, ModelSwitch& models, const Recommender& recommender,
               const EventLog& log, const Clock& clock, double min_rating)
      : store_(store),
        models_(models),
        recommender_(recommender),
        log_(log),
        clock_(clock),
        min_rating_(min_rating) {}

  // GET /models: {"serving": ModelSwitch::ToJson, "models": [{"model", "version", "created",
  // "settings", "metrics"}]}.
  http::Response List(const http::Request& request) const;
  // POST /models/publish {"model": "ease v2" or "ease", "force": false}: {"champion", "probe"}.
  // 409 with the probe's problems when the model may not answer.
  http::Response Publish(const http::Request& request) const;
  // POST /models/rollback: the champion before this one answers: {"champion", "probe"}.
  http::Response RollBack(const http::Request& request) const;
  // PUT /models/shadow {"model", "share": 0.1}: 0 < share <= 1. Answers the serving state.
  http::Response StartShadow(const http::Request& request) const;
  // DELETE /models/shadow.
  http::Response EndShadow(const http::Request& request) const;
  // GET /experiments: {"experiments": [{"name", "kind", "metric", "share", "arms", "start", "end",
  // "running"}]}.
  http::Response Experiments(const http::Request& request) const;
  // GET /experiments/{name}: what the log says so far (experiments/results.h); not_found.
  http::Response ExperimentResults(const http::Request& request) const;

 private:
  http::Response Outcome(const ProbeReport& report) const;

  const ModelStore& store_;
  ModelSwitch& models_;
  const Recommender& recommender_;
  const EventLog& log_;
  const Clock& clock_;
  const double min_rating_;
};

}  // namespace marquee
