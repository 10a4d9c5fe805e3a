#include "app/run_recording.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>

#include "base/error.h"
#include "base/log.h"
#include "recording/mlflow_run_log.h"
#include "recording/store_run_log.h"

namespace marquee {
namespace {

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string UserName() {
  const std::string name = Variable("USER");
  if (!name.empty()) return name;
  const passwd* entry = getpwuid(geteuid());
  return entry == nullptr ? "" : entry->pw_name;
}

MlflowServer ServerOf(const std::string& uri) {
  MlflowServer server = ParseMlflowUrl(uri);
  if (server.username.empty()) {
    server.username = Variable("MLFLOW_TRACKING_USERNAME");
    server.password = Variable("MLFLOW_TRACKING_PASSWORD");
  }
  if (server.username.empty()) server.token = Variable("MLFLOW_TRACKING_TOKEN");
  return server;
}

}  // namespace

RunRecording::RunRecording(const Environment& environment) {
  const Config& config = environment.config();
  recording_.clock = &environment.clock();
  recording_.experiment = config.Text("tracking.experiment");
  recording_.model = config.Text("tracking.model");
  if (!config.Bool("tracking.record")) return;
  const std::string uri = config.Text("tracking.uri");
  if (!uri.empty()) {
    log_ = std::make_unique<MlflowRunLog>(ServerOf(uri), environment.clock(), UserName());
  } else {
    try {
      tracking_ = std::make_unique<Tracking>(environment);
    } catch (const Error& error) {
      LogWarning("runs are not recorded: " + error.message());
      return;
    }
    log_ = std::make_unique<StoreRunLog>(tracking_->runs(), tracking_->registry(),
                                         tracking_->artifacts(), UserName());
  }
  recording_.log = log_.get();
}

}  // namespace marquee
