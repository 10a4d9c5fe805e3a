#pragma once

#include <string_view>

namespace marquee {

// "0.1.0": of this program; recorded with what it writes.
std::string_view Version();

}  // namespace marquee
