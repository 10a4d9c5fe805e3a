#include "tracking/artifact_store.h"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "storage/local_store.h"
#include "tracking/artifact_path.h"

namespace marquee::tracking {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxPartBytes = 255;
constexpr size_t kMaxPathBytes = 2048;
constexpr std::string_view kHalfWritten = ".tmp-";

[[noreturn]] void RefusePath(const std::string& path, std::string_view why) {
  throw Error(Code::kInvalidArgument, StrCat("Invalid path: '", path, "' ", why), "choose another");
}

int64_t ModifiedMs(const fs::path& file) {
  std::error_code error;
  const fs::file_time_type time = fs::last_write_time(file, error);
  if (error) return 0;
  const auto system = std::chrono::file_clock::to_sys(time).time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(system).count();
}

ArtifactInfo InfoOf(const fs::path& file) {
  std::error_code error;
  ArtifactInfo info{.name = file.filename().string(), .is_folder = fs::is_directory(file, error)};
  if (info.is_folder) return info;
  const std::uintmax_t size = fs::file_size(file, error);
  info.size_bytes = error ? 0 : static_cast<int64_t>(size);
  info.modified_ms = ModifiedMs(file);
  return info;
}

// No part of the path above it is a file.
void RequireFolders(const fs::path& root, const fs::path& file, const std::string& path) {
  for (fs::path above = file.parent_path(); above != root && above != above.parent_path();
       above = above.parent_path()) {
    if (fs::exists(above) && !fs::is_directory(above)) RefusePath(path, "is below a file");
  }
}

}  // namespace

ArtifactReader::ArtifactReader(const fs::path& file, ArtifactInfo info)
    : info_(std::move(info)), file_(file, std::ios::binary) {
  if (!file_) {
    throw Error(Code::kUnavailable, StrCat("cannot open the artifact ", file.string()),
                "look at its permissions");
  }
}

std::string ArtifactReader::Read(int64_t offset, size_t max_bytes) {
  const auto left = static_cast<size_t>(std::max<int64_t>(info_.size_bytes - offset, 0));
  std::string bytes(std::min(max_bytes, left), '\0');
  file_.seekg(offset);
  file_.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (static_cast<size_t>(file_.gcount()) != bytes.size()) {
    throw Error(Code::kDataLoss, StrCat("the artifact ", info_.name, " is shorter than it was"));
  }
  return bytes;
}

fs::path ArtifactStore::PathOf(const std::string& path) const {
  const std::string checked = CheckedArtifactPath(path);
  if (checked.size() > kMaxPathBytes) {
    RefusePath(path.substr(0, 80) + "...", "has more than 2048 bytes");
  }
  for (const std::string_view part : Split(checked, "/")) {
    if (part.size() > kMaxPartBytes) RefusePath(path, "has a part of more than 255 bytes");
    if (part.starts_with(kHalfWritten)) RefusePath(path, "has a part that begins with .tmp-");
  }
  return root_ / checked;
}

AtomicFile ArtifactStore::Create(const std::string& path) {
  const fs::path file = PathOf(path);
  if (path.empty() || fs::is_directory(file)) RefusePath(path, "is a folder");
  RequireFolders(root_, file, path);
  storage::MakeFolders(file.parent_path());
  return AtomicFile(file);
}

ArtifactReader ArtifactStore::Open(const std::string& path) const {
  const fs::path file = PathOf(path);
  std::error_code error;
  if (path.empty() || fs::is_directory(file, error)) RefusePath(path, "is a folder");
  if (!fs::exists(file, error)) {
    throw Error(Code::kNotFound, StrCat("No such artifact: '", path, "'"), "list its folder");
  }
  return ArtifactReader(file, InfoOf(file));
}

std::vector<ArtifactInfo> ArtifactStore::List(const std::string& path) const {
  std::vector<ArtifactInfo> infos;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(PathOf(path), error)) {
    if (!entry.path().filename().string().starts_with(kHalfWritten)) {
      infos.push_back(InfoOf(entry.path()));
    }
  }
  std::ranges::sort(infos, {}, &ArtifactInfo::name);
  return infos;
}

void ArtifactStore::Delete(const std::string& path) {
  if (path.empty()) RefusePath(path, "is the root: it stays");
  const fs::path file = PathOf(path);
  std::error_code error;
  fs::remove_all(file, error);
  if (error && error != std::errc::not_a_directory) ThrowFileError(error.value(), "delete", file);
}

}  // namespace marquee::tracking
