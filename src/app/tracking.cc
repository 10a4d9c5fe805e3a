#include "app/tracking.h"

#include "tracking/schema.h"

namespace marquee {
namespace {

std::string UrlOf(const Environment& environment) {
  const std::string url = environment.config().Text("database.url");
  return url.empty() ? environment.home().tracking().string() : url;
}

}  // namespace

Tracking::Tracking(const Environment& environment)
    : database_({.url = UrlOf(environment)}, tracking::TrackingSchema()),
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
