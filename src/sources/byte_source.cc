#include "sources/byte_source.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"

namespace marquee::sources {
namespace {

namespace fs = std::filesystem;

class FileBytes : public ByteSource {
 public:
  explicit FileBytes(const fs::path& path)
      : path_(path), descriptor_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (descriptor_ < 0) ThrowFileError(errno, "open", path_);
    posix_fadvise(descriptor_, 0, 0, POSIX_FADV_SEQUENTIAL);
  }
  ~FileBytes() override { close(descriptor_); }
  FileBytes(const FileBytes&) = delete;
  FileBytes& operator=(const FileBytes&) = delete;

  size_t Read(char* buffer, size_t size) override {
    for (;;) {
      const ssize_t count = read(descriptor_, buffer, size);
      if (count >= 0) return static_cast<size_t>(count);
      if (errno != EINTR) ThrowFileError(errno, "read", path_);
    }
  }

 private:
  const fs::path path_;
  const int descriptor_;
};

class MemoryBytes : public ByteSource {
 public:
  MemoryBytes(std::string bytes, size_t piece) : bytes_(std::move(bytes)), piece_(piece) {}

  size_t Read(char* buffer, size_t size) override {
    const size_t count = std::min({size, piece_, bytes_.size() - at_});
    std::memcpy(buffer, bytes_.data() + at_, count);
    at_ += count;
    return count;
  }

 private:
  const std::string bytes_;
  const size_t piece_;
  size_t at_ = 0;
};

FileEntry EntryOf(const fs::directory_entry& file, std::string name) {
  std::error_code error;
  const auto size = static_cast<int64_t>(file.file_size(error));
  if (!error) {
    const auto modified = file.last_write_time(error).time_since_epoch().count();
    if (!error) return {std::move(name), size, static_cast<int64_t>(modified)};
  }
  ThrowFileError(error.value(), "read the size of", file.path());
}

std::vector<fs::directory_entry> Children(const fs::path& folder, std::error_code* error) {
  std::vector<fs::directory_entry> children;
  fs::directory_iterator at(folder, *error);
  for (; !*error && at != fs::directory_iterator(); at.increment(*error)) children.push_back(*at);
  return children;
}

class Folder : public FileTree {
 public:
  Folder(fs::path root, std::vector<FileEntry> entries)
      : root_(std::move(root)), entries_(std::move(entries)) {
    std::sort(entries_.begin(), entries_.end(),
              [](const FileEntry& a, const FileEntry& b) { return a.name < b.name; });
  }

  const std::vector<FileEntry>& entries() const override { return entries_; }
  std::unique_ptr<ByteSource> Open(const std::string& name) const override {
    return OpenFileBytes(root_ / name);
  }

 private:
  const fs::path root_;
  std::vector<FileEntry> entries_;
};

void AddFiles(const std::vector<fs::directory_entry>& children, const std::string& prefix,
              std::vector<FileEntry>* entries) {
  for (const fs::directory_entry& child : children) {
    std::error_code unreadable;
    if (child.is_regular_file(unreadable))
      entries->push_back(EntryOf(child, prefix + child.path().filename().string()));
  }
}

}  // namespace

const FileEntry* FileTree::Find(std::string_view name) const {
  const std::vector<FileEntry>& all = entries();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const FileEntry& entry) { return entry.name == name; });
  return found == all.end() ? nullptr : &*found;
}

std::shared_ptr<const FileTree> OpenFolder(const fs::path& path) {
  std::error_code error;
  const std::vector<fs::directory_entry> children = Children(path, &error);
  if (error) ThrowFileError(error.value(), "list", path);
  std::vector<FileEntry> entries;
  AddFiles(children, "", &entries);
  for (const fs::directory_entry& child : children) {
    std::error_code unreadable;
    if (child.is_directory(unreadable))
      AddFiles(Children(child.path(), &unreadable), child.path().filename().string() + "/",
               &entries);
  }
  return std::make_shared<Folder>(path, std::move(entries));
}

std::shared_ptr<const FileTree> OpenSingleFile(const fs::path& path) {
  const fs::directory_entry file(path);
  if (!file.is_regular_file())
    throw Error(Code::kInvalidArgument, StrCat(path.string(), " is not a file"));
  std::vector<FileEntry> entries = {EntryOf(file, path.filename().string())};
  return std::make_shared<Folder>(path.parent_path(), std::move(entries));
}

std::unique_ptr<ByteSource> OpenFileBytes(const fs::path& path) {
  return std::make_unique<FileBytes>(path);
}

std::unique_ptr<ByteSource> OpenMemoryBytes(std::string bytes, size_t piece) {
  return std::make_unique<MemoryBytes>(std::move(bytes), piece);
}

std::string ReadPrefix(ByteSource& source, size_t limit) {
  std::string bytes(limit, '\0');
  size_t size = 0;
  while (size < limit) {
    const size_t count = source.Read(bytes.data() + size, limit - size);
    if (count == 0) break;
    size += count;
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace marquee::sources
