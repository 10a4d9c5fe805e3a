#include "app/tracking.h"

#include "tracking/schema.h"

namespace marquee {

Tracking::Tracking(const Environment& environment)
    : database_({.url = environment.home().tracking().string()}, tracking::TrackingSchema()),
      runs_(database_, environment.clock()),
      models_(database_, environment.clock()),
      registry_(database_, environment.clock()),
      artifacts_(environment.home().artifacts()),
      services_{.runs = TrackingService(runs_),
                .models = LoggedModelService(models_, artifacts_),
                .registry = RegistryService(registry_),
                .artifacts = ArtifactService(artifacts_, runs_)} {}

std::string Tracking::Problem() {
  try {
    runs_.GetExperiment(0);
    return "";
  } catch (const Error& error) {
    return error.message();
  }
}

}  // namespace marquee
