// Assertions for our own bugs, never for bad input.
#pragma once

#include <string_view>

namespace marquee::internal {
[[noreturn]] void CheckFailed(std::string_view condition, std::string_view file, int line);
}

// Ends the process with a message when `condition` is false; in every build.
#define MARQUEE_CHECK(condition) \
  ((condition) ? void(0) : ::marquee::internal::CheckFailed(#condition, __FILE__, __LINE__))
