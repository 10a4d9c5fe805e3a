#include "storage/object_store.h"

#include "base/error.h"
#include "base/text.h"

namespace marquee::storage {

void CheckKey(std::string_view key) {
  const std::vector<std::string_view> parts = Split(key, "/");
  for (const std::string_view part : parts) {
    if (part.empty() || part == "." || part == "..") {
      throw Error(Code::kInvalidArgument,
                  StrCat("object store: '", key, "' is no key: part '", part, "'"));
    }
  }
  if (parts.back().starts_with(".tmp-")) {
    throw Error(Code::kInvalidArgument,
                StrCat("object store: '", key, "' is a name for temporary files"));
  }
}

std::string PrefixOf(std::string_view folder) {
  if (folder.empty()) return {};
  CheckKey(folder);
  return StrCat(folder, "/");
}

}  // namespace marquee::storage
