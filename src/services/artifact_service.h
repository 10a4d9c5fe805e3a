// The files of runs and models over the artifact proxy of the MLflow protocol.
#pragma once

#include "http/message.h"
#include "tracking/artifact_store.h"
#include "tracking/tracking_store.h"

namespace marquee {

// {"root_uri", "files"}: what is right below `path` of the artifacts at `root_uri`, with paths
// below that. Throws invalid_argument for a root that this server does not keep.
Json RenderFilesBelow(const tracking::ArtifactStore& artifacts, const std::string& root_uri,
                      const std::string& path);

// Thread-safe. What is passed in must outlive it. Upload is for a route that streams
// (Runs::kStreaming), the others wait for the disk (Runs::kOnWorker).
class ArtifactService {
 public:
  ArtifactService(tracking::ArtifactStore& artifacts, tracking::TrackingStore& store)
      : artifacts_(artifacts), store_(store) {}

  // PUT .../artifacts/{path*}: a file of any size, whole or not at all.
  http::Response Upload(const http::Request& request) const;
  // GET .../artifacts/{path*}, and a Range of it.
  http::Response Download(const http::Request& request) const;
  // GET .../artifacts?path=: {"files"} right below, with their names alone.
  http::Response List(const http::Request& request) const;
  http::Response Delete(const http::Request& request) const;
  // GET .../mlflow/artifacts/list?run_id=&path=: {"root_uri", "files"} with paths below the root.
  http::Response ListOfRun(const http::Request& request) const;
  // 501: clients then upload in one piece.
  http::Response RefuseMultipart(const http::Request& request) const;

 private:
  tracking::ArtifactStore& artifacts_;
  tracking::TrackingStore& store_;
};

}  // namespace marquee
