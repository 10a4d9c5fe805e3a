// Where the files that must never be half-written live: by key, whole objects. Local disk today;
// the interface asks for no more than S3 and Azure Blob give (If-None-Match, prefixes).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace marquee::storage {

struct ObjectInfo {
  std::string key;
  int64_t size_bytes;
  int64_t modified_ms;

  bool operator==(const ObjectInfo&) const = default;
};

// A key is a relative path with '/' between its parts: no empty, "." or ".." part, and the last
// part does not start with ".tmp-". Every call throws invalid_argument for another key, and
// otherwise what the store says: permission_denied, resource_exhausted, unavailable. Thread-safe;
// many processes may use one store at once.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  // Throws not_found.
  virtual std::string Get(std::string_view key) const = 0;
  // Creates the object whole, or returns false and changes nothing when there is one already: of
  // many callers at once exactly one gets true. Durable when it returns. `modified_ms`: its
  // modification time, where the store lets one choose; the store's own clock otherwise. When it
  // throws, the object may be there or not.
  virtual bool PutIfAbsent(std::string_view key, std::string_view bytes, int64_t modified_ms) = 0;
  // Creates or replaces: a reader gets the old bytes or the new ones.
  virtual void Put(std::string_view key, std::string_view bytes) = 0;
  // A missing object is no error.
  virtual void Delete(std::string_view key) = 0;
  virtual std::optional<ObjectInfo> Stat(std::string_view key) const = 0;
  // All whose key starts with `prefix`, by key.
  virtual std::vector<ObjectInfo> List(std::string_view prefix) const = 0;
  // Names of the folders right below `folder` ("" is the root), sorted.
  virtual std::vector<std::string> Folders(std::string_view folder) const = 0;
  // Deletes what writers that died left half-written below `folder` before `older_than_ms`; returns
  // how many.
  virtual int64_t RemoveLeftovers(std::string_view folder, int64_t older_than_ms) = 0;
};

// Throws invalid_argument for what is no key.
void CheckKey(std::string_view key);

}  // namespace marquee::storage
