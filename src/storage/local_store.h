// An object store in a folder of the local disk.
#pragma once

#include <filesystem>

#include "storage/object_store.h"

namespace marquee::storage {

// An object is a file below `root`; folders are made as needed. Objects are written beside their
// name as .tmp-<id>, synced, and then linked (absent) or renamed (replaced) into place.
class LocalStore : public ObjectStore {
 public:
  explicit LocalStore(std::filesystem::path root);

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
  int64_t RemoveLeftovers(std::string_view folder, int64_t older_than_ms) override;

 private:
  std::filesystem::path PathOf(std::string_view key) const;

  std::filesystem::path root_;
};

// Makes the bytes of a file that another library wrote survive a crash.
void SyncFile(const std::filesystem::path& path);
void SetModifiedMs(const std::filesystem::path& path, int64_t modified_ms);
// As create_directories, and durable.
void MakeFolders(const std::filesystem::path& folder);

}  // namespace marquee::storage
