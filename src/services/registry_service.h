// Registered models, their versions and aliases over the MLflow protocol.
#pragma once

#include "http/message.h"
#include "tracking/model_registry.h"

namespace marquee {

// As TrackingService.
class RegistryService {
 public:
  explicit RegistryService(tracking::ModelRegistry& registry) : registry_(registry) {}

  http::Response CreateModel(const http::Request& request) const;
  http::Response RenameModel(const http::Request& request) const;
  http::Response UpdateModel(const http::Request& request) const;
  http::Response DeleteModel(const http::Request& request) const;
  http::Response GetModel(const http::Request& request) const;
  http::Response SearchModels(const http::Request& request) const;
  http::Response SetModelTag(const http::Request& request) const;
  http::Response DeleteModelTag(const http::Request& request) const;
  http::Response GetLatestVersions(const http::Request& request) const;
  http::Response SetAlias(const http::Request& request) const;
  http::Response DeleteAlias(const http::Request& request) const;
  http::Response GetVersionOfAlias(const http::Request& request) const;

  http::Response CreateVersion(const http::Request& request) const;
  http::Response UpdateVersion(const http::Request& request) const;
  http::Response DeleteVersion(const http::Request& request) const;
  http::Response GetVersion(const http::Request& request) const;
  http::Response SearchVersions(const http::Request& request) const;
  http::Response GetDownloadUri(const http::Request& request) const;
  http::Response TransitionStage(const http::Request& request) const;
  http::Response SetVersionTag(const http::Request& request) const;
  http::Response DeleteVersionTag(const http::Request& request) const;

 private:
  tracking::ModelRegistry& registry_;
};

}  // namespace marquee
