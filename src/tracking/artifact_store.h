// The files of runs and models, in an object store.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/object_store.h"

namespace marquee::tracking {

struct ArtifactInfo {
  std::string name;  // the last part of its path
  bool is_folder = false;
  int64_t size_bytes = 0;   // 0 for a folder
  int64_t modified_ms = 0;  // 0 for a folder
};

// Thread-safe; several processes may use one store. Paths are as of CheckedArtifactPath, of at
// most 2,048 bytes, and each part has at most 255 bytes: invalid_argument for others. Otherwise
// throws what the store throws.
class ArtifactStore {
 public:
  explicit ArtifactStore(std::shared_ptr<storage::ObjectStore> store) : store_(std::move(store)) {}

  // A file that appears, whole and durable, with Commit, in place of one that was there. Throws
  // invalid_argument where the store cannot keep it: at the path of a folder, and below a file.
  std::unique_ptr<storage::ObjectWriter> Create(const std::string& path);
  // Throws not_found, and invalid_argument for a folder.
  std::unique_ptr<storage::ObjectReader> Open(const std::string& path) const;
  // What is right below the folder, by name; "" is the root. Nothing for a file and for what is not
  // there.
  std::vector<ArtifactInfo> List(const std::string& path) const;
  // A file, or a folder with all in it. What is not there is no error. Throws invalid_argument for
  // the root.
  void Delete(const std::string& path);
  // Deletes what uploads that broke off before the time left half-written; returns how many.
  int64_t RemoveLeftovers(int64_t older_than_ms);

 private:
  const std::shared_ptr<storage::ObjectStore> store_;
};

}  // namespace marquee::tracking
