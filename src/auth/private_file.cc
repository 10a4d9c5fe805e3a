#include "auth/private_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>

#include "base/files.h"

namespace marquee::auth {
namespace {

void WriteAll(int fd, std::string_view bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0) ThrowFileError(errno, "write", path);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  if (::fsync(fd) != 0) ThrowFileError(errno, "write", path);
}

// A file beside `path`, made by mkstemp (0600), gone with the object.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::filesystem::path& path)
      : name_(path.string() + ".XXXXXX"), fd_(::mkstemp(name_.data())) {
    if (fd_ < 0) ThrowFileError(errno, "create", path);
  }
  ~TemporaryFile() {
    ::close(fd_);
    ::unlink(name_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  int fd() const { return fd_; }
  const std::string& name() const { return name_; }

 private:
  std::string name_;
  int fd_;
};

}  // namespace

// A link, not a rename: of two processes at once, the later takes what the earlier made.
void CreatePrivateFile(const std::filesystem::path& path, std::string_view bytes) {
  if (std::filesystem::exists(path)) return;
  std::error_code error;
  const std::filesystem::path folder = path.parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  if (error) ThrowFileError(error.value(), "create", folder);
  const TemporaryFile temporary(path);
  WriteAll(temporary.fd(), bytes, path);
  if (::link(temporary.name().c_str(), path.c_str()) != 0 && errno != EEXIST) {
    ThrowFileError(errno, "create", path);
  }
  SyncFolder(folder.empty() ? "." : folder);
}

}  // namespace marquee::auth
