#pragma once

#include <string>

namespace marquee {

// A random UUID (version 4) from the system's entropy: "8f0c2b1e-....".
std::string NewUuid();
// 32 lower-case hex digits: the id of a run or a load.
std::string NewRunId();

}  // namespace marquee
