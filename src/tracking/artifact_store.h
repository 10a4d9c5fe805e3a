// The files of runs and models, below one folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/files.h"

namespace marquee::tracking {

struct ArtifactInfo {
  std::string name;  // the last part of its path
  bool is_folder = false;
  int64_t size_bytes = 0;  // 0 for a folder
  int64_t modified_ms = 0;
};

// Of any size, with flat memory. Not thread-safe. Throws what base/files.h throws.
class ArtifactReader {
 public:
  ArtifactReader(const std::filesystem::path& file, ArtifactInfo info);
  const ArtifactInfo& info() const { return info_; }
  // At most `max_bytes` from byte `offset` on; at least one before the end. Throws data_loss when
  // the file is shorter than it was.
  std::string Read(int64_t offset, size_t max_bytes);

 private:
  const ArtifactInfo info_;
  std::ifstream file_;
};

// Thread-safe; several processes may use one folder. Paths are as of CheckedArtifactPath, of at
// most 2,048 bytes, and each part has at most 255 bytes: invalid_argument for others.
class ArtifactStore {
 public:
  explicit ArtifactStore(std::filesystem::path root) : root_(std::move(root)) {}

  // A file that appears, whole and durable, with Commit, in place of one that was there. Throws
  // invalid_argument for the path of a folder, and for one below a file.
  AtomicFile Create(const std::string& path);
  // Throws not_found, and invalid_argument for a folder.
  ArtifactReader Open(const std::string& path) const;
  // What is right below the folder, by name; "" is the root. Nothing for a file and for what is not
  // there.
  std::vector<ArtifactInfo> List(const std::string& path) const;
  // A file, or a folder with all in it. What is not there is no error. Throws invalid_argument for
  // the root.
  void Delete(const std::string& path);

 private:
  std::filesystem::path PathOf(const std::string& path) const;

  const std::filesystem::path root_;
};

}  // namespace marquee::tracking
