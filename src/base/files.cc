#include "base/files.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/ids.h"
#include "base/text.h"

namespace marquee {
namespace {

namespace fs = std::filesystem;

// An open descriptor, closed with the object.
class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags) : fd_(open(path.c_str(), flags | O_CLOEXEC, 0644)) {
    if (fd_ < 0) ThrowFileError(errno, flags & O_CREAT ? "create" : "open", path);
  }
  ~Descriptor() { close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

void WriteAll(int fd, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) ThrowFileError(errno, "write", path);
    if (written > 0) bytes.remove_prefix(static_cast<size_t>(written));
  }
}

}  // namespace

void ThrowFileError(int error_number, std::string_view what, const fs::path& path) {
  const std::string message =
      StrCat("cannot ", what, " ", path.string(), ": ", std::strerror(error_number));
  switch (error_number) {
    case ENOENT:
    case ENOTDIR:
      throw Error(Code::kNotFound, message);
    case EEXIST:
      throw Error(Code::kAlreadyExists, message);
    case EACCES:
    case EPERM:
    case EROFS:
      throw Error(Code::kPermissionDenied, message);
    case ENOSPC:
    case EDQUOT:
      throw Error(Code::kResourceExhausted, message, "free some space on that disk and try again");
    default:
      throw Error(Code::kUnavailable, message);
  }
}

std::string ReadFile(const fs::path& path) {
  const Descriptor descriptor(path, O_RDONLY);
  std::string bytes;
  struct stat status {};
  if (fstat(descriptor.get(), &status) == 0 && status.st_size > 0)
    bytes.reserve(static_cast<size_t>(status.st_size));
  char block[1 << 16];
  for (;;) {
    const ssize_t count = read(descriptor.get(), block, sizeof block);
    if (count == 0) return bytes;
    if (count < 0 && errno != EINTR) ThrowFileError(errno, "read", path);
    if (count > 0) bytes.append(block, static_cast<size_t>(count));
  }
}

AtomicFile::AtomicFile(const fs::path& path)
    : path_(path),
      temporary_(path.parent_path() / StrCat(".tmp-", NewRunId())),
      fd_(open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644)) {
  if (fd_ < 0) ThrowFileError(errno, "create", temporary_);
}

AtomicFile::~AtomicFile() {
  if (fd_ < 0) return;
  close(fd_);
  unlink(temporary_.c_str());
}

void AtomicFile::Append(std::string_view bytes) { WriteAll(fd_, bytes, temporary_); }

void AtomicFile::Commit() {
  if (fsync(fd_) != 0) ThrowFileError(errno, "sync", temporary_);
  if (rename(temporary_.c_str(), path_.c_str()) != 0) ThrowFileError(errno, "replace", path_);
  close(std::exchange(fd_, -1));
  SyncFolder(path_.parent_path().empty() ? fs::path(".") : path_.parent_path());
}

void WriteFileAtomic(const fs::path& path, std::string_view bytes) {
  AtomicFile file(path);
  file.Append(bytes);
  file.Commit();
}

void SyncFolder(const fs::path& folder) {
  const Descriptor descriptor(folder, O_RDONLY | O_DIRECTORY);
  if (fsync(descriptor.get()) != 0) ThrowFileError(errno, "sync", folder);
}

int64_t FreeBytes(const fs::path& path) {
  std::error_code error;
  const fs::space_info space = fs::space(path, error);
  if (error) ThrowFileError(error.value(), "read the free space of", path);
  return static_cast<int64_t>(space.available);
}

MappedFile::MappedFile(const fs::path& path) {
  const Descriptor descriptor(path, O_RDONLY);
  struct stat status {};
  if (fstat(descriptor.get(), &status) != 0) ThrowFileError(errno, "read", path);
  if (!S_ISREG(status.st_mode))
    throw Error(Code::kInvalidArgument, StrCat(path.string(), " is not a file"));
  if (status.st_size == 0) return;
  void* mapped = mmap(nullptr, static_cast<size_t>(status.st_size), PROT_READ, MAP_PRIVATE,
                      descriptor.get(), 0);
  if (mapped == MAP_FAILED) ThrowFileError(errno, "map", path);
  data_ = static_cast<const char*>(mapped);
  size_ = static_cast<size_t>(status.st_size);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) munmap(const_cast<char*>(data_), size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

TempDir::TempDir() {
  std::string pattern = (fs::temp_directory_path() / "marquee-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) ThrowFileError(errno, "create", pattern);
  path_ = pattern;
}

TempDir::~TempDir() {
  std::error_code ignored;  // a folder that cannot be deleted is left to the system's own clean-up
  fs::remove_all(path_, ignored);
}

}  // namespace marquee
