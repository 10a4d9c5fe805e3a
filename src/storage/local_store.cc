#include "storage/local_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/error.h"
#include "base/files.h"
#include "base/ids.h"
#include "base/text.h"

namespace marquee::storage {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTemporary = ".tmp-";

int64_t ModifiedMs(const struct stat& status) {
  return int64_t{status.st_mtim.tv_sec} * 1000 + status.st_mtim.tv_nsec / 1'000'000;
}

timespec TimeSpec(int64_t ms) {
  const int64_t seconds = ms >= 0 ? ms / 1000 : -((-ms + 999) / 1000);
  timespec time{};
  time.tv_sec = seconds;
  time.tv_nsec = (ms - seconds * 1000) * 1'000'000;
  return time;
}

// A file beside `target` with its final bytes and times, gone with the object.
class Temporary {
 public:
  Temporary(const fs::path& target, std::string_view bytes)
      : path_(target.parent_path() / StrCat(kTemporary, NewRunId())) {
    fd_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd_ < 0) ThrowFileError(errno, "create", path_);
    while (!bytes.empty()) {
      const ssize_t written = write(fd_, bytes.data(), bytes.size());
      if (written < 0 && errno != EINTR) Fail("write");
      if (written > 0) bytes.remove_prefix(static_cast<size_t>(written));
    }
  }
  ~Temporary() { Remove(); }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  void SetTime(int64_t modified_ms) {
    const timespec times[2] = {TimeSpec(modified_ms), TimeSpec(modified_ms)};
    if (futimens(fd_, times) != 0) Fail("set the time of");
  }
  void Sync() {
    if (fsync(fd_) != 0) Fail("sync");
  }
  const fs::path& path() const { return path_; }

 private:
  // The destructor does not run for an object whose constructor throws.
  [[noreturn]] void Fail(const char* what) {
    const int error = errno;
    Remove();
    ThrowFileError(error, what, path_);
  }
  void Remove() {
    if (fd_ < 0) return;
    close(fd_);
    unlink(path_.c_str());
    fd_ = -1;
  }

  fs::path path_;
  int fd_ = -1;
};

bool IsTemporary(const fs::path& path) { return path.filename().string().starts_with(kTemporary); }

class LocalReader : public ObjectReader {
 public:
  LocalReader(ObjectInfo info, fs::path path, int fd)
      : ObjectReader(std::move(info)), path_(std::move(path)), fd_(fd) {}
  ~LocalReader() override { close(fd_); }
  LocalReader(const LocalReader&) = delete;
  LocalReader& operator=(const LocalReader&) = delete;

  std::string Read(int64_t offset, size_t max_bytes) override {
    const auto left = static_cast<size_t>(std::max<int64_t>(info().size_bytes - offset, 0));
    std::string bytes(std::min(max_bytes, left), '\0');
    for (size_t done = 0; done < bytes.size();) {
      const ssize_t count = pread(fd_, bytes.data() + done, bytes.size() - done,
                                  static_cast<off_t>(offset + static_cast<int64_t>(done)));
      if (count < 0 && errno != EINTR) ThrowFileError(errno, "read", path_);
      if (count == 0) {
        throw Error(Code::kDataLoss, StrCat(path_.string(), " is shorter than when it was opened"));
      }
      if (count > 0) done += static_cast<size_t>(count);
    }
    return bytes;
  }

 private:
  const fs::path path_;
  const int fd_;
};

class LocalWriter : public ObjectWriter {
 public:
  explicit LocalWriter(const fs::path& path) : file_(path) {}
  void Write(std::string_view bytes) override { file_.Append(bytes); }
  void Commit() override { file_.Commit(); }

 private:
  AtomicFile file_;
};

// Calls visit(path, status) for each regular file below `folder`; a file or folder that another
// process takes away meanwhile is left out.
template <typename Visit>
void ForEachFile(const fs::path& folder, const Visit& visit) {
  std::error_code error;
  fs::recursive_directory_iterator it(folder, error);
  if (error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory) return;
  if (error) ThrowFileError(error.value(), "list", folder);
  while (it != fs::recursive_directory_iterator()) {
    struct stat status {};
    const fs::path path = it->path();
    if (stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode)) visit(path, status);
    it.increment(error);
    if (error && error != std::errc::no_such_file_or_directory) {
      ThrowFileError(error.value(), "list", folder);
    }
  }
}

// Calls visit(entry) for what is right below `folder`.
template <typename Visit>
void ForEachEntry(const fs::path& folder, const Visit& visit) {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) visit(entry);
  if (error && error != std::errc::no_such_file_or_directory &&
      error != std::errc::not_a_directory) {
    ThrowFileError(error.value(), "list", folder);
  }
}

}  // namespace

void SyncFile(const fs::path& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) ThrowFileError(errno, "open", path);
  const int error = fsync(fd) == 0 ? 0 : errno;
  close(fd);
  if (error != 0) ThrowFileError(error, "sync", path);
}

void SetModifiedMs(const fs::path& path, int64_t modified_ms) {
  const timespec times[2] = {TimeSpec(modified_ms), TimeSpec(modified_ms)};
  if (utimensat(AT_FDCWD, path.c_str(), times, 0) != 0) {
    ThrowFileError(errno, "set the time of", path);
  }
}

void MakeFolders(const fs::path& folder) {
  if (folder.empty() || fs::is_directory(folder)) return;
  MakeFolders(folder.parent_path());
  if (mkdir(folder.c_str(), 0755) != 0) {
    const int error = errno;
    // Another writer may have made it meanwhile.
    if (error != EEXIST || !fs::is_directory(folder)) ThrowFileError(error, "create", folder);
  }
  const fs::path parent = folder.parent_path();
  SyncFolder(parent.empty() ? fs::path(".") : parent);
}

