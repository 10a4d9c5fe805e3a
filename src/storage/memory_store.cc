#include "storage/memory_store.h"

#include <set>

#include "base/error.h"
#include "base/text.h"

namespace marquee::storage {

std::string MemoryStore::Get(std::string_view key) const {
  CheckKey(key);
  const std::lock_guard lock(mutex_);
  const auto found = objects_.find(key);
  if (found == objects_.end()) throw Error(Code::kNotFound, StrCat("no object ", key));
  return found->second.bytes;
}

bool MemoryStore::PutIfAbsent(std::string_view key, std::string_view bytes, int64_t modified_ms) {
  CheckKey(key);
  const std::lock_guard lock(mutex_);
  return objects_.emplace(key, Object{std::string(bytes), modified_ms}).second;
}

void MemoryStore::Put(std::string_view key, std::string_view bytes) {
  CheckKey(key);
  const std::lock_guard lock(mutex_);
  objects_.insert_or_assign(std::string(key), Object{std::string(bytes), clock_.NowMs()});
}

void MemoryStore::Delete(std::string_view key) {
  CheckKey(key);
  const std::lock_guard lock(mutex_);
  if (const auto found = objects_.find(key); found != objects_.end()) objects_.erase(found);
}

std::optional<ObjectInfo> MemoryStore::Stat(std::string_view key) const {
  CheckKey(key);
  const std::lock_guard lock(mutex_);
  const auto found = objects_.find(key);
  if (found == objects_.end()) return std::nullopt;
  return ObjectInfo{found->first, static_cast<int64_t>(found->second.bytes.size()),
                    found->second.modified_ms};
}

std::vector<ObjectInfo> MemoryStore::List(std::string_view prefix) const {
  const std::lock_guard lock(mutex_);
  std::vector<ObjectInfo> found;
  for (auto it = objects_.lower_bound(prefix);
       it != objects_.end() && it->first.starts_with(prefix); ++it) {
    found.push_back(
        {it->first, static_cast<int64_t>(it->second.bytes.size()), it->second.modified_ms});
  }
  return found;
}

std::vector<std::string> MemoryStore::Folders(std::string_view folder) const {
  if (!folder.empty()) CheckKey(folder);
  const std::string prefix = folder.empty() ? "" : StrCat(folder, "/");
  std::set<std::string> names;
  for (const ObjectInfo& object : List(prefix)) {
    const std::string_view rest = std::string_view(object.key).substr(prefix.size());
    if (const size_t slash = rest.find('/'); slash != std::string_view::npos) {
      names.emplace(rest.substr(0, slash));
    }
  }
  return {names.begin(), names.end()};
}

int64_t MemoryStore::RemoveLeftovers(std::string_view, int64_t) { return 0; }

}  // namespace marquee::storage
