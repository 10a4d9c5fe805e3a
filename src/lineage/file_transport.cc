#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/files.h"
#include "base/text.h"
#include "lineage/transport.h"

namespace marquee::lineage {
namespace {

namespace fs = std::filesystem;

class FileTransport : public Transport {
 public:
  FileTransport(FileTransportOptions options, const Clock& clock)
      : options_(std::move(options)), clock_(clock) {}

  void Send(const Json& event) override {
    Rotate();
    const fs::path& file = options_.file;
    std::error_code ignored;
    if (file.has_parent_path()) fs::create_directories(file.parent_path(), ignored);
    const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0) ThrowFileError(errno, "open", file);
    // In one call, so that others may write the same file.
    const std::string line = event.Dump() + "\n";
    const ssize_t written = write(fd, line.data(), line.size());
    const int problem = written < 0 ? errno : ENOSPC;
    close(fd);
    if (written != static_cast<ssize_t>(line.size())) ThrowFileError(problem, "write", file);
  }

 private:
  void Rotate() const {
    std::error_code error;
    const auto size = fs::file_size(options_.file, error);
    if (error || options_.max_bytes == 0 || static_cast<int64_t>(size) < options_.max_bytes) return;
    fs::path old = options_.file;
    old += StrCat(".", ReplaceAll(FormatUtc(clock_.NowMs()), ":", ""));
    fs::rename(options_.file, old, error);
    if (error) ThrowFileError(error.value(), "rename", options_.file);
  }

  const FileTransportOptions options_;
  const Clock& clock_;
};

}  // namespace

std::unique_ptr<Transport> MakeFileTransport(FileTransportOptions options, const Clock& clock) {
  return std::make_unique<FileTransport>(std::move(options), clock);
}

}  // namespace marquee::lineage
