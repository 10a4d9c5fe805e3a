#pragma once

#include <span>
#include <string_view>

namespace marquee {

// A file of the source tree that the program carries.
struct EmbeddedFile {
  std::string_view path;
  std::string_view text;
};
std::span<const EmbeddedFile> EmbeddedFiles();

}  // namespace marquee
