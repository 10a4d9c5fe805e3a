#include "titles/folders.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <optional>
#include <system_error>

#include "base/dataset_log.h"
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"

namespace marquee::titles {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPartial = ".partial-";

// Of this process, so that it is known whose it is: ".netflix_titles.csv.partial-123".
fs::path PartialOf(const fs::path& path) {
  return path.parent_path() / StrCat(".", path.filename().string(), kPartial, getpid());
}

void SyncFile(const fs::path& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) ThrowFileError(errno, "open", path);
  const int result = fsync(descriptor);
  const int error_number = errno;
  close(descriptor);
  if (result != 0) ThrowFileError(error_number, "sync", path);
}

void Rename(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error) ThrowFileError(error.value(), "replace", to);
  SyncFolder(to.parent_path());
}

std::optional<int64_t> ProcessOf(const std::string& name) {
  const size_t at = name.rfind(kPartial);
  if (!name.starts_with('.') || at == std::string::npos) return std::nullopt;
  return ParseInt(std::string_view(name).substr(at + kPartial.size()));
}

bool Lives(int64_t process) {
  return process > 0 && (kill(static_cast<pid_t>(process), 0) == 0 || errno == EPERM);
}

std::string StampOf(int64_t ms) {
  std::string text = FormatUtc(ms).substr(0, 19);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  std::replace(text.begin(), text.end(), 'T', '_');
  return text;
}

bool IsStamp(std::string_view name) {
  if (name.size() != 15 || name[8] != '_') return false;
  return std::count_if(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; }) == 14;
}

std::vector<fs::path> EntriesOf(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    entries.push_back(at->path());
  std::sort(entries.begin(), entries.end());
  return entries;
}

void RemoveAll(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) ThrowFileError(error.value(), "remove", path);
}

}  // namespace

void MakeFolder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) ThrowFileError(error.value(), "create", folder);
}

void RequireFile(const fs::path& file, std::string_view made_by) {
  if (fs::exists(file)) return;
  throw Error(Code::kNotFound, StrCat("there is no ", file.string()),
              StrCat("it is made by: ", made_by));
}

Temporary::Temporary(const fs::path& path) : path_(PartialOf(path)) {
  MakeFolder(path.parent_path());
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

Temporary::~Temporary() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void WriteWhole(const fs::path& path, const std::function<void(const fs::path&)>& write) {
  const Temporary temporary(path);
  write(temporary.path());
  SyncFile(temporary.path());
  Rename(temporary.path(), path);
}

void CopyWhole(const std::vector<fs::path>& files, const fs::path& folder) {
  if (fs::exists(folder))
    throw Error(Code::kAlreadyExists, StrCat(folder.string(), " is there already"));
  const Temporary temporary(folder);
  MakeFolder(temporary.path());
  for (const fs::path& file : files) {
    const fs::path copy = temporary.path() / file.filename();
    std::error_code error;
    fs::copy(file, copy, fs::copy_options::recursive, error);
    if (error) ThrowFileError(error.value(), "copy", file);
    if (fs::is_regular_file(copy)) SyncFile(copy);
  }
  SyncFolder(temporary.path());
  Rename(temporary.path(), folder);
  for (const fs::path& file : files) {
    NoteInput(DatasetAt(file));
    NoteOutput(DatasetAt(folder / file.filename()));
  }
}

void WriteDocument(const fs::path& path, std::string_view text) {
  WriteFileAtomic(path, text);
  Dataset dataset = DatasetAt(path);
  dataset.size_bytes = static_cast<int64_t>(text.size());
  NoteOutput(dataset);
}

std::string ReadDocument(const fs::path& path) {
  NoteInput(DatasetAt(path));
  return ReadFile(path);
}

std::vector<fs::path> RemoveLeftovers(const fs::path& folder) {
  std::vector<fs::path> removed;
  for (const fs::path& entry : EntriesOf(folder)) {
    const std::optional<int64_t> process = ProcessOf(entry.filename().string());
    if (!process || Lives(*process)) continue;
    RemoveAll(entry);
    removed.push_back(entry);
  }
  return removed;
}

std::string StampFor(const fs::path& folder, const Clock& clock) {
  int64_t at = clock.NowMs();
  while (fs::exists(folder / StampOf(at))) at += 1000;
  return StampOf(at);
}

std::vector<fs::path> RemoveStamped(const fs::path& folder, int days, const Clock& clock) {
  std::vector<fs::path> removed;
  if (days <= 0) return removed;
  const std::string oldest = StampOf(clock.NowMs() - int64_t{days} * 24 * 3600 * 1000);
  for (const fs::path& entry : EntriesOf(folder)) {
    const std::string name = entry.filename().string();
    if (!IsStamp(name) || name >= oldest || !fs::is_directory(entry)) continue;
    RemoveAll(entry);
    removed.push_back(entry);
  }
  return removed;
}

}  // namespace marquee::titles