LocalStore::LocalStore(fs::path root) : root_(std::move(root)) {}

fs::path LocalStore::PathOf(std::string_view key) const {
  CheckKey(key);
  return root_ / key;
}

std::string LocalStore::Get(std::string_view key) const { return ReadFile(PathOf(key)); }

std::unique_ptr<ObjectReader> LocalStore::Open(std::string_view key) const {
  const fs::path path = PathOf(key);
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) ThrowFileError(errno, "open", path);
  struct stat status {};
  const int error = fstat(fd, &status) == 0 ? 0 : errno;
  if (error != 0 || !S_ISREG(status.st_mode)) {
    close(fd);
    ThrowFileError(error == 0 ? ENOENT : error, "open", path);
  }
  return std::make_unique<LocalReader>(
      ObjectInfo{std::string(key), status.st_size, ModifiedMs(status)}, path, fd);
}

bool LocalStore::PutIfAbsent(std::string_view key, std::string_view bytes, int64_t modified_ms) {
  const fs::path path = PathOf(key);
  MakeFolders(path.parent_path());
  Temporary file(path, bytes);
  file.SetTime(modified_ms);
  file.Sync();
  if (link(file.path().c_str(), path.c_str()) != 0) {
    if (errno == EEXIST) return false;
    ThrowFileError(errno, "create", path);
  }
  SyncFolder(path.parent_path());
  return true;
}

void LocalStore::Put(std::string_view key, std::string_view bytes) {
  const fs::path path = PathOf(key);
  MakeFolders(path.parent_path());
  WriteFileAtomic(path, bytes);
}

std::unique_ptr<ObjectWriter> LocalStore::Create(std::string_view key) {
  const fs::path path = PathOf(key);
  MakeFolders(path.parent_path());
  if (fs::is_directory(path)) ThrowFileError(EEXIST, "create", path);
  return std::make_unique<LocalWriter>(path);
}

void LocalStore::Delete(std::string_view key) {
  const fs::path path = PathOf(key);
  if (unlink(path.c_str()) != 0 && errno != ENOENT && errno != ENOTDIR && errno != EISDIR) {
    ThrowFileError(errno, "delete", path);
  }
}

void LocalStore::DeleteFolder(std::string_view folder) {
  const fs::path path = PathOf(folder);
  std::error_code error;
  if (!fs::is_directory(path, error)) return;
  fs::remove_all(path, error);
  if (error) ThrowFileError(error.value(), "delete", path);
}

std::optional<ObjectInfo> LocalStore::Stat(std::string_view key) const {
  struct stat status {};
  const fs::path path = PathOf(key);
  if (stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    ThrowFileError(errno, "read", path);
  }
  if (!S_ISREG(status.st_mode)) return std::nullopt;
  return ObjectInfo{std::string(key), status.st_size, ModifiedMs(status)};
}

std::vector<ObjectInfo> LocalStore::List(std::string_view prefix) const {
  const size_t slash = prefix.rfind('/');
  const std::string_view folder = slash == std::string_view::npos ? "" : prefix.substr(0, slash);
  if (!folder.empty()) CheckKey(folder);
  std::vector<ObjectInfo> found;
  ForEachFile(root_ / folder, [&](const fs::path& path, const struct stat& status) {
    std::string key = path.lexically_relative(root_).generic_string();
    if (!key.starts_with(prefix) || IsTemporary(path)) return;
    found.push_back({std::move(key), status.st_size, ModifiedMs(status)});
  });
  std::sort(found.begin(), found.end(),
            [](const ObjectInfo& a, const ObjectInfo& b) { return a.key < b.key; });
  return found;
}

FolderListing LocalStore::ListFolder(std::string_view folder) const {
  const std::string prefix = PrefixOf(folder);
  FolderListing listing;
  ForEachEntry(root_ / folder, [&](const fs::directory_entry& entry) {
    std::string name = entry.path().filename().string();
    struct stat status {};
    if (IsTemporary(entry.path()) || stat(entry.path().c_str(), &status) != 0) return;
    if (S_ISDIR(status.st_mode)) listing.folders.push_back(std::move(name));
    if (!S_ISREG(status.st_mode)) return;
    listing.objects.push_back({prefix + name, status.st_size, ModifiedMs(status)});
  });
  std::ranges::sort(listing.objects, {}, &ObjectInfo::key);
  std::ranges::sort(listing.folders);
  return listing;
}

std::vector<std::string> LocalStore::Folders(std::string_view folder) const {
  if (!folder.empty()) CheckKey(folder);
  std::vector<std::string> names;
  ForEachEntry(root_ / folder, [&](const fs::directory_entry& entry) {
    std::error_code ignored;
    if (entry.is_directory(ignored)) names.push_back(entry.path().filename().string());
  });
  std::ranges::sort(names);
  return names;
}

int64_t LocalStore::RemoveLeftovers(std::string_view folder, int64_t older_than_ms) {
  if (!folder.empty()) CheckKey(folder);
  int64_t removed = 0;
  ForEachFile(root_ / folder, [&](const fs::path& path, const struct stat& status) {
    if (!IsTemporary(path) || ModifiedMs(status) >= older_than_ms) return;
    if (unlink(path.c_str()) == 0) ++removed;
  });
  return removed;
}

}  // namespace marquee::storage
