// An object store in memory, for tests.
#pragma once

#include <map>
#include <mutex>

#include "base/clock.h"
#include "storage/object_store.h"

namespace marquee::storage {

// Its writers must not outlive it.
class MemoryStore : public ObjectStore {
 public:
  explicit MemoryStore(const Clock& clock) : clock_(clock) {}

  std::string Get(std::string_view key) const override;
  std::unique_ptr<ObjectReader> Open(std::string_view key) const override;
  bool PutIfAbsent(std::string_view key, std::string_view bytes, int64_t modified_ms) override;
  void Put(std::string_view key, std::string_view bytes) override;
  std::unique_ptr<ObjectWriter> Create(std::string_view key) override;
  void Delete(std::string_view key) override;
  void DeleteFolder(std::string_view folder) override;
  std::optional<ObjectInfo> Stat(std::string_view key) const override;
  std::vector<ObjectInfo> List(std::string_view prefix) const override;
  FolderListing ListFolder(std::string_view folder) const override;
  std::vector<std::string> Folders(std::string_view folder) const override;
  // There are none: an object appears whole.
  int64_t RemoveLeftovers(std::string_view folder, int64_t older_than_ms) override;

 private:
  struct Object {
    std::shared_ptr<const std::string> bytes;  // a reader keeps what it opened
    int64_t modified_ms;
  };
  const Object& Find(std::string_view key) const;

  const Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::string, Object, std::less<>> objects_;
};

}  // namespace marquee::storage
