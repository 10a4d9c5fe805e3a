// Lists of key=value on the command line.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace marquee::cli {

// {"users=600,films=400", "seed=2"} -> pairs. Throws invalid_argument, naming `flag`, for a part
// without '=' or a repeated key.
std::map<std::string, std::string> ParseKeyValues(std::string_view flag,
                                                  const std::vector<std::string>& texts);

}  // namespace marquee::cli
