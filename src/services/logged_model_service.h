// Logged models over the MLflow protocol.
#pragma once

#include "http/message.h"
#include "tracking/artifact_store.h"
#include "tracking/logged_model_store.h"

namespace marquee {

// As TrackingService.
class LoggedModelService {
 public:
  LoggedModelService(tracking::LoggedModelStore& store, const tracking::ArtifactStore& artifacts)
      : store_(store), artifacts_(artifacts) {}

  http::Response Create(const http::Request& request) const;
  http::Response Get(const http::Request& request) const;
  http::Response Finalize(const http::Request& request) const;
  http::Response Delete(const http::Request& request) const;
  http::Response Search(const http::Request& request) const;
  http::Response SetTags(const http::Request& request) const;
  http::Response DeleteTag(const http::Request& request) const;
  http::Response LogParams(const http::Request& request) const;
  http::Response ListArtifacts(const http::Request& request) const;

 private:
  tracking::LoggedModelStore& store_;
  const tracking::ArtifactStore& artifacts_;
};

}  // namespace marquee
