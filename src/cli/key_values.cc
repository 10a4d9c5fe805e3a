#include "cli/key_values.h"

#include "base/error.h"
#include "base/text.h"

namespace marquee::cli {

std::map<std::string, std::string> ParseKeyValues(std::string_view flag,
                                                  const std::vector<std::string>& texts) {
  std::map<std::string, std::string> pairs;
  for (const std::string& text : texts) {
    for (const std::string_view part : Split(text, ",")) {
      const size_t equals = part.find('=');
      if (equals == std::string_view::npos || equals == 0) {
        throw Error(Code::kInvalidArgument, StrCat(flag, ": '", part, "' has no key and value"),
                    StrCat("write ", flag, " key=value,key=value"));
      }
      const std::string key(Trim(part.substr(0, equals)));
      if (!pairs.emplace(key, Trim(part.substr(equals + 1))).second) {
        throw Error(Code::kInvalidArgument, StrCat(flag, ": '", key, "' stands twice"));
      }
    }
  }
  return pairs;
}

}  // namespace marquee::cli
