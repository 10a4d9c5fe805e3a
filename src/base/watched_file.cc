#include "base/watched_file.h"

#include <sys/stat.h>

#include <cerrno>

#include "base/files.h"

namespace marquee {

bool WatchedFile::Changed() {
  struct stat found {};
  Stamp now = kAbsent;
  if (stat(path_.c_str(), &found) == 0) {
    now = {static_cast<int64_t>(found.st_dev),
           static_cast<int64_t>(found.st_ino),
           found.st_size,
           found.st_mtim.tv_sec,
           found.st_mtim.tv_nsec,
           1};
  } else if (errno != ENOENT && errno != ENOTDIR) {
    ThrowFileError(errno, "look at", path_);
  }
  const bool changed = now != seen_;
  seen_ = now;
  return changed;
}

}  // namespace marquee
