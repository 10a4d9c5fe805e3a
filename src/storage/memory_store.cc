#include "storage/memory_store.h"

#include <set>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace marquee::storage {
namespace {

class MemoryReader : public ObjectReader {
 public:
  MemoryReader(ObjectInfo info, std::shared_ptr<const std::string> bytes)
      : ObjectReader(std::move(info)), bytes_(std::move(bytes)) {}
  std::string Read(int64_t offset, size_t max_bytes) override {
    const auto from = static_cast<size_t>(offset);
    return from < bytes_->size() ? bytes_->substr(from, max_bytes) : std::string();
  }

 private:
  const std::shared_ptr<const std::string> bytes_;
};

class MemoryWriter : public ObjectWriter {
 public:
  MemoryWriter(ObjectStore& store, std::string key) : store_(store), key_(std::move(key)) {}
  void Write(std::string_view bytes) override { bytes_ += bytes; }
  void Commit() override { store_.Put(key_, bytes_); }

 private:
  ObjectStore& store_;
  const std::string key_;
  std::string bytes_;
};

}  // namespace

const MemoryStore::Object& MemoryStore::Find(std::string_view key) const {
  CheckKey(key);
  const auto found = objects_.find(key);
  if (found == objects_.end()) throw Error(Code::kNotFound, StrCat("no object ", key));
  return found->second;
}

std::string MemoryStore::Get(std::string_view key) const {
  const std::lock_guard lock(mutex_);
  return *Find(key).bytes;
}

std::unique_ptr<ObjectReader> MemoryStore::Open(std::string_view key) const {
  const std::lock_guard lock(mutex_);
  const Object& object = Find(key);
  return std::make_unique<MemoryReader>(
      ObjectInfo{std::string(key), static_cast<int64_t>(object.bytes->size()), object.modified_ms},
      object.bytes);
}

bool MemoryStore::PutIfAbsent(std::string_view key, std::string_view bytes, int64_t modified_ms) {
  CheckKey(key);
  const std::lock_guard lock(mutex_);
  const auto shared = std::make_shared<const std::string>(bytes);
  return objects_.emplace(key, Object{shared, modified_ms}).second;
}

void MemoryStore::Put(std::string_view key, std::string_view bytes) {
  CheckKey(key);
  const std::lock_guard lock(mutex_);
  const auto shared = std::make_shared<const std::string>(bytes);
  objects_.insert_or_assign(std::string(key), Object{shared, clock_.NowMs()});
}

std::unique_ptr<ObjectWriter> MemoryStore::Create(std::string_view key) {
  CheckKey(key);
  return std::make_unique<MemoryWriter>(*this, std::string(key));
}

void MemoryStore::Delete(std::string_view key) {
  CheckKey(key);
  const std::lock_guard lock(mutex_);
  if (const auto found = objects_.find(key); found != objects_.end()) objects_.erase(found);
}

void MemoryStore::DeleteFolder(std::string_view folder) {
  CheckKey(folder);
  for (const ObjectInfo& object : List(PrefixOf(folder))) Delete(object.key);
}

std::optional<ObjectInfo> MemoryStore::Stat(std::string_view key) const {
  CheckKey(key);
  const std::lock_guard lock(mutex_);
  const auto found = objects_.find(key);
  if (found == objects_.end()) return std::nullopt;
  return ObjectInfo{found->first, static_cast<int64_t>(found->second.bytes->size()),
                    found->second.modified_ms};
}

std::vector<ObjectInfo> MemoryStore::List(std::string_view prefix) const {
  const std::lock_guard lock(mutex_);
  std::vector<ObjectInfo> found;
  for (auto it = objects_.lower_bound(prefix);
       it != objects_.end() && it->first.starts_with(prefix); ++it) {
    found.push_back(
        {it->first, static_cast<int64_t>(it->second.bytes->size()), it->second.modified_ms});
  }
  return found;
}

FolderListing MemoryStore::ListFolder(std::string_view folder) const {
  const std::string prefix = PrefixOf(folder);
  FolderListing listing;
  std::set<std::string> names;
  for (ObjectInfo& object : List(prefix)) {
    const std::string_view rest = std::string_view(object.key).substr(prefix.size());
    if (const size_t slash = rest.find('/'); slash != std::string_view::npos) {
      names.emplace(rest.substr(0, slash));
    } else {
      listing.objects.push_back(std::move(object));
    }
  }
  listing.folders.assign(names.begin(), names.end());
  return listing;
}

std::vector<std::string> MemoryStore::Folders(std::string_view folder) const {
  return ListFolder(folder).folders;
}

int64_t MemoryStore::RemoveLeftovers(std::string_view, int64_t) { return 0; }

}  // namespace marquee::storage
