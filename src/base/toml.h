// TOML files as values.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "base/json.h"

namespace marquee {

// The document as an object; dates and times as their text. Throws invalid_argument with file and
// line for a broken file, and what ReadFile throws.
Json ReadTomlFile(const std::filesystem::path& file);

// The same, for readers who say where a mistake is.
struct TomlDocument {
  std::filesystem::path file;
  Json value;
  std::map<std::string, int, std::less<>> lines;  // by path: "tasks[2].retries"

  // "FILE line N" of what stands at `path`, or of the nearest thing around it.
  std::string Where(std::string_view path) const;
};
TomlDocument ReadTomlDocument(const std::filesystem::path& file);

}  // namespace marquee
