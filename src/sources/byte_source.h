// Bytes read once from front to back, and the folders and zip archives they come from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace marquee::sources {

// Not thread-safe.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Fills up to `size` bytes of `buffer`; returns how many, 0 only at the end. Throws Error that
  // names the file.
  virtual size_t Read(char* buffer, size_t size) = 0;
};

struct FileEntry {
  std::string name;  // path within the tree, '/' between
  int64_t size_bytes;
  int64_t modified;  // changes when the file changes; the unit depends on the tree
};

// The files below a folder (two levels) or inside a zip archive. Immutable and thread-safe; each
// Open gives an independent stream.
class FileTree {
 public:
  virtual ~FileTree() = default;
  // Sorted by name.
  virtual const std::vector<FileEntry>& entries() const = 0;
  // Throws not_found when there is no such file any more.
  virtual std::unique_ptr<ByteSource> Open(const std::string& name) const = 0;

  const FileEntry* Find(std::string_view name) const;
};

// Throws not_found or permission_denied for a folder that cannot be listed; subfolders that cannot
// be are left out.
std::shared_ptr<const FileTree> OpenFolder(const std::filesystem::path& path);
// A tree of one file, under its own name.
std::shared_ptr<const FileTree> OpenSingleFile(const std::filesystem::path& path);
// Nothing is extracted: entries are decompressed as they are read. Throws data_loss for a file that
// is no whole zip archive. Opening an entry throws invalid_argument when it is encrypted or
// compressed beyond belief (100 : 1); reading one throws data_loss when its size or checksum is not
// what the archive says.
std::shared_ptr<const FileTree> OpenZip(const std::filesystem::path& path);

std::unique_ptr<ByteSource> OpenFileBytes(const std::filesystem::path& path);
// Gives `bytes` in pieces of at most `piece` bytes, so that tests can cut anywhere.
std::unique_ptr<ByteSource> OpenMemoryBytes(std::string bytes, size_t piece = 1 << 16);

// Up to `limit` bytes from the front of the source.
std::string ReadPrefix(ByteSource& source, size_t limit);

}  // namespace marquee::sources
