// What a task reads and writes, said to whoever runs it: lines of the file that the variable
// MARQUEE_LINEAGE_FILE names (docs/flow.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace marquee {

struct DatasetField {
  std::string name;
  std::string type = {};  // "": not known
};

// Named as OpenLineage does.
struct Dataset {
  std::string space;  // "file", "s3://bucket", "https://host:port"
  std::string name;   // the path, the key
  std::optional<int64_t> version = {};
  std::vector<DatasetField> fields = {};
  std::optional<int64_t> rows = {};  // of what was written, as the next two
  std::optional<int64_t> size_bytes = {};
  std::optional<int64_t> files = {};
};

// A local file or folder; its path becomes absolute.
Dataset DatasetAt(const std::filesystem::path& path);
// A path, or a URI: without user, password and query, which may be secret.
Dataset DatasetOfUri(std::string_view uri);

// Whether somebody wants to know: ask before what is to be said is costly to find out.
bool AreDatasetsNoted();
// Append a line, unless it stands there already; they do nothing without the variable, and never
// fail: what cannot be written is left out. NoteInput leaves out what the task wrote itself.
// Thread-safe; processes may share the file. O(size of the file), which is bounded.
void NoteInput(const Dataset& dataset);
void NoteOutput(const Dataset& dataset);

}  // namespace marquee
