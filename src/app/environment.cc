#include "app/environment.h"

#include <cstdlib>

#include "app/settings.h"
#include "base/files.h"
#include "base/log.h"
#include "base/thread_pool.h"

namespace marquee {
namespace {

void CreateFolder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) ThrowFileError(error.value(), "create", folder);
}

}  // namespace

Environment::Environment(std::filesystem::path home, const std::vector<std::string>& flags)
    : home_{std::move(home)},
      config_(Config::Load(
          Settings(), home_.settings(), [](const char* name) { return std::getenv(name); },
          flags)) {
  SetLogLevel(ParseLogLevel(config_.Text("log.level")));
}

int Environment::threads() const {
  const int64_t threads = config_.Int("compute.threads");
  return threads > 0 ? static_cast<int>(threads) : AvailableCores();
}

ProbeLimits Environment::probe_limits() const {
  return {.users = static_cast<int>(config_.Int("models.probe_users")),
          .min_overlap = config_.Number("models.min_overlap"),
          .max_ms = config_.Number("models.max_ms")};
}

float Environment::min_rating() const {
  return static_cast<float>(config_.Number("models.min_rating"));
}

std::filesystem::path Environment::rules() const {
  return home_.root / config_.Text("recommend.rules");
}

lake::Engine& Environment::engine() {
  if (!engine_) {
    CreateFolder(home_.root);
    engine_ = std::make_unique<lake::Engine>(
        lake::EngineOptions{.memory_limit_bytes = config_.Bytes("lake.memory_limit"),
                            .threads = threads(),
                            .temp_dir = home_.temporary()});
  }
  return *engine_;
}

lake::Lake& Environment::lake() {
  if (!lake_) {
    CreateFolder(home_.lake());
    lake_ = std::make_unique<lake::Lake>(home_.lake(), clock_);
  }
  return *lake_;
}

}  // namespace marquee
