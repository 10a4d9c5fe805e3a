// Local files. Errors name the path: not_found, permission_denied, resource_exhausted (disk full),
// unavailable.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace marquee {

std::string ReadFile(const std::filesystem::path& path);
// A reader sees the old bytes or the new ones, also after a crash: temporary file beside it, fsync,
// rename, fsync of the folder.
void WriteFileAtomic(const std::filesystem::path& path, std::string_view bytes);

// The same for a file that is written in pieces: it appears with Commit, and not at all without.
// Not thread-safe.
class AtomicFile {
 public:
  explicit AtomicFile(const std::filesystem::path& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void Append(std::string_view bytes);
  // REQUIRES: called at most once, and last.
  void Commit();

 private:
  std::filesystem::path path_;
  std::filesystem::path temporary_;
  int fd_;
};

// Makes names that were created or replaced in the folder survive a crash.
void SyncFolder(const std::filesystem::path& folder);
// Free bytes on the disk that holds `path`.
int64_t FreeBytes(const std::filesystem::path& path);
// Throws the Error for errno `error_number`, saying "cannot <what> <path>".
[[noreturn]] void ThrowFileError(int error_number, std::string_view what,
                                 const std::filesystem::path& path);

// A file mapped for reading. Movable; the view lives as long as the object.
class MappedFile {
 public:
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;

  std::string_view bytes() const { return {data_, size_}; }

 private:
  const char* data_ = nullptr;
  size_t size_ = 0;
};

// A new empty folder below the system's temporary folder, deleted with the object.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace marquee
