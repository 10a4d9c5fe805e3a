// For tests: experiments, runs, models and artifacts in a folder of their own, and what serves
// them.
#pragma once

#include "base/clock.h"
#include "base/files.h"
#include "database/database.h"
#include "services/tracking_routes.h"
#include "storage/local_store.h"
#include "tracking/schema.h"

namespace marquee {

struct TestTracking {
  TempDir folder;
  ManualClock clock{1'700'000'000'000};
  database::Database database{{.url = (folder.path() / "tracking.db").string()},
                              tracking::TrackingSchema()};
  tracking::TrackingStore runs{database, clock};
  tracking::LoggedModelStore models{database, clock};
  tracking::ModelRegistry registry{database, clock};
  tracking::ArtifactStore artifacts{
      std::make_shared<storage::LocalStore>(folder.path() / "artifacts")};
  const TrackingServices services{.runs = TrackingService(runs),
                                  .models = LoggedModelService(models, artifacts),
                                  .registry = RegistryService(registry),
                                  .artifacts = ArtifactService(artifacts, runs)};
};

}  // namespace marquee
