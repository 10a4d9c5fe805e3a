// Where the files that must never be half-written live: by key, whole objects. The interface asks
// for no more than S3 and Azure Blob give (If-None-Match, prefixes, uploads in parts).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace marquee::storage {

struct ObjectInfo {
  std::string key;
  int64_t size_bytes;
  int64_t modified_ms;

  bool operator==(const ObjectInfo&) const = default;
};

// What is right below a folder.
struct FolderListing {
  std::vector<ObjectInfo> objects;   // by key
  std::vector<std::string> folders;  // their names, sorted
};

// An object of any size, read in parts as it was when it was opened. Not thread-safe.
class ObjectReader {
 public:
  explicit ObjectReader(ObjectInfo info) : info_(std::move(info)) {}
  virtual ~ObjectReader() = default;

  const ObjectInfo& info() const { return info_; }
  // At most `max_bytes` (> 0) from byte `offset` (>= 0) on, and at least one before the end. Throws
  // data_loss when that object is no longer to be had.
  virtual std::string Read(int64_t offset, size_t max_bytes) = 0;

 private:
  const ObjectInfo info_;
};

// An object of any size, written in pieces with flat memory: it appears with Commit, whole and
// durable, in place of one that was there. Without Commit nothing of it is left. Not thread-safe.
class ObjectWriter {
 public:
  virtual ~ObjectWriter() = default;
  virtual void Write(std::string_view bytes) = 0;
  // REQUIRES: called at most once, and last.
  virtual void Commit() = 0;
};

// A key is a relative path with '/' between its parts: no empty, "." or ".." part, and the last
// part does not start with ".tmp-". Every call throws invalid_argument for another key, and
// otherwise what the store says: permission_denied, resource_exhausted, unavailable;
// failed_precondition when the store itself is not there or not set up. Thread-safe; many processes
// may use one store at once.
//
// Folders are implied by keys. A store may be a disk, where nothing can be an object and a folder:
// what writes there then throws already_exists; and where an empty folder may stay behind.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  // Throws not_found.
  virtual std::string Get(std::string_view key) const = 0;
  // Throws not_found.
  virtual std::unique_ptr<ObjectReader> Open(std::string_view key) const = 0;
  // Creates the object whole, or returns false and changes nothing when there is one already: of
  // many callers at once exactly one gets true. Durable when it returns. `modified_ms`: its
  // modification time, where the store lets one choose; the store's own clock otherwise. When it
  // throws, the object may be there or not.
  virtual bool PutIfAbsent(std::string_view key, std::string_view bytes, int64_t modified_ms) = 0;
  // Creates or replaces: a reader gets the old bytes or the new ones.
  virtual void Put(std::string_view key, std::string_view bytes) = 0;
  // As Put, for what does not fit into memory.
  virtual std::unique_ptr<ObjectWriter> Create(std::string_view key) = 0;
  // A missing object is no error.
  virtual void Delete(std::string_view key) = 0;
  // All objects below the folder, not at once; a missing one is no error.
  virtual void DeleteFolder(std::string_view folder) = 0;
  virtual std::optional<ObjectInfo> Stat(std::string_view key) const = 0;
  // All whose key starts with `prefix`, by key.
  virtual std::vector<ObjectInfo> List(std::string_view prefix) const = 0;
  // "" is the root. Empty for a missing folder.
  virtual FolderListing ListFolder(std::string_view folder) const = 0;
  // The folders of ListFolder alone.
  virtual std::vector<std::string> Folders(std::string_view folder) const = 0;
  // Deletes what writers that died left half-written below `folder` before `older_than_ms`; returns
  // how many.
  virtual int64_t RemoveLeftovers(std::string_view folder, int64_t older_than_ms) = 0;
};

// Throws invalid_argument for what is no key.
void CheckKey(std::string_view key);
// "folder/", and "" for the root. Throws as CheckKey.
std::string PrefixOf(std::string_view folder);

}  // namespace marquee::storage
