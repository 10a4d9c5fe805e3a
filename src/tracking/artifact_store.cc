#include "tracking/artifact_store.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "tracking/artifact_path.h"

namespace marquee::tracking {
namespace {

constexpr size_t kMaxPartBytes = 255;
constexpr size_t kMaxPathBytes = 2048;
constexpr std::string_view kHalfWritten = ".tmp-";

[[noreturn]] void RefusePath(const std::string& path, std::string_view why) {
  throw Error(Code::kInvalidArgument, StrCat("Invalid path: '", path, "' ", why), "choose another");
}

// "" for the root.
std::string KeyOf(const std::string& path) {
  std::string checked = CheckedArtifactPath(path);
  if (checked.size() > kMaxPathBytes) {
    RefusePath(path.substr(0, 80) + "...", "has more than 2048 bytes");
  }
  for (const std::string_view part : Split(checked, "/")) {
    if (part.size() > kMaxPartBytes) RefusePath(path, "has a part of more than 255 bytes");
    if (part.starts_with(kHalfWritten)) RefusePath(path, "has a part that begins with .tmp-");
  }
  return checked;
}

bool HasBelow(const storage::ObjectStore& store, const std::string& folder) {
  const storage::FolderListing below = store.ListFolder(folder);
  return !below.objects.empty() || !below.folders.empty();
}

}  // namespace

std::unique_ptr<storage::ObjectWriter> ArtifactStore::Create(const std::string& path) {
  const std::string key = KeyOf(path);
  if (key.empty()) RefusePath(path, "is a folder");
  try {
    return store_->Create(key);
  } catch (const Error& error) {
    if (error.code() != Code::kAlreadyExists) throw;
    RefusePath(path, "is a folder, or is below a file");
  }
}

std::unique_ptr<storage::ObjectReader> ArtifactStore::Open(const std::string& path) const {
  const std::string key = KeyOf(path);
  if (key.empty()) RefusePath(path, "is a folder");
  try {
    return store_->Open(key);
  } catch (const Error& error) {
    if (error.code() != Code::kNotFound) throw;
  }
  if (HasBelow(*store_, key)) RefusePath(path, "is a folder");
  throw Error(Code::kNotFound, StrCat("No such artifact: '", path, "'"), "list its folder");
}

std::vector<ArtifactInfo> ArtifactStore::List(const std::string& path) const {
  const storage::FolderListing below = store_->ListFolder(KeyOf(path));
  std::vector<ArtifactInfo> infos;
  for (const std::string& name : below.folders) infos.push_back({.name = name, .is_folder = true});
  for (const storage::ObjectInfo& object : below.objects) {
    infos.push_back({.name = object.key.substr(object.key.rfind('/') + 1),
                     .size_bytes = object.size_bytes,
                     .modified_ms = object.modified_ms});
  }
  std::ranges::sort(infos, {}, &ArtifactInfo::name);
  return infos;
}

void ArtifactStore::Delete(const std::string& path) {
  const std::string key = KeyOf(path);
  if (key.empty()) RefusePath(path, "is the root: it stays");
  store_->Delete(key);
  store_->DeleteFolder(key);
}

int64_t ArtifactStore::RemoveLeftovers(int64_t older_than_ms) {
  return store_->RemoveLeftovers("", older_than_ms);
}

}  // namespace marquee::tracking
