// Whether a file changed since it was looked at last.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <utility>

namespace marquee {

// Told by time of change, size and inode, so a file that is written in place, replaced by a rename,
// made or removed has changed. Has no thread of its own: whoever holds it asks now and then. Read
// the file after the call that says true: what is written later makes a later call say true again.
// Not thread-safe.
class WatchedFile {
 public:
  explicit WatchedFile(std::filesystem::path path) : path_(std::move(path)) {}

  // At the first call: whether the file is there. One system call. Throws what ThrowFileError does
  // for a path that cannot be looked at.
  bool Changed();
  // As of the last call of Changed.
  bool exists() const { return seen_ != kAbsent; }
  const std::filesystem::path& path() const { return path_; }

 private:
  using Stamp = std::array<int64_t, 6>;  // device, inode, size, seconds, nanoseconds, 1
  static constexpr Stamp kAbsent = {};

  std::filesystem::path path_;
  Stamp seen_ = kAbsent;
};

}  // namespace marquee
