#include "titles/source.h"

#include <cerrno>
#include <fstream>
#include <optional>
#include <vector>

#include "base/dataset_log.h"
#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "sources/byte_source.h"
#include "sources/fetch.h"
#include "sources/titles.h"
#include "titles/folders.h"

namespace marquee::titles {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kKagglePrefix = "kaggle:";

struct Source {
  enum class Kind { kPath, kUrl, kKaggle, kNone };
  Kind kind;
  std::string name;  // the path, the URL, or owner/name
};

bool IsUrl(std::string_view text) { return text.find("://") != std::string_view::npos; }

Source FindSource(TaskContext& context) {
  const std::string text = context.Source();
  if (text.starts_with(kKagglePrefix))
    return {Source::Kind::kKaggle, text.substr(kKagglePrefix.size())};
  if (IsUrl(text)) return {Source::Kind::kUrl, text};
  if (!text.empty()) return {Source::Kind::kPath, text};
  if (!context.settings.kaggle_dataset.empty() && sources::FindKaggleCredentials(context.env))
    return {Source::Kind::kKaggle, context.settings.kaggle_dataset};
  return {Source::Kind::kNone, ""};
}

// A folder stands for the file of the usual name in it.
fs::path FileAt(const fs::path& path) {
  if (fs::is_directory(path)) return path / kTitlesFile;
  return path;
}

sources::FetchRequest RequestFor(TaskContext& context, const Source& source) {
  if (source.kind == Source::Kind::kUrl) return {.url = source.name};
  const auto credentials = sources::FindKaggleCredentials(context.env);
  if (!credentials) {
    throw Error(Code::kUnauthenticated,
                StrCat("no credentials for Kaggle's data set ", source.name),
                "set KAGGLE_USERNAME and KAGGLE_KEY, or keep kaggle.json in ~/.kaggle");
  }
  return sources::KaggleArchive(context.settings.kaggle_url, source.name, *credentials);
}

Dataset DatasetOfSource(const Source& source) {
  if (source.kind == Source::Kind::kUrl) return DatasetOfUri(source.name);
  if (source.kind == Source::Kind::kKaggle) return {.space = "kaggle", .name = source.name};
  return DatasetAt(FileAt(source.name));
}

bool IsZip(const fs::path& file) {
  return sources::ReadPrefix(*sources::OpenFileBytes(file), 4) == std::string_view("PK\x03\x04", 4);
}

void CopyBytes(sources::ByteSource& from, const fs::path& to, TaskContext& context) {
  std::ofstream out(to, std::ios::binary | std::ios::trunc);
  if (!out) ThrowFileError(errno, "create", to);
  std::vector<char> buffer(1 << 20);
  int64_t copied = 0;
  while (const size_t size = from.Read(buffer.data(), buffer.size())) {
    context.cancel.ThrowIfRequested("copying the titles");
    if (!out.write(buffer.data(), static_cast<std::streamsize>(size)))
      ThrowFileError(errno, "write", to);
    copied += static_cast<int64_t>(size);
    context.progress.Update("copy titles", -1, HumanBytes(copied));
  }
  if (!out.flush()) ThrowFileError(errno, "write", to);
}

// The file of titles in an archive: that of the usual name, else the first CSV file; "" without
// one. What a Mac adds of its own is none.
std::string TitlesIn(const sources::FileTree& archive) {
  std::string found;
  for (const sources::FileEntry& entry : archive.entries()) {
    const std::string name = fs::path(entry.name).filename().string();
    if (!AsciiLower(name).ends_with(".csv") || name.starts_with(".")) continue;
    if (name == kTitlesFile) return entry.name;
    if (found.empty()) found = entry.name;
  }
  return found;
}

// The CSV file of an archive, or the file itself.
void Unpack(const fs::path& file, const fs::path& to, TaskContext& context) {
  if (!IsZip(file)) return CopyBytes(*sources::OpenFileBytes(file), to, context);
  const auto archive = sources::OpenZip(file);
  const std::string name = TitlesIn(*archive);
  if (name.empty()) {
    throw Error(Code::kInvalidArgument, StrCat(file.string(), " holds no CSV file"),
                "give the archive of the titles, or the CSV file from it");
  }
  CopyBytes(*archive->Open(name), to, context);
}

// So that a message names what the person gave, not a temporary file.
void Naming(const fs::path& file, const std::string& shown, const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    throw Error(error.code(), ReplaceAll(error.message(), file.string(), shown), error.hint());
  }
}

}  // namespace

std::string DescribeSource(TaskContext& context) {
  const Source source = FindSource(context);
  switch (source.kind) {
    case Source::Kind::kPath:
      return source.name;
    case Source::Kind::kUrl:
      return source.name.substr(0, source.name.find('?'));
    case Source::Kind::kKaggle:
      return StrCat("Kaggle's data set ", source.name);
    case Source::Kind::kNone:
      break;
  }
  return "the file that is there";
}

void CheckSource(TaskContext& context) {
  const Source source = FindSource(context);
  if (source.kind == Source::Kind::kPath) {
    if (!fs::exists(FileAt(source.name)))
      throw Error(Code::kNotFound, StrCat("there is no ", FileAt(source.name).string()),
                  "name the titles: --conf '{\"source\": \"PATH/netflix_titles.csv\"}'");
  } else if (source.kind == Source::Kind::kNone) {
    if (!fs::exists(context.settings.data / kTitlesFile))
      throw Error(Code::kNotFound, "no source of titles is named",
                  "name a path or URL, --conf '{\"source\": \"PATH/netflix_titles.csv\"}' or the "
                  "setting netflix.source, or keep Kaggle's kaggle.json in ~/.kaggle");
  } else {
    RequestFor(context, source);
  }
}

bool FetchSource(TaskContext& context, const fs::path& file) {
  CheckSource(context);
  const Source source = FindSource(context);
  if (source.kind == Source::Kind::kNone) return false;
  const std::string shown = DescribeSource(context);
  WriteWhole(file, [&](const fs::path& temporary) {
    if (source.kind == Source::Kind::kPath) {
      Unpack(FileAt(source.name), temporary, context);
    } else {
      const Temporary fetched(file.parent_path() / "download");
      sources::FetchFile(RequestFor(context, source), fetched.path(), context.progress,
                         context.cancel);
      Naming(fetched.path(), shown, [&] { Unpack(fetched.path(), temporary, context); });
    }
    Naming(temporary, shown, [&] { sources::OpenTitles(temporary); });
  });
  NoteInput(DatasetOfSource(source));
  Dataset fetched = DatasetAt(file);
  fetched.size_bytes = static_cast<int64_t>(fs::file_size(file));
  NoteOutput(fetched);
  return true;
}

}  // namespace marquee::titles
