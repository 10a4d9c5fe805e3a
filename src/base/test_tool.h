// For tests: the scripts that start real components, where they are beside the project
// (MARQUEE_SHARED, default ../shared).
#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/text.h"

namespace marquee {

inline std::filesystem::path ToolScript(std::string_view name) {
  const char* const shared = std::getenv("MARQUEE_SHARED");
  return std::filesystem::path(shared == nullptr ? "../shared" : shared) / "tools" / name;
}

// What the script prints, with its state in `folder`; an empty port is a free one.
inline std::string RunTool(const std::filesystem::path& script, const std::string& verb,
                           const std::filesystem::path& folder, const std::string& port = {}) {
  const std::string command =
      StrCat("'", script.string(), "' ", verb, " '", folder.string(), "' ", port);
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), &pclose);
  std::string printed;
  for (int byte = fgetc(pipe.get()); byte != EOF; byte = fgetc(pipe.get())) {
    printed += static_cast<char>(byte);
  }
  return printed;
}

}  // namespace marquee
