// Experiments, runs, models and artifacts of a home, as its settings say.
#pragma once

#include "app/environment.h"
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
  // what database::Database throws.
  explicit Tracking(const Environment& environment);

  tracking::TrackingStore& runs() { return runs_; }
  tracking::LoggedModelStore& models() { return models_; }
  tracking::ModelRegistry& registry() { return registry_; }
  tracking::ArtifactStore& artifacts() { return artifacts_; }
  const TrackingServices& services() const { return services_; }
  // "" when its database answers.
  std::string Problem();

 private:
  database::Database database_;
  tracking::TrackingStore runs_;
  tracking::LoggedModelStore models_;
  tracking::ModelRegistry registry_;
  tracking::ArtifactStore artifacts_;
  const TrackingServices services_;
};

}  // namespace marquee
