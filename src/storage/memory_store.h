// An object store in memory, for tests.
#pragma once

#include <map>
#include <mutex>

#include "base/clock.h"
#include "storage/object_store.h"

namespace marquee::storage {

class MemoryStore : public ObjectStore {
 public:
  explicit MemoryStore(const Clock& clock) : clock_(clock) {}

  std::string Get(std::string_view key) const override;
  bool PutIfAbsent(std::string_view key, std::string_view bytes, int64_t modified_ms) override;
  void Put(std::string_view key, std::string_view bytes) override;
  void Delete(std::string_view key) override;
  std::optional<ObjectInfo> Stat(std::string_view key) const override;
  std::vector<ObjectInfo> List(std::string_view prefix) const override;
  std::vector<std::string> Folders(std::string_view folder) const override;
  // There are none: an object appears whole.
  int64_t RemoveLeftovers(std::string_view folder, int64_t older_than_ms) override;

 private:
  struct Object {
    std::string bytes;
    int64_t modified_ms;
  };

  const Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::string, Object, std::less<>> objects_;
};

}  // namespace marquee::storage
