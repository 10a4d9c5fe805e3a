// An object store in a bucket of S3, or of a server that speaks its protocol (MinIO, versitygw).
#pragma once

#include <memory>

#include "base/clock.h"
#include "storage/object_store.h"
#include "storage/s3_options.h"

namespace marquee::storage {

class S3Client;

// Objects are kept under `options.prefix` of the bucket, which must be there; the bucket's own
// clock dates them, and Stat knows its seconds only. Whoever gives no answer, or asks for less, is
// asked again: a call may take as long as `options.attempts` say, and then throws unavailable. An
// object and a folder may have one name here. Stat takes a bucket that is not there for an empty
// one.
//
// Round trips: Get, Put, Delete, Stat 1; PutIfAbsent 1, and 1 more to learn who was first; Open 1,
// and each Read 0 or 1; Create none, its Commit 1 for an object of one part and otherwise 2 + one a
// part; List, ListFolder and Folders 1 for every 1,000 objects or folders, DeleteFolder 2;
// RemoveLeftovers 1 + one an upload.
//
// RemoveLeftovers gives up uploads in parts that were begun before the time. MinIO does not list
// those of a folder: it gives them up by itself, after a day.
class S3Store : public ObjectStore {
 public:
  // Makes no request. `clock` dates signatures. Throws failed_precondition without credentials,
  // invalid_argument for an endpoint that is none.
  S3Store(S3Options options, const Clock& clock);
  ~S3Store() override;

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
  template <typename Visit>
  void ForEachPage(const std::string& prefix, bool one_level, const Visit& visit) const;
  void DeleteAll(const std::vector<ObjectInfo>& objects) const;
  std::string WholePrefix(std::string_view prefix) const;

  const std::shared_ptr<const S3Client> client_;
};

}  // namespace marquee::storage
