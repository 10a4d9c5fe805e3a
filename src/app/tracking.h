// Experiments, runs, models and artifacts of a home, as its settings say.
#pragma once

#include <cstdint>
#include <future>
#include <string>

#include "app/environment.h"
#include "base/cancel.h"
#include "database/database.h"
#include "services/tracking_routes.h"
#include "tracking/artifact_store.h"
#include "tracking/logged_model_store.h"
#include "tracking/model_registry.h"
#include "tracking/tracking_store.h"

namespace marquee {

// Thread-safe once made; `environment` must outlive it.
class Tracking {
 public:
  // Makes tracking.db in the home, or the tables in the database that database.url names. Throws
  // what database::Database and OpenArtifacts throw.
  explicit Tracking(const Environment& environment);
  ~Tracking();

  tracking::TrackingStore& runs() { return runs_; }
  tracking::LoggedModelStore& models() { return models_; }
  tracking::ModelRegistry& registry() { return registry_; }
  tracking::ArtifactStore& artifacts() { return artifacts_; }
  const TrackingServices& services() const { return services_; }
  // In the background, deletes what uploads left half-written more than a day ago; what goes wrong
  // is logged. REQUIRES: called at most once.
  void BeginSweep();
  // "" when its database answers.
  std::string Problem();

 private:
  void Sweep(int64_t older_than_ms);

  const Clock& clock_;
  CancelToken stopping_;
  database::Database database_;
  tracking::TrackingStore runs_;
  tracking::LoggedModelStore models_;
  tracking::ModelRegistry registry_;
  tracking::ArtifactStore artifacts_;
  const TrackingServices services_;
  std::future<void> sweep_;  // last, so that its end is waited for first
};

}  // namespace marquee
