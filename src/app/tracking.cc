#include "app/tracking.h"

#include "app/artifacts.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "tracking/schema.h"

namespace marquee {
namespace {

constexpr int64_t kLeftoverAgeMs = 24 * 3600 * 1000;

std::string UrlOf(const Environment& environment) {
  const std::string url = environment.config().Text("database.url");
  return url.empty() ? environment.home().tracking().string() : url;
}

}  // namespace

Tracking::Tracking(const Environment& environment)
    : clock_(environment.clock()),
      database_({.url = UrlOf(environment)}, tracking::TrackingSchema()),
      runs_(database_, environment.clock()),
      models_(database_, environment.clock()),
      registry_(database_, environment.clock()),
      artifacts_(OpenArtifacts(environment, &stopping_)),
      services_{.runs = TrackingService(runs_),
                .models = LoggedModelService(models_, artifacts_),
                .registry = RegistryService(registry_),
                .artifacts = ArtifactService(artifacts_, runs_)} {}

Tracking::~Tracking() { stopping_.Request(); }

void Tracking::BeginSweep() {
  const int64_t day_ago_ms = clock_.NowMs() - kLeftoverAgeMs;
  sweep_ = std::async(std::launch::async, [this, day_ago_ms] { Sweep(day_ago_ms); });
}

void Tracking::Sweep(int64_t older_than_ms) {
  try {
    const int64_t removed = artifacts_.RemoveLeftovers(older_than_ms);
    if (removed > 0) LogInfo(StrCat("deleted ", removed, " uploads that had broken off"));
  } catch (const Error& error) {
    LogWarning(StrCat("artifacts: ", error.message(), ": ", error.hint()));
  }
}

std::string Tracking::Problem() {
  try {
    runs_.GetExperiment(0);
    return "";
  } catch (const Error& error) {
    return error.message();
  }
}

}  // namespace marquee
