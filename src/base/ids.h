#pragma once

#include <string>
#include <string_view>

namespace marquee {

// A random UUID (version 4) from the system's entropy: "8f0c2b1e-....".
std::string NewUuid();
// 32 lower-case hex digits: the id of a run or a load.
std::string NewRunId();
// The UUID of a name, the same each time: version 5 (RFC 9562), in a namespace of Marquee's own.
std::string UuidOfName(std::string_view name);

}  // namespace marquee
