#include "base/dataset_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>

#include "base/error.h"
#include "base/files.h"
#include "base/json.h"
#include "base/text.h"

namespace marquee {
namespace {

// More is not read.
constexpr size_t kMostBytes = size_t{1} << 20;

const char* FileOfDatasets() {
  const char* const file = std::getenv("MARQUEE_LINEAGE_FILE");
  return file != nullptr && *file != '\0' ? file : nullptr;
}

std::string Written(const char* file) {
  try {
    return ReadFile(file);
  } catch (const Error&) {
    return "";
  }
}

Json DatasetJson(const Dataset& dataset) {
  Json json = Json::MakeObject({{"namespace", dataset.space}, {"name", dataset.name}});
  if (dataset.version) json["version"] = *dataset.version;
  for (const DatasetField& field : dataset.fields) {
    Json entry = Json::MakeObject({{"name", field.name}});
    if (!field.type.empty()) entry["type"] = field.type;
    json["fields"].Append(std::move(entry));
  }
  if (dataset.rows) json["rows"] = *dataset.rows;
  if (dataset.size_bytes) json["bytes"] = *dataset.size_bytes;
  if (dataset.files) json["files"] = *dataset.files;
  return json;
}

// Whether `text` has a line that says of the same version that it was written.
bool IsOutput(std::string_view text, const Dataset& dataset) {
  const Dataset key{.space = dataset.space, .name = dataset.name, .version = dataset.version};
  std::string begin = StrCat("{\"output\":", DatasetJson(key).Dump());
  begin.pop_back();
  for (size_t at = text.find(begin); at != std::string_view::npos; at = text.find(begin, at + 1)) {
    const size_t end = at + begin.size();
    if (end < text.size() && (text[end] == ',' || text[end] == '}')) return true;
  }
  return false;
}

void AppendLine(const char* file, std::string_view line) {
  const int fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) return;
  if (write(fd, line.data(), line.size()) < 0) {
    // Left out, as the header says.
  }
  close(fd);
}

void Note(const char* direction, const Dataset& dataset, bool is_input) {
  const char* const file = FileOfDatasets();
  if (file == nullptr) return;
  try {
    const std::string text = Written(file);
    const std::string line =
        StrCat(Json::MakeObject({{direction, DatasetJson(dataset)}}).Dump(), "\n");
    if (text.size() + line.size() > kMostBytes || text.find(line) != std::string::npos) return;
    if (!is_input || !IsOutput(text, dataset)) AppendLine(file, line);
  } catch (const std::exception&) {
    // Left out, as the header says.
  }
}

}  // namespace

Dataset DatasetAt(const std::filesystem::path& path) {
  std::error_code ignored;
  std::filesystem::path absolute = std::filesystem::absolute(path, ignored).lexically_normal();
  if (!absolute.has_filename() && absolute.has_relative_path()) absolute = absolute.parent_path();
  return {.space = "file", .name = absolute.string()};
}

Dataset DatasetOfUri(std::string_view uri) {
  const size_t colon = uri.find("://");
  if (colon == std::string_view::npos) return DatasetAt(uri);
  const std::string_view scheme = uri.substr(0, colon);
  const std::string_view rest = uri.substr(colon + 3, uri.find_first_of("?#") - colon - 3);
  const size_t slash = rest.find('/');
  if (scheme == "file") {
    return DatasetAt(slash == std::string_view::npos ? "/" : rest.substr(slash));
  }
  std::string_view authority = rest.substr(0, slash);
  authority = authority.substr(authority.rfind('@') + 1);
  std::string_view name = slash == std::string_view::npos ? "" : rest.substr(slash + 1);
  if (name.empty()) name = "/";
  return {.space = StrCat(scheme, "://", authority), .name = std::string(name)};
}

bool AreDatasetsNoted() { return FileOfDatasets() != nullptr; }
void NoteInput(const Dataset& dataset) { Note("input", dataset, true); }
void NoteOutput(const Dataset& dataset) { Note("output", dataset, false); }

}  // namespace marquee
